"""What the room declares."""

from lianfang.kernel.declare import Command, Room
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("演练：虚构的县与疫情", "a made-up county and outbreak, and the score of the response"),
    commands=(
        Command(
            "drill",
            "lianfang.drill.commands:drill",
            "Play a made-up outbreak against the response and score it · 演练并评分",
            place=80,
        ),
    ),
)
