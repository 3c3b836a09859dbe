"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Room, Subject
from lianfang.kernel.text import Counted, Text

ROOM = Room(
    title=Text("疫情及其防控方案、处置记录", "outbreaks, their playbook, runs of their response"),
    is_app=True,
    subjects=(
        Subject(
            "outbreaks.Outbreak",
            Text("疫情", "outbreak"),
            Counted("{n} 起疫情", "{n} outbreak", "{n} outbreaks"),
        ),
    ),
    audit_kinds=(AuditKind("outbreaks.outbreak", Text("疫情", "outbreak")),),
)
