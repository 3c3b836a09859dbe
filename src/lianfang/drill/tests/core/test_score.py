"""The score by hand: five people, of whom the response knew three."""

import datetime as dt

import polars as pl
import pytest

from lianfang.drill.core.answers import quarantine_days
from lianfang.drill.core.outbreak import INFECTIONS, Truth
from lianfang.drill.core.score import UNRECORDED, Score, Share, score_response


def at(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2021, 8, day, hour)


def _truth() -> Truth:
    """A infected B at work and C at home; B infected D at a meal and F where no list knows of; X was not infected."""
    rows = [
        # person, infector, place, kind, infected, infectious, reported
        ("A", None, None, None, at(1), at(3), at(6)),
        ("B", "A", "P1", "work", at(5), at(7), at(9)),
        ("C", "A", "P2", "dwelling", at(5), at(6, 12), None),
        ("D", "B", "P3", "meal", at(8), at(10), None),
        ("F", "B", None, "other", at(8), at(8, 12), at(11)),
    ]
    names = ("person_id", "infector", "place_id", "place_kind", "infected_at", "infectious_from", "reported_at")
    infections = pl.DataFrame(rows, schema={name: INFECTIONS[name] for name in names}, orient="row")
    away = pl.DataFrame(schema={"person_id": pl.String, "since": pl.Datetime("us")})
    return Truth(infections, pl.DataFrame(), away, 1, 1)


CASES = pl.DataFrame({"case_id": ["1", "2", "3"], "person_id": ["A", "B", "F"], "reported_at": [at(6), at(9), at(11)]})


def _score(as_of: dt.datetime = dt.datetime(2021, 8, 12)) -> Score:
    shut = {"person_id": ["B", "X", "D", "A"], "measure": [*["central_quarantine"] * 2, "home_quarantine", "none"]}
    times = {"start": [at(6), at(6), at(9), None], "end": [at(16), at(12), at(13), None]}
    return score_response(
        truth=_truth(),
        cases=CASES,
        contacts=pl.DataFrame(
            {"case_id": ["1", "1", "2", "3"], "person_id": ["B", "X", "D", "C"], "degree": [1, 1, 1, 1]}
        ),
        interviews=pl.DataFrame({"case_id": ["2", "2"], "person_id": ["F", "Y"]}),
        chains=pl.DataFrame({"infector": ["1", "1", "2"], "infectee": ["2", "3", "3"], "weight": [0.7, 0.5, 0.4]}),
        simple=pl.DataFrame({"infector": ["1", "2"], "infectee": ["2", "3"]}),
        measures=pl.DataFrame({**shut, **times}),
        people=pl.DataFrame({"person_id": list("ABCDFXYZ"), "household": ["1", "2", "1", "3", "4", "5", "6", "7"]}),
        clocks=9,
        as_of=as_of,
        answered_in=1.25,
    )


def test_the_response_by_hand() -> None:
    score = _score()
    assert (score.infections, score.reported, score.clocks_set, score.answered_in) == (5, 3, 9, 1.25)
    ours = score.outcomes[0]
    assert ours.people == Share(4, 8)
    # Infected here: B, C, D, F. B was taken along on the 6th (through A), D on the 9th, C on the 11th; F never.
    assert ours.infected == Share(3, 4)
    # Before they were infectious: B (6th < 7th), D (9th < 10th); C was infectious from the 6th.
    assert ours.in_time == Share(2, 4)
    assert ours.right == Share(3, 4)  # not X
    assert ours.days == 10 + 6 + 4 and ours.days_each == 10
    assert ours.wait == 1  # of 1, 6 and 1 days
    setting = {"work": Share(1, 1), "dwelling": Share(1, 1), "meal": Share(1, 1), UNRECORDED: Share(0, 1)}
    assert ours.by_setting == setting


def test_the_answers_that_it_is_held_against() -> None:
    simple, everybody, nobody = _score().outcomes[1:]
    # Who lives with A, B or F: they themselves and C; named: F and Y. C on the 6th is in time.
    # A, B and F were reported by then: each for his own illness. F was named on the 9th and reported on the 11th.
    assert simple.people == Share(5, 8)
    assert simple.infected == Share(2, 4) and simple.in_time == Share(1, 4)
    assert simple.right == Share(4, 5)
    assert simple.days == pytest.approx(5 * 20 / 3)
    # Shut in from the first report on the 6th: all four infected, and only C not before it was infectious … by noon.
    assert everybody.people == Share(8, 8) and everybody.infected == Share(4, 4) == everybody.in_time
    assert everybody.right == Share(5, 8) and everybody.days == pytest.approx(8 * 20 / 3)
    assert (nobody.people, nobody.infected, nobody.days, nobody.days_each) == (Share(0, 8), Share(0, 4), 0, None)


def test_who_infected_whom_beside_two_lines() -> None:
    # Reported pairs: A→B, B→F. First candidates: of B it is A; of F it is A (0.5), then B (0.4).
    assert _score().sources == {"ours": (Share(1, 2), Share(2, 2)), "two_lines": (Share(2, 2), Share(2, 2))}


def test_days_of_quarantine_are_those_of_quarantine_alone() -> None:
    rows = {"measure": ["home_quarantine", "home_monitoring", "central_quarantine"]}
    frame = pl.DataFrame(rows | {"start": [at(1), at(1), at(1)], "end": [at(4, 12), at(9), None]})
    assert quarantine_days(frame) == 3.5 + 1


def test_what_came_later_does_not_count() -> None:
    early = _score(as_of=at(7))
    assert (early.infections, early.reported) == (3, 1)
    assert early.outcomes[0].infected == Share(1, 2)
    assert early.sources["ours"] == (Share(0, 0), Share(0, 0))


def test_share_of_nothing_is_no_number() -> None:
    assert Share(0, 0).rate is None
    assert str(Share(0, 0)) == "0/0"
    assert str(Share(1, 3)) == "1/3 (33%)"
    assert Share(1, 4).rate == 0.25


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_has_words(language: str) -> None:
    lines = [(label.in_language(language), value) for label, value in _score().lines()]
    assert all(label and value for label, value in lines)
    assert len({label for label, _ in lines}) == len(lines) == 2 + 4 * (7 + 4) + 2 + 2 + 3
