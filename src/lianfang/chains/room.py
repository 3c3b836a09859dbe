"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Entry, Room, Routes
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("传播链与聚集性", "who infected whom, clusters, settings"),
    is_app=True,
    routes=(Routes("outbreaks/", "lianfang.chains.urls"),),
    navigation=(Entry("chains", Text("传播链", "Chains"), "case.view", 40, section="/outbreaks/"),),
    audit_kinds=(AuditKind("chains.chainlink", Text("传播链", "chain")),),
)
