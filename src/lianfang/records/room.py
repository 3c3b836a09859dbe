"""What the room declares."""

from lianfang.kernel.declare import FIELD, RESPONSE, AuditKind, Permission, Room
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("记录的写入、改动与撤销", "how rows are kept, changed and taken back"),
    is_app=True,
    permissions=(
        Permission("change.undo", Text("撤销操作", "take back what was done"), FIELD),
        Permission("clock.view", Text("查看时限", "look at clocks"), FIELD),
        Permission("clock.stop", Text("办结时限", "stop clocks"), RESPONSE),
        Permission("clock.pause", Text("暂停与恢复时限", "pause clocks and let them go on"), RESPONSE),
        Permission("clock.escalate", Text("上报时限", "escalate clocks"), RESPONSE),
    ),
    audit_kinds=(AuditKind("records.clock", Text("时限", "clock")),),
)
