"""What the room declares."""

from lianfang.kernel.declare import FIELD, AuditKind, Entry, Listed, Permission, Room, Routes
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
)
