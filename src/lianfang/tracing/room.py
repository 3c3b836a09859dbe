"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    FIELD,
    Act,
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
from lianfang.kernel.text import Counted, Text

_DECIDED = ("decision", "decided_at", "decided_by_id", "decision_note")
_NEED_NOTE = Text("请先填写理由再决定", "type the reason first: refusing and changing a category need one")
_SETTLED = Text("所选接触者均已这样决定，请刷新页面", "these contacts stand so already; reload the page")

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
    acts=(
        Act(
            "contact.accept",
            "tracing.Contact",
            Text("采纳", "Accept"),
            "contact.decide",
            Counted("已采纳{n}名接触者。", "{n} contact is accepted.", "{n} contacts are accepted."),
            plan="lianfang.tracing.core.acts:accept",
            sets=_DECIDED,
            note="optional",
            tone="primary",
            settled=_SETTLED,
        ),
        Act(
            "contact.refuse",
            "tracing.Contact",
            Text("不采纳", "Refuse"),
            "contact.decide",
            Counted("已对{n}名接触者作出不采纳决定。", "{n} contact is refused.", "{n} contacts are refused."),
            plan="lianfang.tracing.core.acts:refuse",
            sets=_DECIDED,
            note="required",
            need_note=_NEED_NOTE,
            tone="danger",
            settled=_SETTLED,
        ),
        Act(
            "contact.categorise",
            "tracing.Contact",
            Text("按此类别采纳", "Accept with this category"),
            "contact.decide",
            Counted(
                "已更改{n}名接触者的类别。",
                "The category of {n} contact is changed.",
                "The category of {n} contacts is changed.",
            ),
            plan="lianfang.tracing.core.acts:categorise",
            sets=(*_DECIDED, "category"),
            note="required",
            need_note=_NEED_NOTE,
            given=("category",),
            settled=_SETTLED,
        ),
        Act(
            "contact.locate",
            "tracing.Contact",
            Text("已落实", "Located"),
            "contact.locate",
            Counted("已落实{n}名接触者。", "{n} contact is located.", "{n} contacts are located."),
            plan="lianfang.tracing.core.acts:locate",
            sets=("located_at", "located_by_id"),
            settled=Text("所选人员均已找到，请刷新页面", "these people are located already; reload the page"),
        ),
        Act(
            "interview.correct",
            "tracing.Interview",
            Text("更正流调内容", "Correct what a case told"),
            "contact.decide",
            Counted("已更正 {n} 条流调内容。", "{n} named contact is corrected.", "{n} named contacts are corrected."),
        ),
    ),
    subjects=(
        Subject(
            "tracing.Contact",
            Text("接触者", "contact"),
            Counted("{n} 名接触者", "{n} contact", "{n} contacts"),
            route="contact",
            permission="contact.view",
            said="lianfang.tracing.core.acts:said",
            renewed="lianfang.tracing.core.acts:is_renewed",
        ),
    ),
    audit_kinds=(
        AuditKind("tracing.contact", Text("接触者", "contact")),
        AuditKind("tracing.interview", Text("流调所述接触者", "named contact")),
        AuditKind("tracing.unregisteredcontact", Text("未登记接触者", "contact outside the register")),
    ),
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
