"""What the room declares."""

from lianfang.kernel.declare import Room
from lianfang.kernel.text import Text

ROOM = Room(title=Text("计算引擎，异地文件", "engines that carry expressions out, files elsewhere"))
