"""What the room declares."""

from lianfang.kernel.declare import DECIDING, FIELD, AuditKind, Entry, Listed, OutFile, Permission, Room, Routes, Step
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

ROOM = Room(
    title=Text("管控措施", "who must do what until when, and why"),
    is_app=True,
    permissions=(
        Permission("measure.view", Text("查看措施", "look at measures"), FIELD),
        Permission("measure.order", Text("下达措施", "order measures"), DECIDING),
        Permission("measure.exceed", Text("超出方案下达", "order beyond the playbook"), frozenset({Role.COMMANDER})),
        Permission("measure.release", Text("解除措施", "release from measures"), DECIDING),
    ),
    routes=(Routes("measures/", "lianfang.measures.urls"),),
    navigation=(Entry("measure-list", Text("措施", "Measures"), "measure.view", 50),),
    audit_kinds=(AuditKind("measures.measure", Text("措施", "measure")),),
    lists=(Listed("measures", "lianfang.measures.views:MeasureList", "measure.view"),),
    steps=(
        Step(
            "measures",
            Text("确定管控措施", "measures"),
            "lianfang.measures.core.step:measures",
            reads=("active", "contacts", "interviews", "people", "decisions"),
            gives=("measures", "concerned"),
            files=(OutFile("measures.csv", "measures", "lianfang.measures.core.tables:measures_table"),),
            rests_on=("measures.measure",),
        ),
    ),
)
