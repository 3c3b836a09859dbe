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
WINTER, CLINICAL = load("covid19-cn-8-local-winter-2021"), load("covid19-cn-8-clinical-9")


def measure(book: Playbook, rule_id: str) -> MeasureRule:
    rule = book.rule(rule_id)
    assert isinstance(rule, MeasureRule)
    return rule


@pytest.mark.parametrize("book", [EIGHT, LOCAL, WINTER, CLINICAL, NINE], ids=lambda book: book.id)
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


@pytest.mark.parametrize("before", [EIGHT, LOCAL, WINTER, CLINICAL], ids=lambda book: book.id)
def test_what_another_version_answers_differently_reads_differently(before: Playbook) -> None:
    for one in differences(before, NINE):
        if one.before is not None and one.after is not None:
            assert value_of(one.before) != value_of(one.after), one.rule_id


def test_hours_of_the_clocks() -> None:
    """Facts 1.1, 1.2, 3.1; addition D: 2 + 4 + 24 + 8 belongs to winter 2021, seed 4 has clocks of its own."""

    def hours(book: Playbook) -> dict[str, tuple[float, str]]:
        return {rule.clock: (rule.hours, rule.evidence) for rule in book.clocks}

    national = {"reported": (2, "F-A"), "transferred": (12, "F-A"), "survey": (24, "F-O")}
    assert hours(EIGHT) == national
    assert hours(LOCAL) == {**national, "self_report": (12, "SD"), "returnee_checked": (24, "SD")}
    winter = {"on_site": (2, "SD"), "core_facts": (4, "SD"), "everything": (24, "SD"), "transferred": (8, "SD")}
    assert hours(WINTER) == {**national, **winter}
    assert {rule.scope for rule in WINTER.clocks if rule.clock in winter} == {"local"}
    carried = {"on_site": (2, "SYS"), "core_facts": (4, "SYS"), "everything": (24, "SYS")}
    published = {"risk_areas_published": (5, "F-O")}
    assert hours(NINE) == {**national, **carried, **published, "transferred": (8, "F-T")}
    assert [rule.subject for rule in LOCAL.clocks[:2]] == ["person", "person"]


def test_the_winter_overlay_invents_no_days() -> None:
    """Addition D: days of quarantine are not in seed 3: inherit the eighth edition."""
    assert {one.rule_id for one in differences(EIGHT, WINTER)} == {
        f"clock.{clock}" for clock in ("on_site", "core_facts", "everything", "transferred")
    }


def test_the_clinical_protocol_has_dates_of_its_own() -> None:
    """Addition D and facts 1.7 [F-M] S34: mild cases central, 2 × Ct ≥ 35, then 7 days of home monitoring."""
    assert (str(CLINICAL.valid_from), str(CLINICAL.valid_until)) == ("2022-03-15", "2022-06-28")
    assert {one.rule_id for one in differences(EIGHT, CLINICAL)} == {
        f"measure.case.{name}" for name in ("mild", "mild_after", "hospital", "after_discharge")
    }
    mild, after = measure(CLINICAL, "measure.case.mild"), measure(CLINICAL, "measure.case.after_discharge")
    assert (mild.measure.value, mild.place_class.value) == ("central_quarantine", "central")
    assert mild.release[0].text.en == "two tests with Ct ≥ 35, at least 24 hours apart"
    assert (after.measure.value, after.days) == ("home_monitoring", 7)


def test_instruments_stand_on_each_other_for_the_days_of_both() -> None:
    both = load("covid19-cn-8-local-2021-08", ["covid19-cn-8-clinical-9"])
    other = load("covid19-cn-8", ["covid19-cn-8-clinical-9", "covid19-cn-8-local-2021-08"])
    for book in (both, other):
        assert (str(book.valid_from), str(book.valid_until)) == ("2022-03-15", "2022-06-28")
        assert {"measure.case.mild", "measure.arrival.high"} <= {rule.id for rule in book.rules()}


def test_days_of_arrivals_are_counted_from_the_day_after_leaving() -> None:
    """Addition A [F-L] N01: left on the 1st, days 2 to 8, home stage from the 9th. Everything else is SYS."""
    for book in (EIGHT, LOCAL, NINE):
        assert [(rule.clock_from == ["left_area"], rule.day_one, rule.evidence) for rule in book.counting] == [
            (True, "next", "F-L"),
            (False, "next", "SYS"),
        ]


def test_late_finds_are_tested_on_the_day_of_placement_too() -> None:
    """Addition A: no source says which wins; [PROP] loads as SYS."""
    for book in (EIGHT, NINE):
        assert book.late_find is not None
        assert (book.late_find.test_on_placement, book.late_find.evidence) == (True, "SYS")


def test_meals_and_vehicles_have_no_threshold_under_nine() -> None:
    """Facts 1.3 [F-A] S28, S29: shared meal, shared vehicle, without minutes."""
    least = {rule.id: (rule.min_minutes, rule.evidence) for rule in NINE.tracing.thresholds if rule.degree != 2}
    assert least == {
        "threshold.dwelling": (0, "F-A"),
        "threshold.meal_vehicle": (0, "F-A"),
        "threshold.other": (15, "SYS"),
    }


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
        # The seed gives five tests for arrivals alone; contacts keep the days of the eighth edition.
        (LOCAL, "measure.close_contact.quarantine", "central_quarantine", 14, [1, 4, 7, 14], "last_exposure"),
        (EIGHT, "measure.secondary_contact.special", "home_quarantine", 7, [1, 4, 7], "last_exposure"),
        (EIGHT, "measure.secondary_contact.upgraded", "central_quarantine", 14, [1, 4, 7, 14], "last_exposure"),
        (NINE, "measure.secondary_contact.upgraded", "central_quarantine", 7, [1, 2, 3, 5, 7], "last_exposure"),
        (NINE, "measure.arrival.low", "testing", 3, [1, 3], "entered_at"),
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
    # Under the ninth edition secondary contacts are at home anyway, and who is upgraded is central whatever the needs.
    assert set(eight) - set(nine) == {
        "measure.secondary_contact.special",
        "measure.secondary_contact.upgraded_special",
        "measure.secondary_contact.upgraded_special_monitoring",
    }
    assert set(nine) - set(eight) == {
        "lookback.routine_testing",
        "threshold.second_degree",
        "threshold.meal_vehicle",
        "clock.risk_areas_published",
        *(f"clock.{clock}" for clock in ("on_site", "core_facts", "everything")),
        "measure.arrival.high",
        "measure.arrival.medium",
        "measure.arrival.low",
        "measure.case.mild",
        "measure.case.mild_after",
        *(f"seats.{kind.value}" for kind in VehicleKind),
    }
    assert all(nine.get(rule_id, kind) is kind for rule_id, kind in eight.items())
    assert len(eight) == len(EIGHT.rules())


def test_what_the_overlay_changes_and_nothing_else() -> None:
    assert {(one.rule_id, one.change) for one in differences(EIGHT, LOCAL)} == {
        ("lookback.onset", "changed"),
        ("lookback.sampling", "changed"),
        ("measure.arrival.high", "added"),
        ("measure.arrival.medium", "added"),
        ("measure.arrival.low", "added"),
        ("clock.self_report", "added"),
        ("clock.returnee_checked", "added"),
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
    eight, winter, clinical, nine = EIGHT.id, WINTER.id, CLINICAL.id, NINE.id
    assert [one.id for one in available()] == [eight, LOCAL.id, winter, clinical, nine]
    assert [one.extends for one in available()] == [None, eight, eight, eight, None]


def test_who_shared_a_place_is_counted_and_not_listed() -> None:
    for book, kinds, evidence in ((EIGHT, None, "F-A"), (NINE, ["meal", "venue"], "F-M")):
        rule = book.tracing.general
        assert rule is not None and (rule.listed, rule.evidence) == (False, evidence)
        assert (rule.place_kinds and [kind.value for kind in rule.place_kinds]) == kinds
    assert LOCAL.tracing.general == EIGHT.tracing.general
