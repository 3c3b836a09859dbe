"""What a playbook is: sections of rules, each with an id that lasts, a value, a source and an evidence grade.

Everything a later room asks of policy is an attribute here; nothing about one disease stands in code.
"""

from lianfang.playbook.model.base import Bilingual, Evidence, PlaybookId, Rule, RuleId, Source, Strict
from lianfang.playbook.model.limits import Instrument, LimitRule
from lianfang.playbook.model.measures import (
    CLOCK_STARTS,
    FACTS_IN_WHEN,
    ClockRule,
    ClockStart,
    CountingRule,
    LateFindRule,
    MeasureRule,
    ReleaseCondition,
)
from lianfang.playbook.model.policy import Overlay, OverlayHistory, OverlayTracing, Playbook
from lianfang.playbook.model.tracing import (
    AgeBand,
    CategoryRule,
    ChainWeights,
    CompanionRule,
    GeneralRule,
    IntervalRule,
    LookbackRule,
    NaturalHistory,
    PriorityRule,
    SeatRule,
    SecondDegreeRule,
    ThresholdRule,
    Tracing,
)

__all__ = [
    "CLOCK_STARTS",
    "FACTS_IN_WHEN",
    "AgeBand",
    "Bilingual",
    "CategoryRule",
    "ChainWeights",
    "ClockRule",
    "ClockStart",
    "CompanionRule",
    "CountingRule",
    "Evidence",
    "GeneralRule",
    "Instrument",
    "IntervalRule",
    "LateFindRule",
    "LimitRule",
    "LookbackRule",
    "MeasureRule",
    "NaturalHistory",
    "Overlay",
    "OverlayHistory",
    "OverlayTracing",
    "Playbook",
    "PlaybookId",
    "PriorityRule",
    "ReleaseCondition",
    "Rule",
    "RuleId",
    "SeatRule",
    "SecondDegreeRule",
    "Source",
    "Strict",
    "ThresholdRule",
    "Tracing",
]
