"""What the room declares."""

from lianfang.kernel.declare import FIELD, RESPONSE, AuditKind, Entry, Listed, OutFile, Permission, Room, Routes, Step
from lianfang.kernel.text import Text

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
    audit_kinds=(
        AuditKind("headquarters.clock", Text("时限", "clock")),
        AuditKind("command", Text("指挥页", "command page")),
    ),
    lists=(Listed("clocks", "lianfang.headquarters.views:ClockList", "clock.view"),),
    steps=(
        Step(
            "clocks",
            Text("启动工作时限", "clocks"),
            "lianfang.headquarters.core.step:clocks",
            reads=("active",),
            gives=("clocks",),
            files=(OutFile("clocks.csv", "clocks", "lianfang.headquarters.core.step:clocks_table"),),
            rests_on=("headquarters.clock",),
        ),
    ),
)
