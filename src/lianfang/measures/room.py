"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    FIELD,
    AuditKind,
    Entry,
    Listed,
    OutFile,
    Panel,
    Permission,
    Room,
    Routes,
    Step,
    Worklist,
)
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

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
    ),
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
