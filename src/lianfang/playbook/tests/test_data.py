"""What the three playbooks of the package say, against the facts they were taken from."""

from __future__ import annotations

import pytest

from lianfang.kernel.vocabulary import CaseSource, MeasureKind, PlaceKind, VehicleKind
from lianfang.playbook.compare import differences
from lianfang.playbook.describe import sections, value_of
from lianfang.playbook.load import available, load
from lianfang.playbook.model import FACTS_IN_WHEN, MeasureRule, Playbook
from lianfang.playbook.words import EVIDENCE, FACT_LABELS, FACT_VALUES, SECTIONS, STARTS

IDS = ("covid19-cn-8", "covid19-cn-8-local-2021-08", "covid19-cn-9")
EIGHT, LOCAL, NINE = (load(one) for one in IDS)


def measure(book: Playbook, rule_id: str) -> MeasureRule:
    rule = book.rule(rule_id)
    assert isinstance(rule, MeasureRule)
    return rule


@pytest.mark.parametrize("book", [EIGHT, LOCAL, NINE], ids=IDS)
def test_every_value_has_a_source_a_grade_and_words(book: Playbook) -> None:
    for rule in book.rules():
        assert rule.source and all(book.source(source).title.zh for source in rule.source)
        assert rule.evidence in EVIDENCE and rule.evidence != "GK"
        assert value_of(rule).zh and value_of(rule).en
        if rule.evidence == "SYS":
            assert rule.note is not None
        if rule.scope == "system":
            assert rule.evidence in ("SYS", "LIT")
    listed = sections(book)
    assert list(listed) == list(SECTIONS)
    assert [rule for rules in listed.values() for rule in rules] == book.rules()
    assert set(STARTS) | set(FACTS_IN_WHEN) <= set(FACT_LABELS)
    assert {value for values in FACTS_IN_WHEN.values() for value in values} == set(FACT_VALUES)


@pytest.mark.parametrize("book", [EIGHT, LOCAL, NINE], ids=IDS)
def test_hours_of_the_clocks(book: Playbook) -> None:
    hours = {rule.clock: (rule.hours, rule.scope) for rule in book.clocks}
    assert {clock: hours[clock] for clock in ("on_site", "core_facts", "everything")} == {
        "on_site": (2, "local"),
        "core_facts": (4, "local"),
        "everything": (24, "local"),
    }
    assert hours["transferred"] == ((12, "national") if book is EIGHT else (8, "local"))
    assert hours["reported"] == (2, "national") and hours["survey"] == (24, "national")


@pytest.mark.parametrize(
    ("book", "rule_id", "kind", "days", "tests", "start"),
    [
        (EIGHT, "measure.close_contact.quarantine", "central_quarantine", 14, [1, 4, 7, 14], "last_exposure"),
        (EIGHT, "measure.close_contact.monitoring", "home_monitoring", 7, [2, 7], None),
        (EIGHT, "measure.secondary_contact.quarantine", "central_quarantine", 7, [1, 4, 7], "last_exposure"),
        (EIGHT, "measure.inbound.quarantine", "central_quarantine", 14, [1, 4, 7, 14], "entered_at"),
        (EIGHT, "measure.inbound.monitoring", "home_monitoring", 7, [], None),
        (LOCAL, "measure.arrival.high", "central_quarantine", 14, [1, 4, 7, 10, 14], "left_area"),
        (LOCAL, "measure.arrival.medium", "home_quarantine", 14, [1, 4, 7, 10, 14], "left_area"),
        (LOCAL, "measure.close_contact.quarantine", "central_quarantine", 14, [1, 4, 7, 10, 14], "last_exposure"),
        (LOCAL, "measure.close_contact.monitoring", "home_monitoring", 7, [2, 7], None),
        (NINE, "measure.close_contact.quarantine", "central_quarantine", 7, [1, 2, 3, 5, 7], "last_exposure"),
        (NINE, "measure.close_contact.monitoring", "home_monitoring", 3, [3], None),
        (NINE, "measure.secondary_contact.quarantine", "home_quarantine", 7, [1, 4, 7], "last_exposure"),
        (NINE, "measure.arrival.high", "central_quarantine", 7, [1, 2, 3, 5, 7], "left_area"),
        (NINE, "measure.arrival.medium", "home_quarantine", 7, [1, 4, 7], "left_area"),
        (NINE, "measure.inbound.quarantine", "central_quarantine", 7, [1, 2, 3, 5, 7], "entered_at"),
        (NINE, "measure.case.after_discharge", "home_monitoring", 7, [], "discharged_at"),
    ],
)
def test_measures(book: Playbook, rule_id: str, kind: str, days: int, tests: list[int], start: str | None) -> None:
    rule = measure(book, rule_id)
    assert (rule.measure, rule.days, rule.tests, rule.clock_from) == (MeasureKind(kind), days, tests, start)


def test_look_back_in_three_modes() -> None:
    def modes(book: Playbook) -> list[tuple[str, int | None]]:
        return [(rule.mode, rule.days) for rule in book.lookback]

    assert modes(EIGHT) == [("days_before_onset", 2), ("days_before_sampling", 2)]
    assert modes(LOCAL) == [("days_before_onset", 4), ("days_before_sampling", 4)]
    assert all(rule.scope == "local" for rule in LOCAL.lookback)
    assert modes(NINE) == [("since_last_negative", None), ("days_before_onset", 2), ("days_before_sampling", 2)]
    assert NINE.lookback[0].found_by == ["regular_testing"]
    for book in (EIGHT, LOCAL, NINE):
        assert {word for rule in book.lookback for word in rule.found_by} <= set(CaseSource.codes())


def test_seats_of_the_ninth_edition() -> None:
    assert EIGHT.tracing.seats == LOCAL.tracing.seats == [], "the copies of the eighth name no seats"
    assert [(rule.vehicle.value, rule.reach, rule.crew, rule.evidence) for rule in NINE.tracing.seats] == [
        ("aircraft", 3, True, "F-A"),
        ("train_closed", None, False, "F-A"),
        ("train_open", 1, False, "F-A"),
        ("coach_closed", None, False, "F-A"),
        ("coach_ventilated", 3, True, "F-A"),
        ("ship", 0, True, "F-A"),
    ]
    assert [value_of(rule).en for rule in NINE.tracing.seats] == [
        "Aircraft: the same row and 3 to either side, and the crew",
        "Train with closed carriages: the whole unit",
        "Train with open bays: the same bay and 1 to either side",
        "Closed coach: the whole unit",
        "Ventilated coach: the same row and 3 to either side, and the crew",
        "Ship: the same cabin, and the crew",
    ]


def test_second_degree() -> None:
    assert EIGHT.tracing.second_degree.place_kinds == NINE.tracing.second_degree.place_kinds
    assert NINE.tracing.second_degree.place_kinds == [
        PlaceKind.DWELLING,
        PlaceKind.MEAL,
        PlaceKind.WORK,
        PlaceKind.SCHOOL,
        PlaceKind.VENUE,
    ]


def test_the_same_question_has_the_same_id() -> None:
    """Between the editions only what one of them does not rule on is missing in the other."""
    eight, nine = ({rule.id: type(rule) for rule in book.rules()} for book in (EIGHT, NINE))
    assert set(eight) - set(nine) == set()
    assert set(nine) - set(eight) == {
        "lookback.routine_testing",
        "threshold.second_degree",
        "clock.risk_areas_published",
        "measure.arrival.high",
        "measure.arrival.medium",
        "measure.arrival.low",
        "measure.case.mild",
        "measure.case.mild_after",
        *(f"seats.{kind.value}" for kind in VehicleKind),
    }
    assert all(nine[rule_id] is kind for rule_id, kind in eight.items())
    assert len(eight) == len(EIGHT.rules())


def test_what_the_overlay_changes_and_nothing_else() -> None:
    assert {(one.rule_id, one.change) for one in differences(EIGHT, LOCAL)} == {
        ("lookback.onset", "changed"),
        ("lookback.sampling", "changed"),
        ("measure.arrival.high", "added"),
        ("measure.arrival.medium", "added"),
        ("measure.arrival.low", "added"),
        ("measure.close_contact.quarantine", "changed"),
        ("clock.transferred", "changed"),
    }
    # Replaced where it stands: the rule for special needs is still tried before it.
    ids = [rule.id for rule in LOCAL.measures]
    assert ids.index("measure.close_contact.special") < ids.index("measure.close_contact.quarantine")
    assert (LOCAL.id, LOCAL.extends, LOCAL.overlays) == (IDS[1], IDS[0], [IDS[1]])


def test_the_digest_names_the_content() -> None:
    assert load(IDS[0], [IDS[1]]) == LOCAL
    assert len({EIGHT.digest, LOCAL.digest, NINE.digest}) == 3
    changed = EIGHT.model_copy(update={"disease": "other", "digest": ""})
    from lianfang.playbook.load import digest

    assert digest(EIGHT) == EIGHT.digest != digest(changed)
    assert EIGHT.name == f"covid19-cn-8@{EIGHT.digest[:12]}"


def test_available() -> None:
    assert [one.id for one in available()] == list(IDS)
    assert [one.extends for one in available()] == [None, IDS[0], None]


def test_who_shared_a_place_is_counted_and_not_listed() -> None:
    for book, kinds, evidence in ((EIGHT, None, "F-A"), (NINE, ["meal", "venue"], "F-M")):
        rule = book.tracing.general
        assert rule is not None and (rule.listed, rule.evidence) == (False, evidence)
        assert (rule.place_kinds and [kind.value for kind in rule.place_kinds]) == kinds
    assert LOCAL.tracing.general == EIGHT.tracing.general
