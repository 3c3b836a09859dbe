"""What the room declares."""

from lianfang.kernel.declare import RESPONSE, Act, AuditKind, Entry, Listed, Permission, Room, Routes, Subject
from lianfang.kernel.text import Counted, Text
from lianfang.kernel.vocabulary import Role

_MANAGING = frozenset({Role.ADMINISTRATOR, Role.COMMANDER})

ROOM = Room(
    title=Text("疫情及其防控方案、处置记录", "outbreaks, their playbook, runs of their response"),
    is_app=True,
    permissions=(
        Permission("outbreak.view", Text("查看疫情", "look at outbreaks"), RESPONSE | _MANAGING),
        Permission(
            "outbreak.manage",
            Text("疫情立项、结束，更换防控方案", "open and close outbreaks, move them to another playbook"),
            _MANAGING,
        ),
    ),
    routes=(Routes("outbreaks/", "lianfang.outbreaks.urls"),),
    navigation=(Entry("outbreak-list", Text("疫情", "Outbreaks"), "outbreak.view", 98),),
    acts=(
        Act(
            "outbreak.change",
            "outbreaks.Outbreak",
            Text("修改疫情", "Change an outbreak"),
            "outbreak.manage",
            Counted("已修改 {n} 起疫情。", "{n} outbreak is changed.", "{n} outbreaks are changed."),
        ),
        Act(
            "outbreak.close",
            "outbreaks.Outbreak",
            Text("结束疫情", "Close"),
            "outbreak.manage",
            done=Counted("已结束 {n} 起疫情。", "{n} outbreak is closed.", "{n} outbreaks are closed."),
            plan="lianfang.outbreaks.acts:close",
            sets=("ended_on",),
            note="required",
        ),
        Act(
            "outbreak.reopen",
            "outbreaks.Outbreak",
            Text("重新启动", "Open again"),
            "outbreak.manage",
            done=Counted("已重新启动 {n} 起疫情。", "{n} outbreak is open again.", "{n} outbreaks are open again."),
            plan="lianfang.outbreaks.acts:reopen",
            sets=("ended_on",),
        ),
    ),
    subjects=(
        Subject(
            "outbreaks.Outbreak",
            Text("疫情", "outbreak"),
            Counted("{n} 起疫情", "{n} outbreak", "{n} outbreaks"),
            names_itself=True,
            said="lianfang.outbreaks.acts:said",
        ),
    ),
    audit_kinds=(AuditKind("outbreaks.outbreak", Text("疫情", "outbreak")),),
    lists=(Listed("outbreaks", "lianfang.outbreaks.views:OutbreakList", "outbreak.view"),),
)
