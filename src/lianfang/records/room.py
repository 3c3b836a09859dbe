"""What the room declares."""

from lianfang.kernel.declare import EVERY_ROLE, FIELD, RESPONSE, AuditKind, Permission, Room
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("记录的写入、改动与撤销", "how rows are kept, changed and taken back"),
    is_app=True,
    permissions=(
        Permission("change.undo", Text("撤销操作", "take back what was done"), FIELD),
        Permission("clock.view", Text("查看时限", "look at clocks"), FIELD),
        Permission("clock.stop", Text("办结时限", "stop clocks"), RESPONSE),
        Permission("clock.pause", Text("暂停与恢复时限", "pause clocks and let them go on"), RESPONSE),
        Permission("clock.escalate", Text("上报时限", "escalate clocks"), RESPONSE),
        Permission("task.view", Text("查看后台任务", "look at the own tasks"), EVERY_ROLE),
        Permission("task.manage", Text("管理后台任务", "look at all tasks"), frozenset({Role.ADMINISTRATOR})),
        Permission("notice.view", Text("查看通知", "read notices"), EVERY_ROLE),
    ),
    audit_kinds=(
        AuditKind("records.clock", Text("时限", "clock")),
        AuditKind("records.task", Text("后台任务", "task")),
    ),
)
