"""What the room declares."""

from lianfang.kernel.declare import EVERY_ROLE, Permission, Room
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("防控方案，即政策数据", "policy as data"),
    permissions=(Permission("playbook.view", Text("查看防控方案", "look at the playbook"), EVERY_ROLE),),
)
