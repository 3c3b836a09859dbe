import datetime as dt
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.cases.core.card import Dates, ReportCard, check_card, date_problems, tidied_card
from lianfang.cases.core.possible import impossible_times

AS_OF = dt.datetime(2021, 8, 15, 20, 0)
GOOD = ReportCard(
    outbreak="OB1",
    name="王伟",
    id_number="360426199101010071",
    sex="male",
    birth_date=dt.date(1991, 1, 1),
    phone="13800001234",
    occupation="worker",
    residence="this_county",
    address="东街 1 号",
    jurisdiction="330999101",
    classification="confirmed",
    dates=Dates(
        onset_date=dt.datetime(2021, 8, 12),
        last_negative_at=dt.datetime(2021, 8, 8, 9),
        sampled_at=dt.datetime(2021, 8, 14, 9),
        diagnosed_at=dt.datetime(2021, 8, 15, 3),
        reported_at=dt.datetime(2021, 8, 15, 4),
        isolated_at=dt.datetime(2021, 8, 15, 5),
    ),
    found_by="care_seeking",
    reporting_unit="县人民医院",
)


def changed(**what):
    dates = {k: what.pop(k) for k in list(what) if k in Dates.__dataclass_fields__}
    return check_card(replace(GOOD, **what, dates=replace(GOOD.dates, **dates)), as_of=AS_OF)


def test_a_complete_card_is_accepted():
    assert check_card(GOOD, as_of=AS_OF) == {}


@pytest.mark.parametrize(
    "name",
    [
        "outbreak", "name", "id_number", "sex", "occupation", "residence", "address", "jurisdiction", "classification",
        "found_by", "reporting_unit",
    ],
)  # fmt: skip
def test_each_required_field_is_asked_for(name):
    assert list(changed(**{name: ""})) == ([name] if name != "id_number" else ["id_number"])


def test_birth_date_and_diagnosis_are_asked_for():
    assert list(changed(birth_date=None)) == ["birth_date"]
    assert list(changed(diagnosed_at=None)) == ["diagnosed_at"]


def test_an_empty_card_names_its_fields_in_the_order_of_the_form():
    names = list(check_card(ReportCard(), as_of=AS_OF))
    assert names == [
        "outbreak", "name", "id_number", "sex", "birth_date", "occupation", "residence", "address", "jurisdiction",
        "classification", "found_by", "reporting_unit", "onset_date", "diagnosed_at",
    ]  # fmt: skip


def test_a_known_person_is_not_asked_for_identity_again():
    assert changed(person_id="P1", name="", id_number="", sex="", birth_date=None) == {}


def test_phone_is_not_required_but_must_be_one():
    assert changed(phone="") == {}
    assert list(changed(phone="123")) == ["phone"]


def test_identity_number_birth_date_and_sex_must_agree():
    assert list(changed(birth_date=dt.date(1991, 1, 2))) == ["birth_date"]
    assert list(changed(sex="female")) == ["sex"]
    assert list(changed(id_number="360426199101010072")) == ["id_number"]
    assert changed(id_number="E12345678", id_type="passport") == {}


def test_age_and_birth_in_the_future():
    card = {"id_number": "E12345678", "id_type": "passport"}
    assert list(changed(**card, birth_date=dt.date(2021, 8, 16))) == ["birth_date"]
    assert list(changed(**card, birth_date=dt.date(1881, 1, 1))) == ["birth_date"]


def test_an_infection_without_symptoms_has_a_sample_and_no_onset():
    assert changed(classification="asymptomatic", onset_date=None) == {}
    assert list(changed(classification="asymptomatic")) == ["onset_date"]
    assert list(changed(classification="asymptomatic", onset_date=None, sampled_at=None)) == ["sampled_at"]
    assert list(changed(classification="confirmed", onset_date=None)) == ["onset_date"]


def test_what_is_excluded_is_not_reported():
    assert list(changed(classification="excluded")) == ["classification"]


def test_words_that_are_not_of_the_list():
    assert list(changed(occupation="wizard")) == ["occupation"]


def test_a_sample_on_the_day_of_onset_is_in_order():
    assert changed(onset_date=dt.datetime(2021, 8, 14, 23), sampled_at=dt.datetime(2021, 8, 14, 9)) == {}


def test_onset_after_the_sample_needs_to_be_said():
    late = {"onset_date": dt.datetime(2021, 8, 15), "sampled_at": dt.datetime(2021, 8, 13, 9)}
    problems = changed(**late)
    assert list(problems) == ["sampled_at"]
    assert "采样时尚无症状" in problems["sampled_at"].zh
    assert "before symptoms" in problems["sampled_at"].en
    assert changed(**late, before_symptoms=True) == {}
    assert list(changed(onset_date=AS_OF + dt.timedelta(days=1), before_symptoms=True)) == ["onset_date"]


MOMENTS = st.one_of(
    st.none(), st.integers(0, 12).map(lambda h: AS_OF - dt.timedelta(hours=30) + h * dt.timedelta(hours=3))
)
DATES = st.builds(
    Dates,
    onset_date=MOMENTS,
    last_negative_at=MOMENTS,
    sampled_at=MOMENTS,
    diagnosed_at=MOMENTS,
    reported_at=MOMENTS,
    isolated_at=MOMENTS,
    before_symptoms=st.booleans(),
)


def obviously_wrong(d: Dates, classification: str) -> bool:
    """The slow obvious oracle: every pair that has an order is looked at by itself."""
    moments = [d.onset_date, d.last_negative_at, d.sampled_at, d.diagnosed_at, d.reported_at, d.isolated_at]
    if any(m is not None and m > AS_OF for m in moments):
        return True
    if d.diagnosed_at is None or (classification == "asymptomatic") != (d.onset_date is None):
        return True
    if classification == "asymptomatic" and d.sampled_at is None:
        return True
    pairs = [(d.sampled_at, d.diagnosed_at), (d.diagnosed_at, d.reported_at), (d.sampled_at, d.reported_at)]
    pairs.append((d.last_negative_at, d.sampled_at))
    if any(a is not None and b is not None and a > b for a, b in pairs):
        return True
    if d.onset_date is None:
        return False
    day = d.onset_date.date()
    after = [d.sampled_at] if d.sampled_at is not None else [m for m in (d.diagnosed_at, d.reported_at) if m]
    if d.sampled_at is not None and d.before_symptoms:
        return False
    return any(day > m.date() for m in after)


@given(DATES, st.sampled_from(["confirmed", "suspected", "asymptomatic"]))
def test_dates_are_refused_exactly_when_a_pair_is_out_of_order(dates, classification):
    problems = date_problems(dates, as_of=AS_OF, classification=classification)
    assert bool(problems) == obviously_wrong(dates, classification)
    assert set(problems) <= set(Dates.__dataclass_fields__)


def test_every_order_of_four_times_but_one_is_refused():
    times = [dt.datetime(2021, 8, d) for d in (10, 11, 12, 13)]
    accepted = [
        p
        for p in permutations(times)
        if not date_problems(Dates(p[0], None, p[1], p[2], p[3]), as_of=AS_OF, classification="confirmed")
    ]
    assert accepted == [tuple(times)]


BEGAN = dt.date(2021, 8, 1)


@pytest.mark.parametrize("year", [202, 1127, 1870, 1926, 1980, 2020])
def test_a_time_long_before_the_outbreak_is_refused_with_what_is_possible(year):
    times = {"onset_date": dt.datetime(year, 11, 1), "sampled_at": dt.datetime(2021, 8, 2, 9)}
    found = impossible_times(times, began=BEGAN, born=None)
    assert (
        list(found) == ["onset_date"]
        and "2021-02-02" in found["onset_date"].zh
        and "2021-02-02" in found["onset_date"].en
    )


def test_a_time_before_birth_is_refused_and_an_old_negative_is_not():
    times = {"onset_date": dt.datetime(2021, 8, 1), "last_negative_at": dt.datetime(2019, 8, 1)}
    assert not impossible_times(times, began=BEGAN, born=dt.date(2019, 8, 1))
    found = impossible_times(times, began=None, born=dt.date(2020, 1, 1))
    assert list(found) == ["last_negative_at"] and "2020-01-01" in found["last_negative_at"].en


def test_a_card_says_so_at_the_field_and_a_text_of_nothing_visible_is_empty():
    when = AS_OF
    onset = replace(GOOD, dates=replace(GOOD.dates, onset_date=dt.datetime(2020, 1, 1)))
    assert "2020-01-01" in check_card(onset, as_of=when, began=BEGAN)["onset_date"].en
    for name in ("name", "address", "reporting_unit"):
        assert list(check_card(replace(GOOD, **{name: "\u200b"}), as_of=when)) == [name]
    tidy = tidied_card(replace(GOOD, name="周\u200b新", note="好，\u200b可以"))
    assert (tidy.name, tidy.note) == ("周新", "好，可以")
