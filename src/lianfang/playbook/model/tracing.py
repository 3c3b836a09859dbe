"""Rules from a case to its contacts: infectious window, exposure, category; who infected whom; whom to call first."""

from typing import Annotated, Literal

from pydantic import Field

from lianfang.kernel.vocabulary import Category, PlaceKind, VehicleKind
from lianfang.playbook.model.base import Rule, Strict


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
    """Whether and how contacts of contacts are traced.

    Attributes
    ----------
    warn_share : float
        From this share of the people whom presences know on, pages and the summary say that the second degree reaches
        so many. It changes nobody's category.
    """

    traced: bool
    place_kinds: list[PlaceKind] | None = None
    latent_hours: float = Field(default=0, ge=0)
    warn_share: float = Field(default=0.1, gt=0, le=1)


class CategoryRule(Rule):
    """Which category an exposure gives; the first rule whose conditions all hold decides.

    `via_positive` asks, of the second degree, whether the contact in between has turned positive: is a case by now, or
    has a positive test.
    """

    category: Category
    degree: Literal[1, 2]
    place_kinds: list[PlaceKind] | None = None
    min_minutes: float | None = None
    protected: bool | None = None
    via_positive: bool | None = None


class Tracing(Strict):
    """From presences to contacts with a category."""

    thresholds: list[ThresholdRule] = Field(min_length=1)
    seats: list[SeatRule] = []
    general: GeneralRule | None = None
    second_degree: SecondDegreeRule
    categories: list[CategoryRule] = Field(min_length=1)


class ChainWeights(Rule):
    """What is taken to be so when candidate infectors are weighed (`docs/algorithms/chains.md`).

    Attributes
    ----------
    by_place_kind : dict
        What a day's meeting of unlimited length in a kind of place counts. A file names every kind: 0 is written, not
        left out.
    half_minutes : float
        Minutes together in one day that count half of it.
    no_known_contact : float
        What all candidates together count for the meetings nobody knows of.
    outside_source : float
        What a source outside the case list counts, on the scale of daily meetings at the commonest serial interval.
    spread_days : float
        Least standard deviation of the time of transmission around the infector's onset.
    positive_after_days : int
        Days after an infection before which no sample is positive.
    without_symptoms : float
        How infectious a case without symptoms is beside the others.
    dispersion : float or None
        Shape of the gamma law (mean 1) by which infectors differ; None: they are taken as alike, as where whoever is
        not immune is infected by nearly every meeting.
    misdated : float
        Share of known contacts whose dates are taken to be wrong.
    """

    by_place_kind: dict[PlaceKind, float]
    half_minutes: float = Field(gt=0)
    no_known_contact: float = Field(ge=0)
    outside_source: float = Field(ge=0)
    spread_days: float = Field(default=1.5, gt=0)
    positive_after_days: int = Field(default=0, ge=0)
    without_symptoms: float = Field(default=1.0, gt=0, le=1)
    dispersion: float | None = Field(default=None, gt=0)
    misdated: float = Field(default=0.0, ge=0, lt=1)


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
