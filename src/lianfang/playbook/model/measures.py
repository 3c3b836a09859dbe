"""Rules of what must be done: how days are counted, measures with their periods, clocks."""

from typing import Any, Literal, get_args

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from lianfang.kernel.vocabulary import (
    Category,
    Classification,
    MeasureKind,
    OriginRisk,
    PlaceClass,
    Severity,
    SpecialNeed,
    YesNo,
)
from lianfang.playbook.model.base import Bilingual, Rule, RuleId, Strict

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
    "own_positive_at",
]

ClockSubject = Literal["case", "contact", "outbreak", "zone", "person", "task"]
"""What a limit of time may hang on."""

ClockFrom = ClockStart | Literal["proposed_at", "decided_at", "first_case_at", "started_on", "given_at"]

ClockEnd = Literal["reported_at", "isolated_at", "in_quarantine_since"]
"""The facts that may say by themselves that what a limit of time asks for is done."""

CLOCK_STARTS: dict[str, tuple[str, ...]] = {
    "case": tuple(start for start in get_args(ClockStart) if start != "own_positive_at"),
    "contact": ("proposed_at",),
    "outbreak": ("first_case_at", "started_on"),
    "zone": ("proposed_at", "decided_at"),
    "person": ("left_area", "entered_at", "found_at", "in_quarantine_since"),
    "task": ("given_at",),
}
"""The times of each subject from which a clock may start."""

FACTS_IN_WHEN: dict[str, tuple[str, ...]] = {
    fact: tuple(words.codes())
    for fact, words in {
        "own_positive": YesNo,
        "origin_risk": OriginRisk,
        "special": SpecialNeed,
        "classification": Classification,
        "symptomatic": YesNo,
        "severity": Severity,
        "linked_positive": YesNo,
        "linked_first_two": YesNo,
        "home_feasible": YesNo,
        "chooses_central": YesNo,
    }.items()
}
"""The facts a measure may ask for in `when`, each with the words it may be told in. Of ``special``, of which a person
may have several, one is enough. Derived are ``own_positive`` (a test of the person is positive), ``linked_positive``
(any test of the close contact whom a secondary contact met is) and ``linked_first_two`` (one of the first two is):
``yes``, or ``no`` once as many tests are known, else empty."""


class CountingRule(Rule):
    """Whether day 1 of a period is the day of its clock start (``same``) or the day after (``next``)."""

    clock_from: list[ClockStart]
    day_one: Literal["same", "next"]


class LateFindRule(Rule):
    """What else holds for who is found, or known as such, when days of a period have passed.

    Attributes
    ----------
    test_on_placement : bool
        Whether the day on which the period begins is a test day too, where the period has test days.
    """

    test_on_placement: bool


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
    if_late : {"serve_rest", "start_anew"}
        Of who is found late: the days that are left are served; or, where fewer tests than the rule has could still be
        taken, the count starts anew with the day of being found as day 1.
    """

    category: Category
    when: dict[str, list[str]] = {}
    measure: MeasureKind
    place_class: PlaceClass
    clock_from: ClockStart | None = None
    otherwise_from: list[ClockStart] = []
    after: RuleId | None = None
    if_late: Literal["serve_rest", "start_anew"] = "serve_rest"
    days: int | None = Field(default=None, ge=0, le=365)
    tests: list[int] = []
    swab: Literal["nasopharyngeal", "oropharyngeal", "any"] = "any"
    release: list[ReleaseCondition] = []


class ClockRule(Rule):
    """A limit of time that starts with its subject; the first of `starts_from` that the subject has starts it.

    `clock` is its code, which the playbook chooses; the rule's id is ``clock.<code>``, or ``clock.<code>.<more>`` where
    several rules are about one clock. `subject` says what it hangs on, a case where nothing is said; from which times
    it may then start says `CLOCK_STARTS`. `done_with` is the fact whose time says when what is asked for was done;
    where there is none, people say it. Which clock is the limit to locate a contact says
    `lianfang.records.core.clocks.rules_for`.
    """

    clock: str
    hours: float = Field(gt=0)
    starts_from: list[ClockFrom] = Field(min_length=1)
    subject: ClockSubject = "case"
    done_with: ClockEnd | None = None

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out the subject of a clock of a case: a playbook that names none has the digest it always had."""
        said: dict[str, Any] = handler(self)
        if self.subject == "case":
            said.pop("subject", None)
        if self.done_with is None:
            said.pop("done_with", None)
        return said
