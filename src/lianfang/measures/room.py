"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    FIELD,
    Act,
    AuditKind,
    Entry,
    Follower,
    Happened,
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
from lianfang.kernel.vocabulary import Role

_NOTED = ("decision_note", "released_at")
"""Every decision says `released_at` too: it cannot be taken back while a release stands on it, to outlive it."""
_DECIDED = ("decision", "decided_at", "decided_by_id", *_NOTED)
_ORDER = ("kind", "place_class", "start", "end", "test_dates")
_MEASURE = "measures.Measure"

ACTS = (
    Act(
        "measure.order",
        _MEASURE,
        Text("按建议下达", "Order as proposed"),
        "measure.order",
        Counted("已下达{n}项措施。", "{n} measure is ordered.", "{n} measures are ordered."),
        plan="lianfang.measures.core.acts:order",
        sets=_DECIDED,
        note="optional",
        tone="primary",
        settled=Text("所选措施均已下达，请刷新页面", "these measures are all ordered already; reload the page"),
    ),
    Act(
        "measure.adopt",
        _MEASURE,
        Text("采纳新建议", "Adopt the new proposal"),
        "measure.order",
        Counted("已采纳{n}项新建议。", "{n} new proposal is adopted.", "{n} new proposals are adopted."),
        plan="lianfang.measures.services.plans:adopt",
        sets=(*_DECIDED, *_ORDER, "changed_from", "new_proposal"),
        note="optional",
        settled=Text("所选措施没有新的建议", "none of these has a new proposal"),
    ),
    Act(
        "measure.release",
        _MEASURE,
        Text("解除", "Release"),
        "measure.release",
        Counted("已解除{n}项措施。", "{n} measure is released.", "{n} measures are released."),
        plan="lianfang.measures.core.acts:release",
        sets=("released_at", "released_by_id"),
        settled=Text("所选措施均已解除，请刷新页面", "these are all released already; reload the page"),
    ),
    Act(
        "measure.refuse",
        _MEASURE,
        Text("不采纳（须写理由）", "Refuse (with a reason)"),
        "measure.order",
        Counted("已不采纳{n}项建议。", "{n} proposal is refused.", "{n} proposals are refused."),
        plan="lianfang.measures.core.acts:refuse",
        sets=_DECIDED,
        note="required",
        need_note=Text("不采纳须写明理由", "write the reason why the proposal is refused"),
        tone="danger",
        settled=Text("所选措施均已不采纳，请刷新页面", "these are all refused already; reload the page"),
    ),
    Act(
        "measure.change",
        _MEASURE,
        Text("改动后下达", "Order something else"),
        "measure.order",
        Counted("已改动{n}项措施。", "{n} measure is changed.", "{n} measures are changed."),
        plan="lianfang.measures.services.plans:change",
        sets=(*_DECIDED, *_ORDER, "changed_from", "new_proposal"),
        note="required",
        need_note=Text("改动措施须写明理由", "write the reason why the measure is changed"),
        given=_ORDER,
    ),
    Act(
        "measure.withdraw",
        _MEASURE,
        Text("撤下其措施", "Take down the measures that rested on it"),
        "measure.order",
        Counted(
            "随之不采纳或解除{n}项措施。",
            "With it {n} measure is refused or released.",
            "With it {n} measures are refused or released.",
        ),
        plan="lianfang.measures.core.acts:withdraw",
        sets=(*_DECIDED, "released_by_id"),
        note="required",
        tone="danger",
        settled=Text("所选措施均已不采纳或解除，请刷新页面", "these are all refused or released; reload the page"),
    ),
    Act(
        "measure.resume",
        _MEASURE,
        Text("恢复其措施", "Take up again the measures that were released with it"),
        "measure.order",
        Counted("随之恢复{n}项措施。", "With it {n} measure is resumed.", "With it {n} measures are resumed."),
        plan="lianfang.measures.core.acts:resume",
        sets=(*_DECIDED, "released_by_id"),
        note="optional",
        settled=Text("所选措施没有可恢复的", "none of these can be resumed"),
    ),
)

ROOM = Room(
    title=Text("管控措施", "who must do what until when, and why"),
    is_app=True,
    permissions=(
        Permission("measure.view", Text("查看措施", "look at measures"), FIELD),
        Permission("measure.order", Text("下达措施", "order measures"), DECIDING),
        Permission("measure.exceed", Text("超出方案下达", "order beyond the playbook"), frozenset({Role.COMMANDER})),
        Permission("measure.release", Text("解除措施", "release from measures"), DECIDING),
    ),
    routes=(Routes("measures/", "lianfang.measures.urls"),),
    navigation=(Entry("measure-list", Text("措施", "Measures"), "measure.view", 50),),
    acts=ACTS,
    followers=(
        Follower("contact.accept", "measure.order", "lianfang.measures.services.follow:to_order"),
        Follower("contact.accept", "measure.resume", "lianfang.measures.services.follow:to_resume"),
        Follower("contact.refuse", "measure.withdraw", "lianfang.measures.services.follow:to_withdraw"),
    ),
    subjects=(
        Subject(
            _MEASURE,
            Text("措施", "measure"),
            Counted("{n} 项措施", "{n} measure", "{n} measures"),
            said="lianfang.measures.services.basis:said",
            renewed="lianfang.measures.services.basis:is_renewed",
        ),
    ),
    audit_kinds=(AuditKind("measures.measure", Text("措施", "measure")),),
    lists=(Listed("measures", "lianfang.measures.views:MeasureList", "measure.view"),),
    steps=(
        Step(
            "measures",
            Text("确定管控措施", "measures"),
            "lianfang.measures.core.step:measures",
            reads=("active", "contacts", "interviews", "people", "decisions"),
            gives=("measures", "concerned"),
            files=(OutFile("measures.csv", "measures", "lianfang.measures.core.tables:measures_table"),),
            kept="lianfang.measures.services",
            rests_on=("measures.measure",),
        ),
    ),
    panels=(
        Panel(
            code="measures",
            subject="registry.person",
            title=Text("管控措施", "Measures"),
            permission="measure.view",
            content="lianfang.measures.views:person_panel",
            order=40,
        ),
        Panel(
            code="measures",
            subject="cases.case",
            title=Text("措施", "Measures"),
            permission="measure.view",
            content="lianfang.measures.case_panel:case_panel",
            order=50,
            waiting="lianfang.measures.case_panel:measures_waiting",
        ),
    ),
    timeline=(Happened("registry.person", "measure.view", "lianfang.measures.timeline:of_person"),),
    worklists=(
        Worklist(
            code="measures-to-order",
            title=Text("待下达的管控措施", "Measures to order"),
            definition=Text("系统已提出、尚未下达也未否决的措施。", "Measures that are proposed and not decided."),
            route="measure-list",
            filters={"decision": "proposed", "outbreak": "{outbreak}"},
            permission="measure.order",
            roles=DECIDING,
            count="lianfang.measures.selectors:count_to_order",
            tone="warn",
        ),
        Worklist(
            code="measures-to-release",
            title=Text("期满未解除的措施", "Measures over, not released"),
            definition=Text(
                "期限已满、尚未解除的措施。", "Ordered measures whose end has passed and whom nobody released."
            ),
            route="measure-list",
            filters={"due": "over", "outbreak": "{outbreak}"},
            permission="measure.release",
            roles=DECIDING,
            count="lianfang.measures.selectors:count_to_release",
            due=Text("期满当日解除", "to be released on the day they end"),
            tone="bad",
        ),
        Worklist(
            code="tests-today",
            title=Text("今日应采样人员", "Tests due today"),
            definition=Text(
                "今日应做核酸检测、尚在管控中的人员。", "People under a measure who are to be tested today."
            ),
            route="measure-list",
            filters={"due": "test_today", "outbreak": "{outbreak}"},
            permission="measure.view",
            roles=frozenset({Role.INVESTIGATOR, Role.TOWNSHIP_OFFICER, Role.GRID_WORKER}),
            count="lianfang.measures.selectors:count_tests_today",
            due=Text("今日24时前", "by midnight today"),
            tone="info",
        ),
    ),
)
