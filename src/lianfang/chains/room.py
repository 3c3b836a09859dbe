"""What the room declares."""

from lianfang.kernel.declare import AuditKind, Entry, OutFile, Panel, Room, Routes, Step
from lianfang.kernel.text import Text

ROOM = Room(
    title=Text("传播链与聚集性", "who infected whom, clusters, settings"),
    is_app=True,
    routes=(Routes("outbreaks/", "lianfang.chains.urls"),),
    navigation=(Entry("chains", Text("传播链", "Chains"), "case.view", 40, section="/outbreaks/*/chains/"),),
    audit_kinds=(AuditKind("chains.chainlink", Text("传播链", "chain")),),
    steps=(
        Step(
            "chains",
            Text("推断传播链", "transmission chains"),
            "lianfang.chains.core.step:chains",
            reads=("windows", "contacts"),
            gives=("chains",),
            files=(OutFile("chains.csv", "chains", "lianfang.chains.core.tables:chains_table"),),
            kept="lianfang.chains.services",
            rests_on=("chains.chainlink",),
            remark="lianfang.chains.core.known_sources:score_words",
        ),
    ),
    panels=(
        Panel(
            code="chain",
            subject="cases.case",
            title=Text("传播链", "Transmission chain"),
            permission="case.view",
            content="lianfang.chains.views:case_panel",
            order=60,
        ),
    ),
)
