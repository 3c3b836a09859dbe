"""The truth is possible: every infection has a meeting behind it, while the infector was infectious and about."""

import datetime as dt

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lianfang.drill.core.days import Day, to_frame
from lianfang.drill.core.outbreak import INFECTIONS, Truth, simulate
from lianfang.drill.core.pathogen import Detection, Pathogen
from lianfang.drill.core.reporting import interviews, reported_cases, with_wrong_times, without_absent
from lianfang.drill.core.transmission import meetings
from lianfang.drill.seeds import chance
from lianfang.drill.tests.cast import DATES, SINCE, UNTIL, county, day, truth
from lianfang.kernel.schema import CASES, INTERVIEWS
from lianfang.kernel.vocabulary import CaseSource, PlaceKind


def _everything() -> pl.DataFrame:
    return pl.concat(
        to_frame(county(), day(i), not_before=SINCE, until=UNTIL, all_rows=True) for i in range(len(DATES))
    )


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_infection_has_a_meeting_in_the_infectious_window(seed: int) -> None:
    drawn = simulate(
        county=county(),
        dates=DATES,
        draw=day,
        chances=[chance(seed, "outbreak")],
        since=SINCE,
        until=UNTIL,
    )
    _check(drawn, _everything())


def _check(drawn: Truth, presences: pl.DataFrame) -> None:
    people = {row["person_id"]: row for row in drawn.infections.iter_rows(named=True)}
    assert len(people) == drawn.infections.height >= 3
    away = dict(drawn.away.iter_rows())
    apart = drawn.infections.drop_nulls("isolated_at")
    assert all(away[p] <= since for p, since in apart.select("person_id", "isolated_at").iter_rows())
    for row in people.values():
        assert row["infectious_from"] >= row["infected_at"] + dt.timedelta(days=1)
        if row["infector"] is None:
            assert row["place_id"] is None
            continue
        source = people[row["infector"]]
        at = row["infected_at"]
        assert source["infected_at"] < at
        assert source["infectious_from"] <= at <= source["infectious_to"]
        assert at <= min(away.get(row["infector"], at), away.get(row["person_id"], at))
        for person in (row["person_id"], row["infector"]) if row["place_id"] is not None else ():
            there = presences.filter(
                pl.col("person_id") == person,
                pl.col("place_id") == row["place_id"],
                pl.col("start") <= at,
                pl.col("end") >= at,
            )
            assert there.height == 1, (person, row)
        met = drawn.exposures.filter(
            pl.col("infector") == row["infector"],
            pl.col("person_id") == row["person_id"],
            pl.col("place_kind") == row["place_kind"],
        ).row(0, named=True)
        assert met["first"] <= at <= met["last"]


def test_same_seed_same_truth() -> None:
    again = simulate(
        county=county(),
        dates=DATES,
        draw=day,
        chances=[chance(7, "outbreak", i) for i in range(4)],
        since=SINCE,
        until=UNTIL,
    )
    assert_frame_equal(again.infections, truth().infections)
    assert_frame_equal(again.exposures, truth().exposures)
    assert again.infections.schema == INFECTIONS


def test_of_those_that_fit_the_one_with_most_new_reports_is_taken() -> None:
    def draw(numbers: range, wanted: tuple[int, int]) -> Truth:
        chances = [chance(7, "outbreak", i) for i in numbers]
        window = {"since": SINCE, "until": UNTIL}
        return simulate(county=county(), dates=DATES, draw=day, chances=chances, wanted=wanted, **window)

    alone = [draw(range(i, i + 1), (0, 0)).infections for i in range(5)]
    sizes = [one.height for one in alone]
    new = [one.filter(pl.col("reported_at") > UNTIL - dt.timedelta(days=1)).height for one in alone]
    low, high = sorted(sizes)[1], sorted(sizes)[3]
    best = max((i for i in range(5) if low <= sizes[i] <= high), key=lambda i: (new[i], -i))
    assert_frame_equal(draw(range(5), (low, high)).infections, alone[best])
    nearest = min(range(5), key=lambda i: abs(sizes[i] - 10_000))
    assert_frame_equal(draw(range(5), (10_000, 10_000)).infections, alone[nearest])


def test_a_pathogen_that_cannot_spread_is_imported_again_and_again() -> None:
    still = Pathogen(rates=dict.fromkeys(PlaceKind, 0.0))
    drawn = simulate(
        county=county(),
        dates=DATES,
        draw=day,
        chances=[chance(1, "outbreak")],
        since=SINCE,
        until=UNTIL,
        pathogen=still,
    )
    assert drawn.infections["infector"].null_count() == drawn.infections.height > 3
    assert drawn.infections["reported_at"].is_not_null().any()


def test_more_infectious_means_more_infections() -> None:
    sizes = []
    for factor in (0.3, 1.0, 3.0):
        rates = {kind: rate * factor for kind, rate in Pathogen().rates.items()}
        drawn = [
            simulate(
                county=county(),
                dates=DATES,
                draw=day,
                chances=[chance(i, "outbreak")],
                since=SINCE,
                until=UNTIL,
                pathogen=Pathogen(rates=rates),
                detection=Detection(contact_tested=0.0),
            ).infections.height
            for i in range(3)
        ]
        sizes.append(sum(drawn))
    assert sizes[0] < sizes[1] < sizes[2]


def test_hazards_give_the_attack_rate_that_they_should() -> None:
    """One infectious person shares a room for an hour with each of 4,000: 1 − exp(−rate) of them are infected."""
    made = county(20_000, 3)
    n = 4000
    room = Day(
        date=DATES[0],
        person=np.arange(n + 1),
        place=np.zeros(n + 1, dtype=int),
        kind=np.full(n + 1, list(PlaceKind).index(PlaceKind.WORK)),
        start=np.full(n + 1, 600),
        end=np.full(n + 1, 660),
        seat=np.full(n + 1, -1),
        seen=np.ones(n + 1, dtype=bool),
        trips=made.places.clear(),
    )
    from lianfang.drill.core.transmission import Run

    rates = dict.fromkeys(PlaceKind, 0.3)
    run = Run(chance(5, "outbreak"), made, Pathogen(rates=rates), Detection(), (0.0, 1440.0), 0)
    run._infect(0, -1, -3 * 1440.0, None, -1)
    # At the height of infectiousness in the middle of the hour, of average strength, not found.
    run.infectious[0], run.strength[0] = 630 - 1.6 * 1440, 1.0
    run.isolated[0] = float("inf")
    run._transmit(room, 0.0)
    assert abs((len(run.person) - 1) / n - (1 - np.exp(-0.3))) < 0.02


def test_meetings_are_all_pairs_of_one_place() -> None:
    some = day(1)
    rows = np.flatnonzero(some.person % 97 == 0)
    ours, theirs = meetings(some, rows)
    oracle = {(int(i), int(j)) for i in rows for j in np.flatnonzero(some.place == some.place[i])}
    assert set(zip(ours.tolist(), theirs.tolist(), strict=True)) == oracle


def test_wanted_size_is_usual_in_a_county_of_twenty_thousand() -> None:
    fits = 0
    for seed in (1, 2, 3, 4):
        drawn = simulate(
            county=county(20_000, 3),
            dates=DATES,
            draw=lambda i: day(i, 20_000, 3),
            chances=[chance(seed, "outbreak", i) for i in range(24)],
            since=SINCE,
            until=UNTIL,
        )
        fits += 40 <= drawn.infections.height <= 80
        assert drawn.infections["reported_at"].is_not_null().sum() >= 8
    assert fits == 4


def test_reports_tell_only_what_was_found_and_known() -> None:
    cases = reported_cases(truth(), county(), UNTIL)
    found = truth().infections.filter(pl.col("reported_at").is_not_null())
    assert set(cases["person_id"]) == set(found["person_id"])
    assert cases.columns[:8] == CASES.names
    assert cases["case_id"].to_list() == [f"YT-{i + 1:04d}" for i in range(cases.height)]
    assert cases["reported_at"].is_sorted()
    assert (cases["reported_at"] <= UNTIL).all()
    assert (cases["sampled_at"] < cases["reported_at"]).all()
    assert set(cases["found_by"]) <= set(CaseSource.codes())
    assert (cases["onset_date"].is_null() == (cases["classification"] == "asymptomatic")).all()
    assert "infector" not in cases.columns
    half = UNTIL - dt.timedelta(days=3)
    early = reported_cases(truth(), county(), half)
    assert early.height < cases.height
    assert (early["onset_date"].drop_nulls() <= half).all()


def test_interviews_forget_most_strangers_and_name_some_who_were_not_met() -> None:
    cases = reported_cases(truth(), county(), UNTIL)
    named = interviews(chance(7, "interview"), truth(), cases, county())
    assert named.schema == INTERVIEWS.dtypes
    assert named.select("case_id", "person_id", "place_kind").is_unique().all()
    pairs = named.join(cases.select("case_id", pl.col("person_id").alias("infector")), on="case_id")
    met = truth().exposures
    false = pairs.join(met, on=["infector", "person_id", "place_kind"], how="anti")
    assert 0 < false.height < named.height / 4
    assert (false["place_kind"] == "other").all() and (false["infector"] != false["person_id"]).all()
    of_cases = met.filter(pl.col("infector").is_in(cases["person_id"].implode()))

    def share(kind: str) -> float:
        of = of_cases.filter(pl.col("place_kind") == kind).height
        return named.filter(pl.col("place_kind") == kind).height / of

    assert share("dwelling") > 0.6
    assert share("venue") < 0.2
    right = pairs.join(met, on=["infector", "person_id", "place_kind"])
    early = (right["first_contact"] < right["first"].dt.truncate("1h") - dt.timedelta(hours=12)).sum()
    late = (right["first_contact"] > right["first"] + dt.timedelta(hours=12)).sum()
    assert 0 < early + late < right.height / 4


def test_some_presences_are_recorded_at_a_wrong_time_and_none_at_home() -> None:
    seen = to_frame(county(), day(3), not_before=SINCE, until=UNTIL)
    wrong = with_wrong_times(chance(7, "clock", 3), seen)
    moved = seen["start"] != wrong["start"]
    assert 0.01 < moved.sum() / seen.filter(pl.col("place_kind") != "dwelling").height < 0.09
    assert (seen.filter(moved)["place_kind"] != "dwelling").all()
    assert ((wrong["end"] - wrong["start"]) == (seen["end"] - seen["start"])).all()
    assert_frame_equal(wrong, with_wrong_times(chance(7, "clock", 3), seen))


def test_some_infections_happen_where_no_list_knows_of_and_before_any_look_back() -> None:
    drawn = [
        simulate(
            county=county(),
            dates=DATES,
            draw=day,
            chances=[chance(seed, "outbreak")],
            since=SINCE,
            until=UNTIL,
            pathogen=Pathogen(unrecorded=unrecorded),
        ).infections
        for unrecorded in (8.0, 0.0)
        for seed in range(3)
    ]
    hidden = [one.filter(pl.col("infector").is_not_null(), pl.col("place_id").is_null()).height for one in drawn]
    assert sum(hidden[:3]) > 0 and hidden[3:] == [0, 0, 0]
    every = pl.concat(drawn).drop_nulls("onset_at")
    lead = (every["onset_at"] - every["infectious_from"]).dt.total_seconds() / 86400
    # The policy looks back two days before the onset: about half are infectious before.
    assert 0.2 < (lead > 2).mean() < 0.7


def test_the_isolated_and_the_quarantined_leave_no_presences_behind() -> None:
    presences = _everything()
    left = without_absent(presences, truth())
    apart = dict(truth().away.iter_rows())
    assert set(truth().infections.drop_nulls("isolated_at")["person_id"]) < set(apart)
    for person, since in apart.items():
        own = left.filter(pl.col("person_id") == person)
        assert own.is_empty() or own["end"].max() <= since
        before = presences.filter(pl.col("person_id") == person, pl.col("end") <= since)
        assert before.join(own, on=["start", "end", "place_id"], how="anti").is_empty()
    others = ~pl.col("person_id").is_in(list(apart))
    assert_frame_equal(presences.filter(others).sort("person_id", "start"), left.filter(others))


def test_quarantine_takes_those_who_met_a_reported_case_and_can_be_turned_off() -> None:
    met = truth().exposures.filter(
        pl.col("infector").is_in(truth().infections.drop_nulls("reported_at")["person_id"].implode())
    )["person_id"]
    healthy = truth().away.join(truth().infections, on="person_id", how="anti")
    assert healthy.height > 10
    assert healthy["person_id"].is_in(met.implode()).all()
    still = simulate(
        county=county(),
        dates=DATES,
        draw=day,
        chances=[chance(7, "outbreak")],
        since=SINCE,
        until=UNTIL,
        detection=Detection(quarantined=0.0),
    )
    assert set(still.away["person_id"]) <= set(still.infections["person_id"])
