"""What the room declares."""

from lianfang.kernel.declare import Room
from lianfang.kernel.text import Text

ROOM = Room(title=Text("演练：虚构的县与疫情", "a made-up county and outbreak, and the score of the response"))
