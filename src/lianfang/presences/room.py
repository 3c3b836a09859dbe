"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Command, Entry, Permission, Room, Routes
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("谁在何时何地", "who was where: the store and its index"),
    is_app=True,
    permissions=(
        Permission("presence.ingest", Text("导入在场记录", "take presences in"), frozenset({Role.ADMINISTRATOR})),
        Permission("presence.retract", Text("删除个人在场记录", "take a person out"), frozenset({Role.ADMINISTRATOR})),
        Permission("presence.withdraw", Text("撤回清单", "take a list out"), frozenset({Role.ADMINISTRATOR})),
        Permission("presence.drop", Text("删除旧日期", "drop old days"), frozenset({Role.ADMINISTRATOR})),
        Permission(
            "presence.view",
            Text("查看在场记录概况", "look at what presences cover"),
            frozenset({Role.COMMANDER, Role.INVESTIGATOR, Role.ADMINISTRATOR}),
        ),
    ),
    tasks=(
        TaskKind(
            code="presences.ingest",
            run="lianfang.presences.tasks:ingest",
            label=Text("导入在场记录", "Taking presences in"),
            permission="presence.ingest",
            lease_minutes=120,
            exclusive=True,
        ),
    ),
    routes=(Routes("presences/", "lianfang.presences.urls"),),
    navigation=(Entry("presences", Text("在场记录", "Presences"), "presence.view", 100),),
    commands=(
        Command(
            "presences",
            "lianfang.presences.commands:presences",
            "A store of presences for many traces · 在场记录库",
            place=20,
        ),
    ),
    audit_kinds=(AuditKind("presence", Text("在场记录", "presence")),),
)
