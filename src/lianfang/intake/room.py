"""What the room declares."""

from lianfang.kernel.declare import Room
from lianfang.kernel.text import Text

ROOM = Room(title=Text("读取各种清单", "any list to clean rows and refusals"))
