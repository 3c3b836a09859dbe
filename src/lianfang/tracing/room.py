"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    FIELD,
    AuditKind,
    Command,
    Entry,
    Listed,
    Permission,
    Room,
    Routes,
    Subject,
)
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("谁是接触者", "who is a contact, by rule"),
    is_app=True,
    permissions=(
        Permission("contact.view", Text("查看接触者", "look at contacts"), FIELD),
        Permission("contact.decide", Text("判定接触者", "decide contacts"), DECIDING),
        Permission("contact.locate", Text("核实接触者", "locate contacts"), FIELD),
    ),
    routes=(Routes("contacts/", "lianfang.tracing.urls"), Routes("outbreaks/", "lianfang.tracing.outbreak_urls")),
    navigation=(Entry("contact-list", Text("接触者", "Contacts"), "contact.view", 30),),
    commands=(
        Command(
            "trace",
            "lianfang.tracing.commands:trace",
            "Find contacts in files of cases and presences · 追踪密切接触者",
            place=10,
        ),
    ),
    audit_kinds=(
        AuditKind("tracing.contact", Text("接触者", "contact")),
        AuditKind("tracing.interview", Text("流调所述接触者", "named contact")),
        AuditKind("tracing.unregisteredcontact", Text("未登记接触者", "contact outside the register")),
    ),
    subjects=(Subject("tracing.contact", Text("接触者", "contact"), "contact", "contact.view"),),
    lists=(
        Listed("contacts", "lianfang.tracing.views:ContactList", "contact.view"),
        Listed("unregistered", "lianfang.tracing.unregistered_views:UnregisteredList", "case.view"),
    ),
)
