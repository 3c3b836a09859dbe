"""A whole policy: a playbook of every section, and an overlay of what a jurisdiction changes in one."""

import datetime as dt

from pydantic import Field

from lianfang.playbook.model.base import Bilingual, PlaybookId, Rule, RuleId, Source, Strict
from lianfang.playbook.model.measures import ClockRule, CountingRule, LateFindRule, MeasureRule
from lianfang.playbook.model.tracing import (
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


class Playbook(Strict):
    """A policy version, complete: a base file, or a base with its overlays applied.

    Attributes
    ----------
    extends : str or None
        The base, where overlays were applied; `id`, `title` and `authority` are then those of the last overlay.
    overlays : list of str
        Ids of the overlays that were applied, in their order.
    note : Bilingual or None
        What a reader of the whole must know.
    digest : str
        SHA-256 of the canonical content, set by the loader; it names exactly this policy in every output.
    """

    id: PlaybookId
    title: Bilingual
    disease: str
    authority: Bilingual
    valid_from: dt.date
    valid_until: dt.date | None = None
    supersedes: PlaybookId | None = None
    jurisdiction: str | None = None
    extends: PlaybookId | None = None
    overlays: list[PlaybookId] = []
    note: Bilingual | None = None
    digest: str = ""
    sources: list[Source] = Field(min_length=1)
    natural_history: NaturalHistory
    lookback: list[LookbackRule] = Field(min_length=1)
    tracing: Tracing
    counting: list[CountingRule] = Field(min_length=1)
    late_find: LateFindRule | None = None
    measures: list[MeasureRule] = Field(min_length=1)
    clocks: list[ClockRule] = Field(min_length=1)
    chains: ChainWeights
    priority: PriorityRule | None = None
    companion: CompanionRule | None = None

    def rule(self, rule_id: str) -> Rule:
        """Return a rule of any section by its id.

        Raises
        ------
        KeyError
            When the playbook has no such rule.
        """
        for rule in self.rules():
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    @property
    def name(self) -> str:
        """The id with the first twelve characters of the digest: what every row carries as its playbook."""
        return f"{self.id}@{self.digest[:12]}"

    def source(self, source_id: str) -> Source:
        """Return a source by its id.

        Raises
        ------
        KeyError
            When the playbook has no such source.
        """
        for source in self.sources:
            if source.id == source_id:
                return source
        raise KeyError(source_id)

    def rules(self) -> list[Rule]:
        """Return every rule of every section, in the order of the file."""
        return [
            self.natural_history.serial_interval,
            self.natural_history.incubation,
            *self.lookback,
            *self.tracing.thresholds,
            *self.tracing.seats,
            *([self.tracing.general] if self.tracing.general else []),
            self.tracing.second_degree,
            *self.tracing.categories,
            *self.counting,
            *([self.late_find] if self.late_find else []),
            *self.measures,
            *self.clocks,
            self.chains,
            *([self.priority] if self.priority else []),
            *([self.companion] if self.companion else []),
        ]


class OverlayTracing(Strict):
    """The tracing section of an overlay: only what it replaces or adds."""

    thresholds: list[ThresholdRule] = []
    seats: list[SeatRule] = []
    general: GeneralRule | None = None
    second_degree: SecondDegreeRule | None = None
    categories: list[CategoryRule] = []


class OverlayHistory(Strict):
    """The natural history section of an overlay."""

    serial_interval: IntervalRule | None = None
    incubation: IntervalRule | None = None


class Overlay(Strict):
    """What a jurisdiction changes in a playbook, for a time.

    A rule with the id of a rule of the same section replaces it where it stands. A rule with a new id is added in
    front of its section, in the order of the overlay: a local exception is tried before what it is an exception to.

    Attributes
    ----------
    extends : str
        The playbook (or overlay) it stands on.
    valid_until : datetime.date
        The first day it holds no more; an overlay without an end is refused.
    remove : list of str
        Ids of rules that do not hold here.
    """

    id: PlaybookId
    title: Bilingual
    authority: Bilingual
    extends: PlaybookId
    jurisdiction: str = Field(min_length=1)
    valid_from: dt.date
    valid_until: dt.date
    note: Bilingual | None = None
    sources: list[Source] = []
    natural_history: OverlayHistory = OverlayHistory()
    lookback: list[LookbackRule] = []
    tracing: OverlayTracing = OverlayTracing()
    counting: list[CountingRule] = []
    late_find: LateFindRule | None = None
    measures: list[MeasureRule] = []
    clocks: list[ClockRule] = []
    chains: ChainWeights | None = None
    priority: PriorityRule | None = None
    companion: CompanionRule | None = None
    remove: list[RuleId] = []
