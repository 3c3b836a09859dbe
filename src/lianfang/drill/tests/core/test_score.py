"""The score by hand: five people, of whom the response knew three."""

import datetime as dt

import polars as pl
import pytest

from lianfang.drill.core.outbreak import INFECTIONS, Truth
from lianfang.drill.core.score import Score, Share, score_response


def at(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2021, 8, day, hour)


def _truth() -> Truth:
    """A infected B (a case) and C (fell ill, never reported); B infected D, who is not ill; E met B and stayed well."""
    rows = [
        # person, infector, infected, onset, reported
        ("A", None, at(1), at(4), at(6)),
        ("B", "A", at(5), at(8), at(9)),
        ("C", "A", at(5), at(7), None),
        ("D", "B", at(8), None, None),
        ("F", "B", at(8), at(10), at(11)),
    ]
    infections = pl.DataFrame(
        [{"person_id": p, "infector": i, "infected_at": t, "onset_at": o, "reported_at": r} for p, i, t, o, r in rows],
        schema={c: INFECTIONS[c] for c in ("person_id", "infector", "infected_at", "onset_at", "reported_at")},
    )
    exposures = pl.DataFrame(
        {
            "infector": ["A", "A", "B", "B", "B", "B", "D"],
            "person_id": ["B", "C", "D", "E", "G", "F", "H"],
            "place_kind": ["work", "dwelling", "meal", "venue", "venue", "work", "work"],
            "minutes": [60.0, 5.0, 25.0, 20.0, 10.0, 30.0, 90.0],
            "first": [at(5)] * 7,
            "last": [at(5, 1)] * 7,
        }
    )
    return Truth(infections, exposures, pl.DataFrame(schema={"person_id": pl.String, "since": pl.Datetime("us")}), 1, 1)


def _score(as_of: dt.datetime = dt.datetime(2021, 8, 12)) -> Score:
    return score_response(
        truth=_truth(),
        cases=pl.DataFrame(
            {"case_id": ["1", "2", "3"], "person_id": ["A", "B", "F"], "reported_at": [at(6), at(9), at(11)]}
        ),
        contacts=pl.DataFrame(
            {"case_id": ["1", "1", "2", "2"], "person_id": ["B", "X", "D", "F"], "degree": [1, 1, 1, 1]}
        ),
        chains=pl.DataFrame({"infector": ["1", "1", "2"], "infectee": ["2", "3", "3"], "weight": [0.7, 0.5, 0.4]}),
        measures=pl.DataFrame({"measure": ["central_quarantine", "central_quarantine", "none"]}),
        clocks=pl.DataFrame(
            {
                "due": [at(6, 2), at(6, 4), at(11, 4), at(12, 6)],
                "done_at": [at(6, 1), at(6, 5), None, None],
            }
        ),
        as_of=as_of,
    )


def test_figures_by_hand() -> None:
    score = _score()
    assert (score.infections, score.reported, score.contacts) == (5, 3, 4)
    # Truly exposed to A, B or F and no case: C (5 minutes, but at home), D (25), E (20).
    # Not G, who had 10 minutes, nor H, who met only D.
    assert score.exposed_found == Share(1, 3)
    # Infected by A, B or F: B, C, D, F. C is no contact.
    assert score.infected_found == Share(3, 4)
    # Of B, C, F who fell ill: B through A (reported 6, ill 8), F through B (9, ill 10); C was never found.
    assert score.found_before_onset == Share(2, 3)
    # Reported pairs: A→B, B→F. First candidates: of B it is A, of F it is A.
    assert score.first_candidate == Share(1, 2)
    assert score.among_three == Share(2, 2)
    # Four clocks: in time, late, past due, running.
    assert score.clocks_met == Share(1, 3)
    assert score.clocks_running == 1
    assert score.measures == {"central_quarantine": 2, "none": 1}


def test_what_came_later_does_not_count() -> None:
    early = _score(as_of=at(7))
    assert (early.infections, early.reported) == (3, 1)
    assert early.found_before_onset == Share(0, 1)  # only C is ill by then, and C was not found
    assert early.first_candidate == Share(0, 0)


def test_share_of_nothing_is_no_number() -> None:
    assert Share(0, 0).rate is None
    assert str(Share(0, 0)) == "0/0"
    assert str(Share(1, 3)) == "1/3 (33%)"
    assert Share(1, 4).rate == 0.25


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_has_words(language: str) -> None:
    lines = [(label.in_language(language), value) for label, value in _score().lines()]
    assert len(lines) == 12
    assert all(label and value for label, value in lines)
    assert len({label for label, _ in lines}) == 12
