"""Sorting what a plan answers, against the slow and obvious way."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.text import Counted, Text
from lianfang.records.core.acts import Renewals, alike, sort_out

SETS = ("decision", "note", "released_at")
VALUES = st.dictionaries(st.sampled_from(SETS), st.integers(0, 2), min_size=1)
REFUSAL = st.builds(Text, st.just("不行"), st.sampled_from(["no", "not so"]))
ANSWERS = st.lists(st.one_of(st.none(), REFUSAL, VALUES), max_size=40)


@given(ANSWERS)
def test_every_row_is_changed_left_or_refused(answers) -> None:
    found = sort_out(answers, rows=len(answers), sets=SETS)
    assert found.changed == [(n, one) for n, one in enumerate(answers) if isinstance(one, dict)]
    assert found.left == [n for n, one in enumerate(answers) if one is None]
    assert found.refused == [(n, one) for n, one in enumerate(answers) if isinstance(one, tuple)]
    places = [n for n, _ in found.changed] + found.left + [n for n, _ in found.refused]
    assert sorted(places) == list(range(len(answers)))


@given(ANSWERS, st.integers(0, 40))
def test_nothing_outside_of_what_is_declared(answers, at) -> None:
    answers.insert(at, {"decision": 1, "person_id": 2})
    with pytest.raises(ValueError, match="person_id"):
        sort_out(answers, rows=len(answers), sets=SETS)


@pytest.mark.parametrize(("answers", "rows"), [([None], 2), ([None, None], 1), ([{}], 1)])
def test_a_plan_answers_for_each_row(answers, rows) -> None:
    with pytest.raises(ValueError, match="plan"):
        sort_out(answers, rows=rows, sets=SETS)


@given(st.lists(VALUES, max_size=40), st.booleans())
def test_rows_that_get_the_same_are_written_together(values, shared) -> None:
    one = {"decision": 1}
    changed = [(n, one if shared and n % 2 else value) for n, value in enumerate(values)]
    groups = alike(changed)
    assert sorted((key, sorted(found.items())) for found, keys in groups for key in keys) == [
        (key, sorted(value.items())) for key, value in changed
    ]
    said = [sorted(found.items()) for found, _ in groups]
    assert len(said) == len({str(one) for one in said}), "each statement writes other values"


def test_what_the_trail_tells_of_renewed_rows() -> None:
    at = dt.datetime(2021, 8, 6, 9, 0, 1, 500, tzinfo=dt.UTC)
    found = Renewals.of([(at, {"renewed": ["P1", 2]}), (at, {"act": "contact.propose"})])
    assert (found.times, found.named) == ({at}, {"P1", "2"})
    assert found.seconds == {at.replace(microsecond=0)}


def test_one_and_many() -> None:
    words = Counted("{n} 行", "{n} row", "{n} rows")
    assert [words.format(n=n).en for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert words.format(n=1).zh == "1 行"
