"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Command, Entry, Permission, Room, Routes
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("开局设置与清单导入", "how a real office begins, and its lists"),
    is_app=True,
    permissions=(
        Permission(
            "setup.view",
            Text("查看准备情况", "look at what is missing to begin"),
            frozenset({Role.ADMINISTRATOR, Role.COMMANDER, Role.INVESTIGATOR}),
        ),
        Permission("setup.areas", Text("建立辖区", "make areas"), frozenset({Role.ADMINISTRATOR})),
        Permission(
            "setup.register",
            Text("导入登记清单", "load lists into the register"),
            frozenset({Role.ADMINISTRATOR, Role.COMMANDER}),
        ),
    ),
    tasks=(
        TaskKind(
            code="setup.list",
            run="lianfang.setup.tasks:load_list",
            label=Text("导入清单", "Loading a list"),
            permission="setup.view",
            lease_minutes=60,
        ),
    ),
    routes=(Routes("setup/", "lianfang.setup.urls"),),
    navigation=(Entry("setup", Text("准备", "Set-up"), "setup.view", 97),),
    commands=(Command("setup", "lianfang.setup.commands:setup", "Begin in a real office · 开局设置", True, 55),),
    audit_kinds=(AuditKind("setup.list", Text("清单", "list")),),
)
