"""What the room declares."""

from lianfang.kernel.declare import RESPONSE, AuditKind, Entry, Permission, Room, Routes, Step
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("数字与疫情日报", "figures, the daily bulletin"),
    is_app=True,
    permissions=(
        Permission("bulletin.view", Text("查看疫情日报", "look at the bulletin"), RESPONSE | {Role.AUDITOR}),
        Permission("bulletin.publish", Text("发布日报", "publish the bulletin"), frozenset({Role.COMMANDER})),
    ),
    routes=(Routes("bulletin/", "lianfang.reports.urls"),),
    tasks=(
        TaskKind(
            code="reports.bulletin",
            run="lianfang.reports.tasks:write",
            label=Text("疫情日报文件", "Bulletin as a document"),
            permission="bulletin.view",
            exclusive=True,
        ),
    ),
    navigation=(Entry("bulletin", Text("疫情日报", "Bulletin"), "bulletin.view", 80),),
    audit_kinds=(AuditKind("bulletin", Text("疫情日报", "bulletin")),),
    steps=(
        Step(
            "figures",
            Text("汇总数字", "figures"),
            "lianfang.reports.core.step:numbers",
            reads=("active", "contacts", "measures", "clocks", "general", "concerned", "people", "townships"),
            gives=("figures", "new_cases", "curve"),
        ),
    ),
)
