"""Weighing of candidate infectors against a slow, obvious oracle, and on an outbreak whose tree is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lianfang.chains.core import chains
from lianfang.chains.core.chains import WEIGHED, weigh
from lianfang.chains.core.timing import incubation_shares, law_of, serial_interval_likeness
from lianfang.chains.tests.core.made import case_rows, contact_rows, day, interval, met, playbook
from lianfang.chains.tests.core.slow import slow_weigh
from lianfang.presences.core.meetings import MEETINGS

cases_strategy = st.lists(
    st.tuples(
        st.none() | st.integers(0, 14),
        st.none() | st.integers(0, 16),
        st.none() | st.integers(-4, 12),
        st.none() | st.sampled_from([-2, 0.5, 3, 6.25, 9, 20]),
    ),
    min_size=1,
    max_size=7,
)
contacts_strategy = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from([1, 1, 1, 2]),
        st.sampled_from(["dwelling", "work", "meal"]),
        st.none() | st.sampled_from([3.0, 60.0, 1000.0]),
        st.none() | st.sampled_from([0, 2, 2.5, 7]),
        st.sampled_from([0, 0.25, 1, 3]),
        st.sampled_from(["interview", "co-presence", "both"]),
    ),
    max_size=8,
)
laws = st.sampled_from([("gamma", 4.0, 2.0), ("normal", 3.0, 3.0), ("lognormal", 5.0, 2.5)])


@given(
    cases=cases_strategy,
    contacts=contacts_strategy,
    serial=laws,
    incubation=laws,
    unknown=st.sampled_from([0.0, 0.1]),
    outside=st.sampled_from([0.0, 0.3]),
    dispersion=st.sampled_from([None, 0.5]),
    misdated=st.sampled_from([0.0, 0.2]),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_equals_loops_over_pairs_whatever_the_row_order(
    cases, contacts, serial, incubation, unknown, outside, dispersion, misdated, shuffle
):
    book = playbook(
        serial=serial,
        incubation=incubation if incubation[0] != "normal" else ("gamma", 3.0, 2.0),
        unknown=unknown,
        outside=outside,
        dispersion=dispersion,
        misdated=misdated,
        positive_after_days=2,
        without_symptoms=0.5,
    )
    frame = case_rows(*((f"c{n}", *row) for n, row in enumerate(cases)))
    frame = frame.with_columns(window_rule=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("given")))
    rows = [
        met(f"c{a}", f"c{b}", kind, minutes, first, None if first is None else first + length, found_by)
        | {"degree": degree}
        for a, b, degree, kind, minutes, first, length, found_by in contacts
    ]
    known = contact_rows(*rows)
    result = weigh(frame, known, playbook=book, most=4)
    expected = slow_weigh(frame, known, book)

    assert dict(result.schema) == WEIGHED
    got = dict(zip(zip(result["infector"], result["infectee"], strict=True), result["weight"], strict=True))
    assert set(got) <= set(expected)
    for pair, weight in got.items():
        assert weight == pytest.approx(expected[pair], abs=2e-6)
    for infectee in {j for _, j in expected}:
        due = [pair for pair in expected if pair[1] == infectee and expected[pair] >= 2e-6]
        assert len([pair for pair in got if pair[1] == infectee]) >= min(4, len(due))
    totals = result.group_by("infectee").agg(pl.col("weight").sum())["weight"]
    assert all(total <= 1 + 1e-12 for total in totals)

    again_cases, again_rows = list(frame.iter_rows(named=True)), list(rows)
    shuffle.shuffle(again_cases)
    shuffle.shuffle(again_rows)
    again = weigh(pl.DataFrame(again_cases, schema=frame.schema), contact_rows(*again_rows), playbook=book, most=4)
    assert again.equals(result)


def test_known_infectors_in_the_input_are_never_looked_at():
    frame = case_rows(("a", 0, 1, -2, 6), ("b", 4, 5, 2, 8), ("c", 8, 9, 6, 12), ("d", 9, None, 7, 14))
    known = contact_rows(met("a", "b"), met("b", "c", "work", 60))
    plain = weigh(frame, known, playbook=playbook())
    told = frame.with_columns(
        known_infectors=pl.lit("d"), infector=pl.lit("d"), generation=pl.lit(1), source=pl.lit("a")
    )
    assert plain.height > 3
    assert weigh(told, known.with_columns(infector=pl.lit("d")), playbook=playbook()).equals(plain)


def test_what_a_meeting_adds_depends_on_kind_minutes_and_day():
    frame = case_rows(("a", 0, None, -2, 6), ("b", 0, None, -2, 6), ("z", 4, None, 2, 10))

    def first_of_z(*rows: dict[str, object]) -> dict[str, float]:
        result = weigh(frame, contact_rows(*rows), playbook=playbook()).filter(infectee="z")
        return dict(zip(result["infector"], result["weight"], strict=True))

    alike = first_of_z()
    assert alike["a"] == alike["b"] > 0 and list(alike) == ["a", "b"]
    assert list(first_of_z(met("a", "z", "work"), met("b", "z", "dwelling"))) == ["b", "a"]
    assert list(first_of_z(met("a", "z", minutes=30.0), met("b", "z", minutes=300.0))) == ["b", "a"]
    # a meeting on the day of z's own onset leaves no time to fall ill
    assert list(first_of_z(met("a", "z", first=4, last=4.5), met("b", "z", first=0, last=0.5))) == ["b", "a"]
    both = first_of_z(met("b", "z", "work"), met("b", "z", "dwelling"), met("a", "z", "dwelling"))
    assert both["b"] > both["a"] > alike["a"]


def test_interview_contacts_count_in_both_directions_and_presence_in_its_own():
    frame = case_rows(("a", 0, None, -2, 6), ("z", 4, None, 2, 10))
    without = weigh(frame, contact_rows(), playbook=playbook())
    named_by_z = weigh(frame, contact_rows(met("z", "a", minutes=None, found_by="interview")), playbook=playbook())
    seen_of_z = weigh(frame, contact_rows(met("z", "a", found_by="co-presence")), playbook=playbook())
    assert named_by_z["weight"][0] > without["weight"][0]
    assert seen_of_z.equals(without)


def test_evidence_is_in_plain_words_of_both_languages():
    frame = case_rows(("a", 0, None, -2, 6), ("b", None, 3, 1, 9), ("z", 4, None, 2, 10))
    result = weigh(
        frame,
        contact_rows(met("a", "z", minutes=620.0), met("a", "z", "work", None, None, None, "interview")),
        playbook=playbook(),
    ).filter(infectee="z")
    words = {row["infector"]: (row["evidence_zh"], row["evidence_en"]) for row in result.to_dicts()}
    assert words["a"] == (
        "发病早 4 天；同住 620 分钟、工作（流调所述）",
        "onset 4 days before; shared dwelling 620 min, shared work by interview",
    )
    assert words["b"] == ("发病（采样）早 1 天；无已知接触", "onset or sample 1 day before; no known contact")


def test_a_case_without_any_day_is_left_out_and_one_without_window_is_not():
    frame = case_rows(("a", None, None, 0, 5), ("b", 3, None, None, None), ("c", 5, None, 3, 9))
    result = weigh(frame, contact_rows(met("a", "c"), met("b", "c")), playbook=playbook())
    assert result.select("infector", "infectee").rows() == [("b", "c")]
    assert weigh(frame.clear(), contact_rows(), playbook=playbook()).is_empty()


def test_a_policy_cuts_no_source_off_and_isolation_does():
    """The window of a policy begins two days before onset; who infects four days before is found all the same."""
    book = playbook(serial=("normal", 2.0, 3.0), incubation=("gamma", 4.0, 1.5), unknown=0.0)
    meetings = met("a", "z", first=-4, last=-3, found_by="interview")
    narrow = case_rows(("a", 0, None, -2, 9), ("z", 0, None, -2, 9))
    wide = case_rows(("a", 0, None, -9, 9), ("z", 0, None, -9, 9))
    found = weigh(narrow, contact_rows(meetings), playbook=book).filter(infectee="z")
    assert found["weight"][0] > 0.2
    assert found.equals(weigh(wide, contact_rows(meetings), playbook=book).filter(infectee="z"))
    stated = narrow.with_columns(window_rule=pl.lit("given"))
    assert weigh(stated, contact_rows(meetings), playbook=book).is_empty()
    apart = case_rows(("a", 0, None, -9, -5), ("z", 0, None, -2, 9))
    assert weigh(apart, contact_rows(meetings), playbook=book).filter(infectee="z").is_empty()


def test_meetings_of_presences_count_day_by_day_with_their_place_and_time():
    frame = case_rows(("a", 0, None, -2, 9), ("z", 4, None, 2, 10))
    together = pl.DataFrame(
        [("p-a", "p-z", "canteen", "work", day(0.5), 60.0), ("p-a", "p-z", "shop", "work", day(3.5), 60.0)],
        schema=MEETINGS,
        orient="row",
    )
    told = contact_rows(met("a", "z", "work", 900.0, -5, 9, "both"))
    result = weigh(frame, told, met=together, playbook=playbook()).filter(infectee="z")
    # Half a day's worth on either day, of which only the first leaves z the time to fall ill.
    assert result.select("place_id", "met_at").rows() == [("canteen", day(0.5))]
    assert "shared work 120 min" in result["evidence_en"][0]
    turned = together.rename({"person_id": "other_id", "other_id": "person_id"}).select(together.columns)
    assert weigh(frame, told, met=turned, playbook=playbook()).filter(infectee="z").equals(result)
    # The rows of contacts that presences gave are not counted beside them.
    assert weigh(frame, told, met=together.clear(), playbook=playbook()).filter(infectee="z")["place_id"][0] is None


def test_who_probably_infected_others_is_the_likelier_source():
    """Three colleagues of two cases: one of the two met two of them alone, so the third is rather his as well."""
    frame = case_rows(("a", 0, None, -2, 9), ("b", 0, None, -2, 9), *((f"z{n}", 4, None, 2, 9) for n in range(3)))
    shared = [met(who, "z0", "work", found_by="interview") for who in "ab"]
    alone = [met("a", f"z{n}", "work", found_by="interview") for n in (1, 2)]

    def weights(dispersion: float | None) -> dict[str, float]:
        found = weigh(frame, contact_rows(*shared, *alone), playbook=playbook(dispersion=dispersion, unknown=0.0))
        return dict(found.filter(infectee="z0").select("infector", "weight").iter_rows())

    alike, differing, strongly = weights(None), weights(1.0), weights(0.3)
    assert alike["a"] == alike["b"]
    assert strongly["a"] / strongly["b"] > differing["a"] / differing["b"] > 1.5


def test_pairs_in_small_blocks_give_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    onset = np.sort(rng.integers(0, 40, 120))
    frame = case_rows(*((f"c{n:03}", int(d), None, int(d) - 2, int(d) + 5) for n, d in enumerate(onset)))
    known = contact_rows(
        *(met(f"c{n:03}", f"c{n + 9:03}", first=int(onset[n]), last=int(onset[n]) + 3) for n in range(99))
    )
    whole = weigh(frame, known, playbook=playbook())
    monkeypatch.setattr(chains, "_PAIRS_AT_ONCE", 50)
    assert weigh(frame, known, playbook=playbook()).equals(whole)


def test_tables_of_days_are_those_of_the_distributions():
    first, likeness = serial_interval_likeness(interval("serial_interval", "gamma", 4.0, 2.0))
    assert first == 0 and likeness.max() == 1.0 and likeness.argmax() == 3
    first, likeness = serial_interval_likeness(interval("serial_interval", "normal", 3.0, 2.0))
    assert first == -4 and likeness[3 - first] == 1.0
    shares = incubation_shares(interval("incubation", "lognormal", 5.0, 2.0))
    assert (np.diff(shares) > 0).all() and shares[-1] == 1.0
    assert np.diff(shares, prepend=0.0) @ np.arange(shares.size) == pytest.approx(5.0, abs=0.05)


def outbreak_with_known_tree(seed: int, size: int) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Households of four and workplaces of twelve; infection runs along both, each step with its true infector."""
    rng = np.random.default_rng(seed)
    people = 1200
    home, work = np.arange(people) // 4, rng.permutation(people) // 12
    infected, onset, truth = {0: 0.0}, {0: 4.0}, {}
    queue = [0]
    while queue and len(infected) < size:
        queue.sort(key=lambda p: infected[p])
        source = queue.pop(0)
        groups = [(np.flatnonzero(home == home[source]), 0.45), (np.flatnonzero(work == work[source]), 0.12)]
        for target, chance in itertools.chain.from_iterable([(int(t), c) for t in g] for g, c in groups):
            if target in infected or rng.random() > chance:
                continue
            moment = onset[source] + rng.normal(0.3, 1.5)
            if moment <= infected[source] + 0.5:
                continue
            infected[target] = moment
            onset[target] = moment + rng.gamma(5.0, 0.9)
            truth[f"c{target:04}"] = f"c{source:04}"
            queue.append(target)
    cases = case_rows(
        *(
            (f"c{p:04}", math.floor(onset[p]), None, math.floor(onset[p]) - 3, math.floor(onset[p]) + 6)
            for p in infected
        )
    )
    rows = []
    for a, b in itertools.permutations(infected, 2):
        for kind, group, minutes in (("dwelling", home, 3000.0), ("work", work, 900.0)):
            if group[a] == group[b]:
                first = math.floor(onset[a]) - 3
                rows.append(met(f"c{a:04}", f"c{b:04}", kind, minutes, first, first + 9))
    return cases, contact_rows(*rows), truth


def test_the_true_infectors_of_a_simulated_outbreak_are_recovered():
    cases, contacts, truth = outbreak_with_known_tree(seed=11, size=300)
    book = playbook(serial=("normal", 4.8, 2.6), incubation=("gamma", 4.5, 2.0))
    ranked = weigh(cases, contacts, playbook=book)
    best = dict(ranked.group_by("infectee", maintain_order=True).first().select("infectee", "infector").iter_rows())
    three = dict(
        ranked.group_by("infectee", maintain_order=True).head(3).group_by("infectee").agg("infector").iter_rows()
    )
    days = dict(cases.select("case_id", "onset_date").iter_rows())
    latest = {
        j: max((d, i) for i, d in days.items() if d < days[j])[1]
        for j in truth
        if any(d < days[j] for d in days.values())
    }
    hits = sum(best.get(j) == i for j, i in truth.items()) / len(truth)
    hits3 = sum(i in three.get(j, ()) for j, i in truth.items()) / len(truth)
    baseline = sum(latest.get(j) == i for j, i in truth.items()) / len(truth)
    assert len(truth) > 200
    assert hits > 0.6 and hits3 > 0.85
    assert hits > 10 * baseline


@given(
    distribution=st.sampled_from(["normal", "gamma", "lognormal"]),
    mean=st.floats(0.5, 30),
    spread=st.floats(0.1, 1.5),
    days=st.lists(st.floats(-5, 60), min_size=1, max_size=5),
    share=st.floats(0.0005, 0.9995),
)
def test_the_distributions_are_those_of_scipy_stats(distribution, mean, spread, days, share):
    sd = mean * spread
    oracle = {
        "normal": lambda: stats.norm(mean, sd),
        "gamma": lambda: stats.gamma((mean / sd) ** 2, scale=sd**2 / mean),
        "lognormal": lambda: stats.lognorm(math.sqrt(math.log(1 + spread**2)), scale=mean / math.sqrt(1 + spread**2)),
    }[distribution]()
    law = law_of(interval("serial_interval", distribution, mean, sd))
    assert law.cdf(days) == pytest.approx(oracle.cdf(days), rel=1e-9, abs=1e-12)
    assert law.ppf(share) == pytest.approx(oracle.ppf(share), rel=1e-9)
