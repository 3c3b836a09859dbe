"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Room
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("疫情及其防控方案、处置记录", "outbreaks, their playbook, runs of their response"),
    is_app=True,
    audit_kinds=(AuditKind("outbreaks.outbreak", Text("疫情", "outbreak")),),
)
