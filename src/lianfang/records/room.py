"""What the room declares."""

from lianfang.kernel.declare import FIELD, Command, Permission, Room
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("记录的写入、改动与撤销", "how rows are kept, changed and taken back"),
    is_app=True,
    permissions=(Permission("change.undo", Text("撤销操作", "take back what was done"), FIELD),),
    commands=(
        Command("act", "lianfang.records.commands:act", "Decide, with a trace and a way back · 办理操作", True, 85),
    ),
)
