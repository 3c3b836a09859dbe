"""What the room declares."""

from lianfang.kernel.declare import Room
from lianfang.kernel.text import Text

ROOM = Room(title=Text("词汇、文本、错误、数据表结构", "words, text, errors, column schemas"))
