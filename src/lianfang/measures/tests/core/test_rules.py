"""What follows from facts under the national editions, each value with the passage of the facts it stands on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.measures.core.decide import Decided, decide
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook

EIGHT, NINE = load("covid19-cn-8"), load("covid19-cn-9")
CLINICAL = load("covid19-cn-8-clinical-9")
NOW = dt.datetime(2022, 8, 31, 12)


def decided(*people: dict[str, Any], book: Playbook = NINE, as_of: dt.datetime = NOW) -> Decided:
    columns = dict.fromkeys(["person_id", "category", *(name for one in people for name in one)])
    rows = [{"person_id": "p", **one} for one in people]
    frame = pl.DataFrame({name: [one.get(name) for one in rows] for name in columns}, schema_overrides=None)
    return decide(frame, playbook=book, as_of=as_of)


def rows(*people: dict[str, Any], book: Playbook = NINE) -> list[dict[str, Any]]:
    found = decided(*people, book=book)
    assert found.refused.is_empty(), found.refused.to_dicts()
    return found.measures.to_dicts()


def days(row: dict[str, Any]) -> str:
    return " ".join(f"{one:%m-%d}" for one in row["test_dates"])


def short(row: dict[str, Any]) -> tuple[str, str, str | None, str, str]:
    end = f"{row['end']:%m-%d}" if row["end"] else None
    return (row["measure"], f"{row['start']:%m-%d %H}", end, days(row), row["rule"].partition(".")[2])


SECOND = {"category": "secondary_contact", "last_exposure": "2022-08-01 12:00", "found_at": "2022-08-02 09:00"}
LATER = "2022-08-02:neg;2022-08-05:neg;2022-08-07:pos"


def test_under_eight_any_test_of_the_linked_contact_upgrades_from_the_day_of_the_sample() -> None:
    """Facts 1.2 [F-A] S21: if the contact turns positive they are managed as contacts."""
    quarantine, monitoring = rows({**SECOND, "linked_tests": LATER}, book=EIGHT)
    assert short(quarantine) == (
        "central_quarantine", "08-07 00", "08-16", "08-07 08-08 08-15", "secondary_contact.upgraded",
    )  # fmt: skip
    assert "2022年8月7日检测阳性时已过5天，补足其余9天即可" in quarantine["reason_zh"]
    assert short(monitoring)[:4] == ("home_monitoring", "08-16 00", "08-23", "08-17 08-22")


def test_under_nine_only_the_first_two_tests_of_the_linked_contact_upgrade() -> None:
    """Facts 1.3 [F-M] S05."""
    assert rows({**SECOND, "linked_tests": LATER})[0]["rule"] == "measure.secondary_contact.quarantine"
    two = rows({**SECOND, "linked_tests": "2022-08-02:neg;2022-08-02:neg;2022-08-04:pos"})[0]
    assert short(two) == (
        "central_quarantine", "08-04 00", "08-09", "08-04 08-06 08-08", "secondary_contact.upgraded",
    )  # fmt: skip


@pytest.mark.parametrize("book", [EIGHT, NINE], ids=["8", "9"])
@pytest.mark.parametrize(
    "person",
    [
        {"category": "close_contact", "last_exposure": "2022-08-01"},
        {"category": "secondary_contact", "last_exposure": "2022-08-01"},
        {"category": "general_contact", "last_exposure": "2022-08-01"},
        {"category": "arrival", "left_area": "2022-08-01"},
        {"category": "inbound", "entered_at": "2022-08-01"},
    ],
    ids=lambda one: one["category"],
)
def test_an_own_positive_test_is_flagged_whatever_the_category(person: dict[str, Any], book: Playbook) -> None:
    """Facts 3.1 [F-T] S31 (infected to hospital); no document for the rest: SYS."""
    (row,) = rows({**person, "own_tests": "2022-08-02:阴性；2022-08-04:阳性"}, book=book)
    assert short(row) == ("hospital_isolation", "08-04 00", None, "", f"{person['category']}.own_positive")
    assert "diagnosed, reported and managed as a case, or excluded" in row["conditions_en"]


def test_special_needs_at_home_under_eight_for_secondary_contacts_too() -> None:
    """Addition A "home observation in 八版" [F-A] N12: annex 6, contacts and secondary contacts."""
    (home,) = rows({**SECOND, "special": "老年人；孕妇"}, book=EIGHT)
    assert short(home) == ("home_quarantine", "08-02 09", "08-09", "08-02 08-05 08-08", "secondary_contact.special")
    assert rows({**SECOND, "special": "老年人"}, book=EIGHT)[0]["rule"] == "measure.secondary_contact.quarantine"
    up = rows({**SECOND, "special": "child", "linked_tests": "2022-08-03:pos"}, book=EIGHT)[0]
    assert short(up)[:3] == ("home_quarantine", "08-03 00", "08-16")


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("special", "儿童;tall"),
        ("severity", "bad"),
        ("symptomatic", "maybe"),
        ("origin_risk", "purple"),
        ("classification", "x"),
        ("category", "friend"),
        ("own_tests", "2022-08-02:maybe"),
        ("linked_tests", "pos"),
        ("own_tests", "{label} {x}"),  # what a cell holds is shown as it is
        ("found_at", "soon"),
        ("last_exposure", "2022-08-01T10:00+08:00"),  # only who knows the zone can move it
        ("found_at", "2022-08-01 10:00+08"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_its_value(fact: str, value: str) -> None:
    """Odd files, special_words: never "no" in silence."""
    found = decided({"category": "close_contact", "last_exposure": "2022-08-01", fact: value})
    assert found.measures.is_empty()
    assert found.refused["fact"].to_list() == [fact]
    assert value.removeprefix("儿童;") in found.refused["reason_zh"][0]


def test_who_is_close_and_secondary_gets_the_stricter_alone() -> None:
    """Contract, Playbooks; odd files, repeated_person_facts."""
    close = {"category": "close_contact", "last_exposure": "2022-08-01", "found_at": "2022-08-02 10:00"}
    found = decided(close, {**close, "category": "secondary_contact"})
    assert found.measures["category"].unique().to_list() == ["close_contact"]
    assert found.joined.rows() == [("p", "secondary_contact")]
    # What cannot be decided is told, and stands in no way of what can; beside what is stricter it is not.
    undated = decided({"category": "close_contact"}, SECOND)
    assert undated.refused["fact"].to_list() == ["last_exposure"]
    assert undated.measures["rule"].to_list() == ["measure.secondary_contact.quarantine"]
    assert decided(close, {"category": "secondary_contact"}).refused.is_empty()
    # What is over gives way to what is not.
    long_ago = {"category": "close_contact", "last_exposure": "2022-07-01", "found_at": "2022-08-02 10:00"}
    assert rows(long_ago, SECOND)[0]["rule"] == "measure.secondary_contact.quarantine"
    # A case is a case alone; a general contact asks for nothing beside an arrival that does.
    case = {"category": "case", "isolated_at": "2022-08-02 10:00"}
    assert {row["category"] for row in rows(case, close)} == {"case"}
    arrival = {"category": "arrival", "origin_risk": "高", "left_area": "2022-08-01"}
    assert [row["category"] for row in rows({**close, "category": "general_contact"}, arrival)] == ["arrival"]
    assert {row["category"] for row in rows(close, arrival)} == {"close_contact", "arrival"}


def test_the_latest_exposure_of_a_category_counts_and_what_is_the_persons_is_kept() -> None:
    """Contract, Playbooks: of several rows of one person and category the latest exposure counts."""
    first = {"category": "close_contact", "last_exposure": "2022-08-01", "special": "child"}
    last = {"category": "close_contact", "last_exposure": "2022-08-05"}
    for order in ((first, last), (last, first)):
        quarantine = rows(*order)[0]
        assert (quarantine["rule"], f"{quarantine['end']:%m-%d}") == ("measure.close_contact.special", "08-13")
    tested = rows(last, {**first, "own_tests": "2022-08-03:pos"})
    assert [row["rule"] for row in tested] == ["measure.close_contact.own_positive"]


@pytest.mark.parametrize(
    ("exposure", "end"),
    [
        ("2022-08-01", "08-09"),
        ("2022-08-01 23:59", "08-09"),
        ("2022-08-02 00:00", "08-09"),
        ("2022年8月1日24时", "08-09"),
        ("2022/8/1", "08-09"),
        ("2022-08-02 00:01", "08-10"),
    ],
)
def test_an_exposure_that_ends_at_24_belongs_to_the_day_that_it_closes(exposure: str, end: str) -> None:
    """Contract: intervals are half open; a bare date covers its day."""
    assert f"{rows({'category': 'close_contact', 'last_exposure': exposure})[0]['end']:%m-%d}" == end


def test_when_a_measure_begins_whose_exposure_ends_at_24() -> None:
    """Contract: start ≤ t < end. A bare date says no hour, so it begins with its day; found that day, at once."""
    person = {"category": "close_contact", "last_exposure": "2022-08-02 00:00"}
    (quarantine, _) = rows(person)
    assert f"{quarantine['start']:%m-%d %H}" == "08-02 00" and "（2022年8月1日24时）起算" in quarantine["reason_zh"]
    assert f"{rows({**person, 'found_at': '2022-08-01 20:00'})[0]['start']:%m-%d %H}" == "08-01 20"
    assert f"{rows({**person, 'found_at': '2022-07-30'})[0]['start']:%m-%d %H}" == "08-02 00"
    bare = rows({**person, "last_exposure": "2022-08-01"})[0]
    assert f"{bare['start']:%m-%d %H}" == "08-01 00" and "（2022年8月1日）起算" in bare["reason_zh"]
    ahead = decided(person, as_of=dt.datetime(2022, 8, 1, 12))
    assert ahead.refused["fact"].to_list() == ["last_exposure"], "24:00 of today lies ahead at noon"
    assert decided({**person, "last_exposure": "2022-08-01"}, as_of=dt.datetime(2022, 8, 1, 12)).refused.is_empty()


@pytest.mark.parametrize(
    ("found", "start", "end", "tests"),
    [
        (None, "08-05 20", "08-09", "08-06 08-08"),
        ("2022-08-05 21:00", "08-05 21", "08-09", "08-06 08-08"),
        ("2022-08-06 08:00", "08-06 08", "08-09", "08-06 08-08"),
        ("2022-08-07 08:00", "08-07 08", "08-09", "08-07 08-08"),
        ("2022-08-08 08:00", "08-08 08", "08-11", "08-08 08-10"),
        ("2022-08-12 08:00", "08-12 08", "08-15", "08-12 08-14"),
    ],
)
def test_low_risk_arrivals_of_nine_have_two_tests_from_arrival(
    found: str | None, start: str, end: str, tests: str
) -> None:
    """Addition A [F-L] N09, [F-M] N10: two tests within 3 days of arrival, ≥ 24 h apart, no quarantine."""
    person = {"category": "arrival", "origin_risk": "low", "left_area": "2022-07-20", "entered_at": "2022-08-05 20:00"}
    (row,) = rows({**person, "found_at": found})
    assert short(row) == ("testing", start, end, tests, "arrival.low")


def test_arrivals_count_from_the_day_after_leaving() -> None:
    """Addition A [F-L] N01: left on the 1st, seven days from the 2nd to the 8th."""
    (row,) = rows({"category": "arrival", "origin_risk": "high", "left_area": "2022-08-01", "found_at": "2022-08-04"})
    assert short(row) == ("central_quarantine", "08-04 00", "08-09", "08-04 08-06 08-08", "arrival.high")
    assert "8月2日为第1天，8月8日为第7天" in row["reason_zh"]
    (over,) = rows({"category": "arrival", "origin_risk": "high", "left_area": "2022-08-01", "found_at": "2022-08-09"})
    assert over["measure"] == "none", "[F-L] N02: who is found after it is not quarantined"


@pytest.mark.parametrize(("book", "antibodies"), [(EIGHT, True), (NINE, False), (CLINICAL, True)])
def test_a_suspected_case_is_excluded_and_not_discharged(book: Playbook, antibodies: bool) -> None:
    """Facts 1.2 [F-A] S20."""
    facts = {"category": "case", "classification": "疑似", "severity": "mild", "isolated_at": "2022-08-02 10:00"}
    (row,) = rows(facts, book=book)
    assert (row["rule"], row["measure"]) == ("measure.case.suspected", "hospital_isolation")
    assert "two negative tests in a row, at least 24 hours apart" in row["conditions_en"]
    assert ("IgM and IgG" in row["conditions_en"]) is antibodies
    assert "temperature" not in row["conditions_en"]


def test_an_excluded_case_is_no_case_any_more() -> None:
    excluded = {"category": "case", "classification": "排除病例", "isolated_at": "2022-08-02 10:00"}
    assert [row["measure"] for row in rows(excluded)] == ["none"]
    assert rows(excluded, SECOND)[0]["rule"] == "measure.secondary_contact.quarantine"


def test_the_clinical_protocol_of_march_2022() -> None:
    """Facts 1.7 [F-M] S34."""
    mild = {
        "category": "case",
        "severity": "轻型",
        "isolated_at": "2022-04-02 10:00",
        "discharged_at": "2022-04-12 09:00",
    }
    stay, after = rows(mild, book=CLINICAL)
    assert short(stay)[:3] == ("central_quarantine", "04-02 10", "04-12")
    assert short(after)[:3] == ("home_monitoring", "04-12 09", "04-20")
    assert rows(mild, book=EIGHT)[0]["measure"] == "hospital_isolation"


def test_what_lies_ahead_has_not_happened() -> None:
    """Contract: what is recorded or happens after as_of changes no row of any result."""
    case = {"category": "case", "reported_at": "2022-08-02 10:00"}
    plain = decided(case, as_of=dt.datetime(2022, 8, 3))
    later = decided({**case, "discharged_at": "2022-08-09"}, as_of=dt.datetime(2022, 8, 3))
    assert plain.measures.equals(later.measures)
    assert later.ahead["fact"].to_list() == ["discharged_at"]
    late = decided({**SECOND, "linked_tests": "2022-08-03:pos"}, as_of=dt.datetime(2022, 8, 2, 12))
    assert late.measures["rule"].to_list() == ["measure.secondary_contact.quarantine"]
    for fact in ("last_exposure", "found_at"):
        ahead = decided({**SECOND, fact: "2022-09-02 09:00"})
        assert ahead.measures.is_empty() and ahead.refused["fact"].to_list() == [fact]


times = st.datetimes(dt.datetime(2022, 7, 20), dt.datetime(2022, 8, 30)).map(
    lambda one: one.replace(second=0, microsecond=0)
)
categories = ["case", "close_contact", "secondary_contact", "general_contact", "arrival", "inbound"]
many = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(["a", "b"]),
            "category": st.sampled_from(categories),
            "last_exposure": st.none() | times,
            "left_area": st.none() | times,
            "entered_at": st.none() | times,
            "isolated_at": st.none() | times,
            "found_at": st.none() | times,
            "origin_risk": st.sampled_from([None, "high", "low"]),
            "special": st.sampled_from([None, "child", "elderly"]),
            "own_tests": st.sampled_from([None, None, "2022-08-02:neg", "2022-08-04:pos"]),
            "classification": st.sampled_from([None, "excluded", "confirmed"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(many, st.sampled_from([EIGHT, NINE]), st.randoms())
def test_every_row_goes_one_way_and_their_order_changes_nothing(people, book, chance) -> None:
    found = decided(*people, book=book)
    there = found.measures.select("person_id", "category").unique().height
    assert there + found.refused.height + found.joined.height == len(people)
    for _, of_person in found.measures.group_by("person_id"):
        kinds = set(of_person["category"])
        assert len(kinds & {"case", "close_contact", "secondary_contact", "general_contact"}) <= 1
        assert kinds == {"case"} or "case" not in kinds or set(of_person["measure"]) == {"none"}
    turned = list(people)
    chance.shuffle(turned)
    assert decided(*turned, book=book).measures.equals(found.measures)


@settings(max_examples=60, deadline=None)
@given(
    times, st.integers(0, 20), st.sampled_from(["close_contact", "secondary_contact"]), st.sampled_from([EIGHT, NINE])
)
def test_more_exposure_never_shortens(exposure, more, category, book) -> None:
    one = {"category": category, "last_exposure": exposure, "found_at": exposure}
    other = {**one, "last_exposure": min(exposure + dt.timedelta(days=more), NOW)}
    assert max(row["end"] for row in rows(one, other, book=book)) >= max(row["end"] for row in rows(one, book=book))
