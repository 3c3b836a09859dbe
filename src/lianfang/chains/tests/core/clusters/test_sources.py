"""Common sources: the p-value against scipy, a hidden source found first among thousands, few findings without one."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lianfang.chains.clusters import where_everybody_was
from lianfang.chains.core.clusters.exposure import plausible_exposure, without_known_source
from lianfang.chains.core.clusters.settings import explaining_settings
from lianfang.chains.core.clusters.sources import common_sources, surprise
from lianfang.chains.tests.core.clusters.town import DAY, INCUBATION, NO_CONTACTS, cases_of, town


@given(
    st.integers(2, 3000).flatmap(
        lambda crowd: st.tuples(st.just(crowd), st.integers(1, crowd), st.integers(1, min(crowd, 60)))
    ),
    st.data(),
)
def test_surprise_is_the_tail_of_scipy(sizes: tuple[int, int, int], data: st.DataObject) -> None:
    crowd, people, drawn = sizes
    shared = data.draw(st.integers(1, min(people, drawn)))
    law = stats.hypergeom(crowd, people, drawn)
    expected = 1.0 if shared == 1 else law.sf(shared - 1) / law.sf(0)
    got = surprise(*(np.array([n]) for n in (shared, people, drawn, crowd)))[0]
    assert got == pytest.approx(min(expected, 1.0), rel=1e-6, abs=1e-300)


def outbreak(chance: np.random.Generator, presences: pl.DataFrame, *, hidden: bool) -> tuple[pl.DataFrame, str, object]:
    """Thirty cases: all by chance, or twelve of them infected in one venue on one evening."""
    evening = DAY + dt.timedelta(days=6, hours=18)
    there = presences.filter(pl.col("start") == evening).group_by("place_id").agg(pl.col("person_id").sort())
    one = there.filter(pl.col("person_id").list.len().is_between(20, 40)).sort("place_id").row(0, named=True)
    everybody = presences["person_id"].unique().sort().to_numpy()
    infected = list(chance.choice(one["person_id"], 12, replace=False)) if hidden else []
    others = [p for p in chance.choice(everybody, 40, replace=False) if p not in infected][: 30 - len(infected)]
    mean, sd = np.log(5) - np.log(1.25) / 2, np.sqrt(np.log(1.25))
    days = [6 + max(1, round(x)) for x in np.exp(chance.normal(mean, sd, len(infected)))]
    days += list(chance.integers(6, 16, len(others)))
    return cases_of([*infected, *others], days), one["place_id"], evening


@pytest.fixture(scope="module")
def presences() -> pl.DataFrame:
    return town(np.random.default_rng(7))


@pytest.mark.parametrize("seed", range(4))
def test_the_hidden_source_is_found_first(presences: pl.DataFrame, seed: int) -> None:
    cases, place, evening = outbreak(np.random.default_rng(seed), presences, hidden=True)
    exposed = plausible_exposure(cases, INCUBATION)
    known = where_everybody_was(presences, exposed)
    assert known.crowd.height == 42 and known.totals.height > 50
    unlinked = without_known_source(exposed, NO_CONTACTS, {})
    assert unlinked.height == 30
    result = common_sources(unlinked, known)
    first = result.found.row(0, named=True)
    assert (first["place_id"], first["start"]) == (place, evening)
    assert first["shared"] >= 10 and first["expected"] < 1 and first["q"] < 1e-6
    assert result.found.height <= 2
    assert result.tests > 300
    assert explaining_settings(exposed, known)["place_id"][0] == place


def test_without_a_hidden_source_few_outbreaks_have_a_finding(presences: pl.DataFrame) -> None:
    false = 0
    for seed in range(20):
        cases, _, _ = outbreak(np.random.default_rng(100 + seed), presences, hidden=False)
        exposed = plausible_exposure(cases, INCUBATION)
        known = where_everybody_was(presences, exposed)
        found = common_sources(without_known_source(exposed, NO_CONTACTS, {}), known).found
        false += found.height > 0
    # The expected share is at most 1 in 20; five or more of 20 would have a chance of 3 in 1000.
    assert false <= 4


def test_the_order_of_the_rows_changes_nothing(presences: pl.DataFrame) -> None:
    cases, _, _ = outbreak(np.random.default_rng(3), presences, hidden=True)
    exposed = plausible_exposure(cases, INCUBATION)
    one = where_everybody_was(presences, exposed)
    other = where_everybody_was(presences.sample(fraction=1, shuffle=True, seed=1), exposed.reverse())
    assert common_sources(exposed, one).found.equals(common_sources(exposed.reverse(), other).found)
    assert explaining_settings(exposed, one).equals(explaining_settings(exposed.reverse(), other))


def test_those_who_are_linked_and_those_who_are_acquainted_do_not_count() -> None:
    exposed = plausible_exposure(cases_of(["A", "B", "C", "D"], [5, 9, 6, 6]), INCUBATION)
    contacts = pl.DataFrame({"case_id": ["C-A", "C-C"], "person_id": ["B", "D"], "degree": [1, 1]})
    # B hangs from A. D met C, from whom it hangs not: the two are counted once, by the earlier id of the same day.
    assert without_known_source(exposed, contacts, {"C-B": "C-A"})["case_id"].to_list() == ["C-A", "C-C"]
    assert without_known_source(exposed, NO_CONTACTS, {})["case_id"].to_list() == ["C-A", "C-B", "C-C", "C-D"]
