"""What the room declares."""

from lianfang.kernel.declare import (
    DECIDING,
    Act,
    AuditKind,
    Entry,
    Follower,
    OutFile,
    Panel,
    Permission,
    Room,
    Routes,
    Step,
    Subject,
)
from lianfang.kernel.text import Counted, Text

_VERDICT = ("verdict", "verdict_at", "verdict_by_id", "verdict_note")
_SETTLED = Text("所选关系均已这样核定，请刷新页面", "these links stand so already; reload the page")

ROOM = Room(
    title=Text("传播链与聚集性", "who infected whom, clusters, settings"),
    is_app=True,
    routes=(Routes("outbreaks/", "lianfang.chains.urls"),),
    navigation=(Entry("chains", Text("传播链", "Chains"), "case.view", 40, section="/outbreaks/*/chains/"),),
    permissions=(Permission("chain.decide", Text("核定传播链", "decide links of chains"), DECIDING),),
    acts=(
        Act(
            "chain.confirm",
            "chains.ChainLink",
            Text("确认传染关系", "Confirm the link"),
            "chain.decide",
            Counted("已确认 {n} 条传染关系。", "{n} link is confirmed.", "{n} links are confirmed."),
            plan="lianfang.chains.core.acts:confirm",
            sets=_VERDICT,
            note="optional",
            tone="primary",
            settled=_SETTLED,
        ),
        Act(
            "chain.refuse",
            "chains.ChainLink",
            Text("排除传染关系", "Rule the link out"),
            "chain.decide",
            Counted("已排除 {n} 条传染关系。", "{n} link is ruled out.", "{n} links are ruled out."),
            plan="lianfang.chains.core.acts:refuse",
            sets=_VERDICT,
            note="required",
            need_note=Text("请先填写排除的依据", "type the grounds first: ruling a link out needs them"),
            tone="danger",
            settled=_SETTLED,
        ),
        Act(
            "chain.reopen",
            "chains.ChainLink",
            Text("撤回核定", "Take the decision back"),
            "chain.decide",
            Counted("已撤回 {n} 条核定。", "{n} decision is taken back.", "{n} decisions are taken back."),
            plan="lianfang.chains.core.acts:reopen",
            sets=_VERDICT,
            note="optional",
            settled=Text("所选关系均未核定，请刷新页面", "nothing was decided about these links; reload the page"),
        ),
    ),
    followers=(
        # A case has one infector: who confirms another takes the former back, in one act with one undo.
        Follower("chain.confirm", "chain.reopen", "lianfang.chains.selectors:other_confirmed"),
    ),
    subjects=(
        Subject(
            "chains.ChainLink",
            Text("传染关系", "link of a chain"),
            Counted("{n} 条传染关系", "{n} link", "{n} links"),
            said="lianfang.chains.core.acts:said",
        ),
    ),
    audit_kinds=(AuditKind("chains.chainlink", Text("传播链", "chain")),),
    steps=(
        Step(
            "chains",
            Text("推断传播链", "transmission chains"),
            "lianfang.chains.core.step:chains",
            reads=("windows", "contacts", "presences", "meet"),
            gives=("chains", "sources"),
            files=(OutFile("chains.csv", "chains", "lianfang.chains.core.tables:chains_table"),),
            kept="lianfang.chains.services",
            rests_on=("chains.chainlink",),
            remark="lianfang.chains.core.known_sources:remark",
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
