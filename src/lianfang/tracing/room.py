"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    FIELD,
    AuditKind,
    Command,
    Entry,
    Listed,
    OutFile,
    Panel,
    Permission,
    Room,
    Routes,
    Step,
    Subject,
    Worklist,
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
    steps=(
        Step(
            "contacts",
            Text("查找接触者", "contacts"),
            "lianfang.tracing.core.step:contacts",
            reads=("active", "presences", "interviews", "isolations", "decisions", "trace", "count_general"),
            gives=("contacts", "general"),
            files=(OutFile("contacts.csv", "contacts", "lianfang.tracing.core.tables:contacts_table"),),
            kept="lianfang.tracing.services",
            rests_on=("tracing.interview", "tracing.contact", "registry.person", "register"),
        ),
    ),
    panels=(
        Panel(
            code="contacts",
            subject="registry.person",
            title=Text("作为接触者", "As a contact"),
            permission="contact.view",
            content="lianfang.tracing.views:person_panel",
            order=30,
        ),
    ),
    worklists=(
        Worklist(
            code="contacts-to-decide",
            title=Text("待判定的接触者", "Contacts to decide"),
            definition=Text(
                "系统已提出、尚未判定为密接或次密接的人员。",
                "People whom tracing proposed and nobody has decided about.",
            ),
            route="contact-list",
            filters={"decision": "proposed", "counted": "yes", "outbreak": "{outbreak}"},
            permission="contact.decide",
            roles=DECIDING,
            count="lianfang.tracing.selectors:count_to_decide",
            tone="warn",
        ),
        Worklist(
            code="contacts-to-locate",
            title=Text("逾期未落实的接触者", "Contacts overdue to be located"),
            definition=Text(
                "超过预案规定时限仍未落实到人的接触者。",
                "Contacts who were not located within the time that the playbook gives.",
            ),
            route="contact-list",
            filters={"overdue": "yes", "outbreak": "{outbreak}"},
            permission="contact.locate",
            roles=FIELD,
            count="lianfang.tracing.selectors:count_to_locate",
            due=Text("已逾期，请立即落实", "overdue: locate them now"),
            tone="bad",
        ),
    ),
)
