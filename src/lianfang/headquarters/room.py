"""What the room declares."""

from lianfang.kernel.declare import (
    FIELD,
    RESPONSE,
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

ROOM = Room(
    title=Text("工作时限与指挥页", "clocks and the command page"),
    is_app=True,
    permissions=(Permission("command.view", Text("查看指挥页", "look at the command page"), FIELD),),
    routes=(Routes("", "lianfang.headquarters.urls"),),
    navigation=(
        Entry("command", Text("指挥", "Command"), "command.view", 10),
        Entry("clock-list", Text("时限", "Clocks"), "clock.view", 60),
    ),
    audit_kinds=(AuditKind("command", Text("指挥页", "command page")),),
    lists=(Listed("clocks", "lianfang.headquarters.views:ClockList", "clock.view"),),
    steps=(
        Step(
            "clocks",
            Text("启动工作时限", "clocks"),
            "lianfang.headquarters.core.step:clocks",
            reads=("active", "contacts", "measures", "concerned", "proposals"),
            gives=("clocks",),
            files=(OutFile("clocks.csv", "clocks", "lianfang.headquarters.core.step:clocks_table"),),
            kept="lianfang.headquarters.services",
            rests_on=("records.clock",),
        ),
    ),
    panels=(
        Panel(
            code="clocks",
            subject="cases.case",
            title=Text("时限", "Clocks"),
            permission="clock.view",
            content="lianfang.headquarters.views:case_panel",
            order=20,
            above=True,
        ),
    ),
    worklists=(
        Worklist(
            code="clocks-overdue",
            title=Text("逾期未办结的事项", "Clocks overdue"),
            definition=Text(
                "已过规定时限、尚未办结的工作事项。", "What should have been done by now and is not marked done."
            ),
            route="clock-list",
            filters={"state": "overdue", "outbreak": "{outbreak}"},
            permission="clock.stop",
            roles=RESPONSE,
            count="lianfang.headquarters.selectors:count_overdue",
            due=Text("已逾期，请立即办理", "overdue: do it now, then mark it done"),
            tone="bad",
        ),
    ),
)
