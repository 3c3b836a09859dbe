"""What the room declares."""

from lianfang.kernel.declare import FIELD, RESPONSE, Act, AuditKind, Entry, Listed, Permission, Room, Routes, Subject
from lianfang.kernel.text import Counted, Text

ROOM = Room(
    title=Text("工作时限与指挥页", "clocks and the command page"),
    is_app=True,
    permissions=(
        Permission("command.view", Text("查看指挥页", "look at the command page"), FIELD),
        Permission("clock.view", Text("查看时限", "look at clocks"), FIELD),
        Permission("clock.stop", Text("办结时限", "stop clocks"), RESPONSE),
    ),
    routes=(Routes("", "lianfang.headquarters.urls"),),
    navigation=(
        Entry("command", Text("指挥", "Command"), "command.view", 10),
        Entry("clock-list", Text("时限", "Clocks"), "clock.view", 60),
    ),
    acts=(
        Act(
            "clock.stop",
            "headquarters.Clock",
            Text("办结，停止计时", "Done: stop the clock"),
            "clock.stop",
            Counted("已办结 {n} 项时限。", "{n} clock stopped.", "{n} clocks stopped."),
            plan="lianfang.headquarters.core.acts:stop",
            sets=("done_at", "done_by_id"),
            tone="primary",
            settled=Text("所选时限均已办结，请刷新页面", "these clocks are all stopped already; reload the page"),
        ),
    ),
    subjects=(
        Subject(
            "headquarters.Clock",
            Counted("{n} 项时限", "{n} clock", "{n} clocks"),
            said="lianfang.headquarters.core.acts:said",
            renewed="lianfang.headquarters.core.acts:is_renewed",
        ),
    ),
    audit_kinds=(
        AuditKind("headquarters.clock", Text("时限", "clock")),
        AuditKind("command", Text("指挥页", "command page")),
    ),
    lists=(Listed("clocks", "lianfang.headquarters.views:ClockList", "clock.view"),),
)
