"""What the room declares."""

from lianfang.kernel.declare import EVERY_ROLE, RESPONSE, Permission, Room, Routes
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("页面的公共部分", "what every page is made of"),
    is_app=True,
    permissions=(
        Permission("components.view", Text("查看页面组件", "look at the parts of pages"), EVERY_ROLE),
        Permission("export.rows", Text("导出清单", "take rows out as a file"), RESPONSE),
    ),
    routes=(Routes("", "lianfang.pages.urls"), Routes("act/", "lianfang.pages.act_urls")),
    tasks=(
        TaskKind(
            code="pages.export",
            run="lianfang.pages.large_export:write",
            label=Text("导出列表", "Export of a list"),
            permission="export.rows",
            exclusive=True,
        ),
    ),
)
