"""A drill without a database: a made-up county and outbreak, answered by the response itself, and scored."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from lianfang.drill.core.county import County, make_county
from lianfang.drill.core.days import Day, days_of, draw_day, to_frame
from lianfang.drill.core.outbreak import Truth, simulate
from lianfang.drill.core.reporting import interviews, reported_cases, with_wrong_times, without_absent
from lianfang.drill.core.score import Score, score_response
from lianfang.drill.seeds import chance
from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook

DAYS = 14
_RANKED = {"infector": pl.String(), "infectee": pl.String(), "weight": pl.Float64()}


@dataclass(frozen=True)
class Played:
    """A made-up outbreak as the response sees it, and its truth.

    Attributes
    ----------
    county : County
    truth : Truth
        Never seen by the response.
    cases, interviews, presences : DataFrame
        Schemas `CASES`, `INTERVIEWS`, `PRESENCES`.
    until : datetime
        The time of reckoning.
    """

    county: County
    truth: Truth
    cases: pl.DataFrame
    interviews: pl.DataFrame
    presences: pl.DataFrame
    until: dt.datetime


def play(
    *,
    people: int,
    seed: int,
    until: dt.datetime,
    outbreaks: int = 8,
    wanted: tuple[int, int] = (40, 80),
    tell: Callable[[Text], None] = lambda words: None,
) -> Played:
    """Draw a county and an outbreak.

    Parameters
    ----------
    people, seed : int
    until : datetime
        Naive local; two weeks of presences end here.
    outbreaks : int
        How many are drawn, of which one of a size in `wanted` is taken.
    wanted : tuple of int
        Least and most infections.
    tell : callable
        Called with what is being done.
    """
    since, dates = until - dt.timedelta(days=DAYS), days_of(until, days=DAYS)
    tell(Text("建立县域", "making the county"))
    county = make_county(chance(seed, "county"), people=people, today=until.date())

    def day(number: int) -> Day:
        return draw_day(chance(seed, "day", number), county, dates[number])

    tell(Text("模拟两周生活与传播", "living two weeks, spreading an outbreak"))
    truth = simulate(
        county=county,
        dates=dates,
        draw=day,
        chances=[chance(seed, "outbreak", number) for number in range(outbreaks)],
        since=since,
        until=until,
        wanted=wanted,
    )
    cases = reported_cases(truth, county, until)
    told = interviews(chance(seed, "interview"), truth, cases, county)
    tell(Text("记录在场", "recording presences"))
    seen = [
        with_wrong_times(
            chance(seed, "clock", number),
            without_absent(to_frame(county, day(number), not_before=since, until=until), truth),
        )
        for number in range(len(dates))
    ]
    return Played(county, truth, cases, told, pl.concat(seen), until)


def score_played(played: Played, *, playbook: Playbook, tell: Callable[[Text], None] = lambda words: None) -> Score:
    """Answer a made-up outbreak as any other, and compare with the truth.

    Parameters
    ----------
    played : Played
    playbook : Playbook
    tell : callable
        Called with what is being done.
    """
    from lianfang.kernel.declare import load_named
    from lianfang.response.core.loop import Inputs, respond, steps
    from lianfang.tracing.core.state import IS_CONTACT
    from lianfang.tracing.tracer import find_contacts, find_meetings

    met: list[pl.DataFrame] = []

    def meet(*asked: Any, **more: Any) -> pl.DataFrame:
        met.append(find_meetings(*asked, **more))
        return met[-1]

    began = time.perf_counter()
    words = {step.name: step.words for step in steps()}
    answer = respond(
        Inputs(
            cases=played.cases,
            presences=played.presences,
            interviews=played.interviews,
            people=played.county.people,
        ),
        playbook=playbook,
        as_of=played.until,
        trace=find_contacts,
        meet=meet,
        progress=lambda name: tell(words[name]),
    )
    took = time.perf_counter() - began
    tell(Text("与真实情况对照", "comparing with the truth"))
    links, simple = pl.DataFrame(schema=_RANKED), pl.DataFrame(schema=_RANKED)
    if met:  # a house without the room of chains asks for no meetings
        ranked = load_named("lianfang.chains.core.baseline:two_lines")
        links, simple = answer.given["chains"], ranked(answer.cases, answer.contacts, playbook=playbook, met=met[-1])
    return score_response(
        truth=played.truth,
        cases=played.cases,
        contacts=answer.contacts.filter(IS_CONTACT.polars()),
        interviews=played.interviews,
        chains=links,
        simple=simple,
        measures=answer.measures,
        people=played.county.people,
        clocks=answer.clocks.height,
        as_of=played.until,
        answered_in=took,
    )
