"""What a playbook is: sections of rules, each with an id that lasts, a value, a source and an evidence grade.

Everything a later room asks of policy is an attribute here; nothing about one disease stands in code.
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import Category, MeasureKind, PlaceClass, PlaceKind, VehicleKind

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
PlaybookId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

Evidence = Literal["F-O", "F-M", "F-L", "F-A", "F-T", "F-C", "SD", "LIT", "SYS"]
"""How well a value is founded: the grades of the source register, then LIT (a published, named study) and
SYS (a setting of this system that no document fixes; an overlay should confirm it)."""

ClockStart = Literal[
    "last_exposure",
    "left_area",
    "entered_at",
    "found_at",
    "in_quarantine_since",
    "onset_date",
    "sampled_at",
    "diagnosed_at",
    "reported_at",
    "isolated_at",
    "discharged_at",
]


FACTS_IN_WHEN: dict[str, tuple[str, ...]] = {
    "origin_risk": ("high", "medium", "low"),
    "special": ("child", "pregnant", "illness", "dependent", "care"),
    "symptomatic": ("yes", "no"),
    "severity": ("mild", "moderate", "severe", "critical"),
    "linked_positive": ("yes", "no"),
}
"""The facts a measure may ask for in `when`, each with the words it may be told in. ``linked_positive`` is derived:
``yes`` when one of the first two tests of the close contact whom a secondary contact met is positive, ``no`` when both
are negative, else empty."""


class Strict(BaseModel):
    """Unknown keys are refused, values are not coerced, instances do not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Bilingual(Strict):
    """Words in both languages, as they stand in a playbook file."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The words as a `Text`."""
        return Text(self.zh, self.en)

    def in_language(self, lang: Lang) -> str:
        """Return the words of one language."""
        return self.text.in_language(lang)


class Source(Strict):
    """A document that values are taken from.

    Attributes
    ----------
    id : str
        Rules name it; it lasts over versions.
    title : Bilingual
        The document itself, by its title; never the address of a copy.
    date : datetime.date or None
        When it was issued, where that is known.
    read_as : Bilingual or None
        In which form its words were seen, such as a press report: what the evidence grade rests on.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Bilingual
    date: dt.date | None = None
    read_as: Bilingual | None = None


class Rule(Strict):
    """What every rule carries, whatever it rules.

    Attributes
    ----------
    id : str
        Lasts over versions: the same id in two playbooks is the same question, answered twice.
    title : Bilingual
        What the rule says, in a few words; pages and reasons show it.
    source : list of str
        Ids of the playbook's sources.
    evidence : Evidence
        The weakest grade among what the value stands on.
    scope : {"national", "local", "system"}
        Who set it; a local rule in a national playbook is marked so.
    note : Bilingual or None
        What a reader of the value must know.
    """

    id: RuleId
    title: Bilingual
    source: list[str] = Field(min_length=1)
    evidence: Evidence
    scope: Literal["national", "local", "system"] = "national"
    note: Bilingual | None = None


class LookbackRule(Rule):
    """Where the infectious window of a case starts; the first rule that fits a case decides.

    ``days_before_onset`` and ``days_before_sampling`` count days back to 00:00 local of that day;
    ``since_last_negative`` starts at the last negative sample. A rule with `found_by` (codes of `CaseSource`) holds for
    cases found in one of these ways.
    """

    mode: Literal["days_before_onset", "days_before_sampling", "since_last_negative"]
    days: int | None = Field(default=None, ge=0, le=60)
    found_by: list[str] = []


class IntervalRule(Rule):
    """A distribution of days between two events of the disease."""

    distribution: Literal["gamma", "normal", "lognormal"]
    mean_days: float = Field(gt=0)
    sd_days: float = Field(gt=0)


class NaturalHistory(Strict):
    """What the disease does by itself."""

    serial_interval: IntervalRule
    incubation: IntervalRule


class ThresholdRule(Rule):
    """The minutes from which shared presence is an exposure, by place kind.

    They are summed for the first degree, and of one meeting for the second. The first rule that names the place kind
    (or names none) and the degree (or names none) decides.
    """

    place_kinds: list[PlaceKind] | None = None
    degree: Literal[1, 2] | None = None
    min_minutes: float = Field(ge=0)


class SeatRule(Rule):
    """Which seats of a vehicle share its air: only who sat within reach of each other met.

    Attributes
    ----------
    vehicle : VehicleKind
        The kind of vehicle; one rule a kind. A kind without a rule counts as a whole.
    reach : int or None
        Rows (bays of an open train) to either side that count; in a ship 0, the cabin itself. None: the whole unit
        counts, whatever the seats.
    crew : bool
        Whether the rule names the crew. They have no seat and count wherever the others sit; where the rule does not
        name them they count as somebody whose seat is not known.
    """

    vehicle: VehicleKind
    reach: int | None = Field(ge=0, le=60)
    crew: bool = False


class GeneralRule(Rule):
    """Who shared a place with a case for any time and is no contact: counted, and listed only where somebody asks.

    Attributes
    ----------
    place_kinds : list of PlaceKind or None
        In which kinds of place; all, when not given.
    listed : bool
        Whether the list is written without being asked for.
    """

    place_kinds: list[PlaceKind] | None = None
    listed: bool = False


class CompanionRule(Rule):
    """Sharing a grid cell with a case: a signal for an investigator, and never a contact. Off unless written otherwise.

    Attributes
    ----------
    enabled : bool
        Whether the signal may be shown; the operator has to switch it on as well.
    cell_metres : float
        Side of a cell.
    min_minutes : float
        More than so many minutes in the cell at the same time.
    total_hours : float
        One of the two was in the cell for more than so many hours in the days before.
    days : int
        Those days.
    """

    enabled: bool = False
    cell_metres: float = Field(ge=50, le=5000)
    min_minutes: float = Field(ge=0)
    total_hours: float = Field(ge=0)
    days: int = Field(ge=1, le=60)


class SecondDegreeRule(Rule):
    """Whether and how contacts of contacts are traced."""

    traced: bool
    place_kinds: list[PlaceKind] | None = None
    latent_hours: float = Field(default=0, ge=0)


class CategoryRule(Rule):
    """Which category an exposure gives; the first rule whose conditions all hold decides."""

    category: Category
    degree: Literal[1, 2]
    place_kinds: list[PlaceKind] | None = None
    min_minutes: float | None = None
    protected: bool | None = None


class Tracing(Strict):
    """From presences to contacts with a category."""

    thresholds: list[ThresholdRule] = Field(min_length=1)
    seats: list[SeatRule] = []
    general: GeneralRule | None = None
    second_degree: SecondDegreeRule
    categories: list[CategoryRule] = Field(min_length=1)


class CountingRule(Rule):
    """Whether day 1 of a period is the day of its clock start (``same``) or the day after (``next``)."""

    clock_from: list[ClockStart]
    day_one: Literal["same", "next"]


class ReleaseCondition(Strict):
    """One thing that must hold before release."""

    id: str
    text: Bilingual


class MeasureRule(Rule):
    """One period of one measure for one category.

    A period runs from its `clock_from`, or from the end of the period of rule `after`; `days` empty means until the
    release conditions hold. Test days are an explicit list, counted like the period's own days, never a formula.

    Of the rules without `after` the first that fits a person opens the person's chain of periods; of the rules `after`
    it the first that fits continues it, and so on. Rules of measure ``none`` say that nothing is asked of a category.

    Attributes
    ----------
    category : Category
        Whom it binds, together with `when`.
    when : dict
        Further facts that must be equal, such as ``{origin_risk: [high]}``; a list gives the allowed values. The facts
        that may be named, and their values, are those of `FACTS_IN_WHEN`.
    clock_from : ClockStart or None
        The fact whose day the count starts from. Together with `after`: where the fact is known the period starts from
        it (and the period before ends there), else from the end of the period before.
    otherwise_from : list of ClockStart
        What starts the count when the fact of `clock_from` is not known, in this order.
    after : str or None
        Id of the rule whose period this one follows.
    """

    category: Category
    when: dict[str, list[str]] = {}
    measure: MeasureKind
    place_class: PlaceClass
    clock_from: ClockStart | None = None
    otherwise_from: list[ClockStart] = []
    after: RuleId | None = None
    days: int | None = Field(default=None, ge=0, le=365)
    tests: list[int] = []
    swab: Literal["nasopharyngeal", "oropharyngeal", "any"] = "any"
    release: list[ReleaseCondition] = []


class ClockRule(Rule):
    """A limit of time that starts with a case; the first of `starts_from` that the case has starts it.

    `clock` is its code, which the playbook chooses; the rule's id is ``clock.<code>``, or ``clock.<code>.<more>`` where
    several rules are about one clock.
    """

    clock: str
    hours: float = Field(gt=0)
    starts_from: list[ClockStart] = Field(min_length=1)


class ChainWeights(Rule):
    """How much shared exposure adds to timing when candidate infectors are weighed.

    Attributes
    ----------
    by_place_kind : dict
        What a meeting of unlimited length in a kind of place counts. A file names every kind: 0 is written, not left
        out.
    half_minutes : float
        Minutes of shared presence that count half of it.
    no_known_contact : float
        What a candidate counts without any known meeting, for the meetings nobody knows of.
    outside_source : float
        What a source outside the case list counts, on the scale of a candidate at the commonest serial interval.
    """

    by_place_kind: dict[PlaceKind, float]
    half_minutes: float = Field(gt=0)
    no_known_contact: float = Field(ge=0)
    outside_source: float = Field(ge=0)


class AgeBand(Strict):
    """How vulnerable people are from an age in years on."""

    from_age: int = Field(ge=0, le=120)
    share: float = Field(ge=0, le=1)


class PriorityRule(Rule):
    """In which order contacts are called: the weight of each share of the score, and what gives a share.

    Every share lies between 0 and 1, and the four weights sum to 1.

    Attributes
    ----------
    intensity, setting, recency, vulnerability : float
        The weights.
    half_minutes : float
        Minutes together that give half of the intensity.
    half_days : float
        Days since the last contact after which recency is half.
    not_known : float
        Intensity where nobody measured the minutes, and recency where nobody knows the last contact.
    by_place_kind : dict
        The share of each kind of place; a file names every kind. A person counts by the heaviest.
    second_degree : float
        Factor on the setting of who met a contact and not a case.
    ages : list of AgeBand
        The share of the vulnerable by age; the highest that fits counts.
    special : dict
        The share of each special need, by the words of `FACTS_IN_WHEN`.
    """

    intensity: float = Field(ge=0, le=1)
    setting: float = Field(ge=0, le=1)
    recency: float = Field(ge=0, le=1)
    vulnerability: float = Field(ge=0, le=1)
    half_minutes: float = Field(gt=0)
    half_days: float = Field(gt=0)
    not_known: float = Field(ge=0, le=1)
    by_place_kind: dict[PlaceKind, Annotated[float, Field(ge=0, le=1)]]
    second_degree: float = Field(ge=0, le=1)
    ages: list[AgeBand] = []
    special: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}


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
    measures: list[MeasureRule] = []
    clocks: list[ClockRule] = []
    chains: ChainWeights | None = None
    priority: PriorityRule | None = None
    companion: CompanionRule | None = None
    remove: list[RuleId] = []
