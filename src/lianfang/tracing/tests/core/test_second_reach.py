"""How far the second degree reaches: the share, the warning, and the table of what other rules would find."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernel.schema import CASES, INTERVIEWS
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.load import load
from lianfang.tracing.core.second_reach import hours_tried, kinds_tried, people_by_kinds, second_reach
from lianfang.tracing.tracer import find_contacts, find_second_by_kind

NINE = load("covid19-cn-9")
RULE = NINE.tracing.second_degree
DAY = dt.datetime(2022, 7, 4)
KINDS = [kind.value for kind in PlaceKind]


def with_rule(**changes: object):
    rule = RULE.model_copy(update=changes)
    return NINE.model_copy(update={"tracing": NINE.tracing.model_copy(update={"second_degree": rule})})


def test_the_share_is_wide_from_the_share_of_the_playbook_on() -> None:
    assert RULE.warn_share == 0.1, "the default that docs/playbooks.md names"
    for people, known, wide in [(99, 1000, False), (100, 1000, True), (0, 5, False), (1000, 1000, True)]:
        reach = second_reach(people, known, RULE)
        assert reach is not None and (reach.share, reach.is_wide) == (people / known, wide)
    late = second_reach(100, 1000, RULE.model_copy(update={"warn_share": 0.5}))
    assert late is not None and not late.is_wide
    assert second_reach(1, 0, RULE) is None
    assert second_reach(1, 10, RULE.model_copy(update={"traced": False})) is None


def test_the_words_name_both_numbers_and_what_makes_it_so() -> None:
    reach = second_reach(12_345, 20_000, RULE.model_copy(update={"latent_hours": 24.0}))
    assert reach is not None
    assert "12,345 of the 20,000" in reach.words.en and "(62%)" in reach.words.en
    assert "dwelling, shared meal" in reach.words.en or "meal" in reach.words.en
    assert "from 24 hours" in reach.words.en
    assert "12345人" in reach.words.zh and "24小时" in reach.words.zh and "second_degree.tracing" in reach.words.zh


def test_what_is_tried_holds_what_is_in_force() -> None:
    sets = [set(kinds) for kinds in kinds_tried(RULE)]
    assert set(RULE.place_kinds or ()) in sets and set(PlaceKind) in sets and {PlaceKind.DWELLING} in sets
    assert len({frozenset(kinds) for kinds in sets}) == len(sets)
    assert [len(kinds) for kinds in sets] == sorted(len(kinds) for kinds in sets)
    assert hours_tried(RULE) == [0, 24, 48, 72]
    assert hours_tried(RULE.model_copy(update={"latent_hours": 36.0})) == [0, 24, 36, 48, 72]
    every = kinds_tried(RULE.model_copy(update={"place_kinds": None}))
    assert [set(kinds) for kinds in every].count(set(PlaceKind)) == 1


def test_somebody_found_through_two_kinds_counts_once() -> None:
    found = {"work": pl.Series(["a", "b"]), "meal": pl.Series(["b", "c"]), "venue": pl.Series([], dtype=pl.String)}
    assert people_by_kinds(found, [["work"], ["work", "meal"], ["venue"], ["care"], ["work", "meal", "venue"]]) == [
        2,
        3,
        0,
        0,
        3,
    ]
    assert people_by_kinds({}, [["work"]]) == [0]


presence = st.tuples(
    st.integers(0, 11), st.integers(0, 4), st.sampled_from(KINDS), st.integers(0, 90), st.integers(1, 12)
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(presence, min_size=4, max_size=60), hours=st.sampled_from([0.0, 6.0, 24.0]), data=st.data())
def test_each_number_is_what_a_response_under_that_rule_finds(rows, hours, data) -> None:
    """The sum over single kinds equals tracing as a whole, which is held to its own definition elsewhere."""
    presences = pl.DataFrame(
        [
            (f"p{who}", f"x{where}{kind}", kind, DAY + dt.timedelta(hours=at), DAY + dt.timedelta(hours=at + long))
            for who, where, kind, at, long in rows
        ],
        schema=["person_id", "place_id", "place_kind", "start", "end"],
        orient="row",
    )
    cases = CASES.conform(
        pl.DataFrame(
            {"case_id": ["A", "B"], "person_id": ["p0", "p1"], "onset_date": [DAY, DAY + dt.timedelta(days=1)]}
        )
    )
    kinds = data.draw(st.lists(st.sampled_from(list(PlaceKind)), min_size=1, unique=True))
    as_of = DAY + dt.timedelta(days=5)
    isolations = pl.DataFrame({"person_id": ["p3"], "isolated_at": [DAY + dt.timedelta(hours=40)]})
    given_ = {"as_of": as_of, "isolations": isolations}
    book = with_rule(place_kinds=kinds, latent_hours=hours)
    contacts = find_contacts(cases, presences, INTERVIEWS.empty(), playbook=book, **given_)
    expected = contacts.filter(pl.col("degree") == 2)["person_id"].n_unique()
    found = find_second_by_kind(cases, presences, INTERVIEWS.empty(), playbook=NINE, latent_hours=hours, **given_)
    assert people_by_kinds(found, [[kind.value for kind in kinds]]) == [expected]


@pytest.mark.parametrize("hours", [0.0, 24.0])
def test_the_index_and_the_engine_agree(tmp_path, hours) -> None:
    from lianfang.presences.store import open_store

    chance = np.random.default_rng(3)
    rows = [
        (
            f"p{a}",
            f"x{b}",
            KINDS[b % len(KINDS)],
            DAY + dt.timedelta(hours=int(h)),
            DAY + dt.timedelta(hours=int(h) + 5),
        )
        for a, b, h in zip(
            chance.integers(0, 200, 900), chance.integers(0, 40, 900), chance.integers(0, 100, 900), strict=True
        )
    ]
    presences = pl.DataFrame(
        rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"
    ).unique()
    store = open_store(tmp_path / "store")
    store.ingest(presences)
    cases = CASES.conform(pl.DataFrame({"case_id": ["A"], "person_id": ["p0"], "onset_date": [DAY]}))
    asked = {"playbook": NINE, "as_of": DAY + dt.timedelta(days=5), "latent_hours": hours}
    one = find_second_by_kind(cases, store, INTERVIEWS.empty(), **asked)
    other = find_second_by_kind(cases, presences, INTERVIEWS.empty(), **asked)
    assert {k: sorted(v) for k, v in one.items()} == {k: sorted(v) for k, v in other.items()}
    assert sum(len(v) for v in one.values()) > 10
