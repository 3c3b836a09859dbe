"""How well a response did, measured against the truth that it did not see, beside answers that need no system.

To take everybody along finds everybody. So each answer is scored by what it finds *and* by what it costs.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.drill.core.answers import Answer, answers
from lianfang.drill.core.outbreak import Truth
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind, PlaceKind

UNRECORDED = "unrecorded"
"""Setting of an infection that happened in a meeting of which there is no place."""


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Attributes
    ----------
    hit, of : int
        `rate` is None when `of` is 0: a share of nothing is not a number.
    """

    hit: int
    of: int

    @property
    def rate(self) -> float | None:
        """``hit / of``, between 0 and 1."""
        return self.hit / self.of if self.of else None

    def __str__(self) -> str:
        return f"{self.hit}/{self.of}" + (f" ({100 * self.hit / self.of:.0f}%)" if self.of else "")


@dataclass(frozen=True)
class Outcome:
    """What an answer came to.

    Attributes
    ----------
    name : Text
    people : Share
        People taken along, of all of the county.
    infected : Share
        Of all who were infected here and were no reported case yet: those who were taken along.
    in_time : Share
        Of the same: those who were taken along before they were infectious.
    right : Share
        Of the people taken along: those who were infected (precision).
    days : float
        Days of quarantine.
    wait : float or None
        Median days from infection to being taken along, of the infected who were.
    by_setting : dict of str to Share
        `infected`, by the kind of place of the infection, or `UNRECORDED`.
    """

    name: Text
    people: Share
    infected: Share
    in_time: Share
    right: Share
    days: float
    wait: float | None
    by_setting: dict[str, Share]

    @property
    def days_each(self) -> float | None:
        """Days of quarantine for each infection that was caught in time; None where none was."""
        return self.days / self.in_time.hit if self.in_time.hit else None


@dataclass(frozen=True)
class Score:
    """The figures of a drill.

    Attributes
    ----------
    infections, reported : int
        True infections up to `as_of`, and those among them that were reported.
    outcomes : list of Outcome
        Of the response first, then of the answers that it is held against.
    sources : dict of str to tuple of Share
        Of the reported cases whose infector was reported too: how often the true infector is the first, and among the
        first three, of the candidates; by ``ours`` and ``two_lines``.
    clocks_set : int
        Clocks that the response set.
    answered_in : float or None
        Seconds of the last response: its own part of every clock. When people stop a clock is not its doing.
    measures : dict of str to int
        Periods of each measure.
    """

    infections: int
    reported: int
    outcomes: list[Outcome]
    sources: dict[str, tuple[Share, Share]]
    clocks_set: int
    answered_in: float | None
    measures: dict[str, int]

    def lines(self) -> list[tuple[Text, str]]:
        """Return the figures as label and value, for people."""
        rows = [
            (Text("真实感染", "True infections"), str(self.infections)),
            (Text("已报告病例", "Cases reported"), str(self.reported)),
        ]
        rows += [line for outcome in self.outcomes for line in _lines(outcome)]
        names = {
            "ours": Text("传播链推断", "chains as inferred"),
            "two_lines": Text(
                "两行算式（已知接触×代际间隔×场所）", "two lines (known contact × serial interval × place)"
            ),
        }
        for key, (first, three) in self.sources.items():
            label = Text("真实传染源居第一位/前三位：{n}", "True infector first / among the first three: {n}")
            rows.append((label.format(n=names[key]), f"{first} / {three}"))
        rows.append((Text("系统所设时限", "Clocks set by the system"), str(self.clocks_set)))
        if self.answered_in is not None:
            rows.append((Text("系统答复用时（秒）", "Seconds of the system's answer"), f"{self.answered_in:.1f}"))
        labels = {word.value: word.label for word in MeasureKind}
        for kind, number in self.measures.items():
            rows.append((Text("措施：{m}", "Measure: {m}").format(m=labels[kind]), str(number)))
        return rows


def _lines(one: Outcome) -> list[tuple[Text, str]]:
    def row(words: Text, value: str) -> tuple[Text, str]:
        return Text("【{n}】{w}", "[{n}] {w}").format(n=one.name, w=words), value

    number = "—" if one.days_each is None else f"{one.days_each:,.0f}"
    rows = [
        row(Text("管控人数占全县", "people taken along, of the county"), str(one.people)),
        row(Text("隔离人日", "person-days of quarantine"), f"{one.days:,.0f}"),
        row(Text("每及时发现1例的隔离人日", "person-days for each infection caught in time"), number),
        row(Text("传染他人前已管控的感染者", "infected caught before they were infectious"), str(one.in_time)),
        row(Text("查出的感染者（召回）", "infected found (recall)"), str(one.infected)),
        row(Text("被管控者中确被感染（精确度）", "of those taken along, infected (precision)"), str(one.right)),
        row(
            Text("感染到被管控的天数（中位）", "days from infection to being taken along (median)"),
            "—" if one.wait is None else f"{one.wait:.1f}",
        ),
    ]
    labels = {kind.value: kind.label for kind in PlaceKind} | {UNRECORDED: Text("无记录的接触", "unrecorded meeting")}
    words = Text("其中感染于{k}的召回", "recall of those infected at: {k}")
    return rows + [row(words.format(k=labels[kind]), str(share)) for kind, share in one.by_setting.items()]


def infected_here(truth: Truth, as_of: dt.datetime) -> pl.DataFrame:
    """Return the infections that happened in the county up to a moment: ``setting`` names where."""
    happened = truth.infections.filter(pl.col("infected_at") <= as_of, pl.col("infector").is_not_null())
    setting = pl.when(pl.col("place_id").is_null()).then(pl.lit(UNRECORDED)).otherwise("place_kind")
    return happened.with_columns(setting=setting)


def outcome_of(answer: Answer, *, truth: Truth, cases: pl.DataFrame, as_of: dt.datetime, people: int) -> Outcome:
    """Score one answer.

    Parameters
    ----------
    answer : Answer
    truth : Truth
    cases : DataFrame
        person_id, reported_at.
    as_of : datetime
        What happened later does not count.
    people : int
        Of the county.

    Returns
    -------
    Outcome
        Who was reported before an answer took him along was found by his own illness or test, and counts for no answer.
    """
    told = cases.filter(pl.col("reported_at") <= as_of)
    reported = told.group_by("person_id").agg(own_report=pl.col("reported_at").min())
    taken = answer.found.filter(pl.col("known_from") <= as_of).select("person_id", "known_from")
    here = infected_here(truth, as_of)
    known = here.join(taken, on="person_id", how="left").join(reported, on="person_id", how="left")
    late = (pl.col("own_report") <= pl.col("known_from")).fill_null(value=False)
    hit = pl.col("known_from").is_not_null() & ~late
    known = known.with_columns(
        hit=hit, soon=hit & (pl.col("known_from") <= pl.col("infectious_from")).fill_null(value=False)
    )
    waits = known.filter("hit").select((pl.col("known_from") - pl.col("infected_at")).dt.total_seconds() / 86400)
    wait = waits.to_series().clip(0.0).median()
    everybody = truth.infections.filter(pl.col("infected_at") <= as_of)["person_id"]
    return Outcome(
        name=answer.name,
        people=Share(taken["person_id"].n_unique(), people),
        infected=_share(known["hit"]),
        in_time=_share(known["soon"]),
        right=_share(taken["person_id"].unique().is_in(everybody.implode())),
        days=answer.days,
        wait=None if wait is None else float(wait),  # type: ignore[arg-type]
        by_setting={
            setting: Share(int(found), int(all_))
            for setting, found, all_ in known.group_by("setting")
            .agg(pl.col("hit").sum(), pl.len())
            .sort("setting")
            .iter_rows()
        },
    )


def score_response(
    *,
    truth: Truth,
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    interviews: pl.DataFrame,
    chains: pl.DataFrame,
    simple: pl.DataFrame,
    measures: pl.DataFrame,
    people: pl.DataFrame,
    clocks: int,
    as_of: dt.datetime,
    answered_in: float | None = None,
) -> Score:
    """Compare what a response found with what happened.

    Parameters
    ----------
    truth : Truth
    cases, contacts, interviews, measures, people
        See `answers`.
    chains : DataFrame
        infector, infectee (case_ids), weight.
    simple : DataFrame
        infector, infectee (case_ids), ranked by two lines of arithmetic (`chains.core.baseline.two_lines`).
    clocks : int
        Clocks that the response set.
    as_of : datetime
        What happened later does not count.
    answered_in : float, optional
        Seconds of the response.
    """
    reported = cases.filter(pl.col("reported_at") <= as_of)
    held = answers(cases=cases, contacts=contacts, interviews=interviews, measures=measures, people=people, as_of=as_of)
    ranked = chains.sort("infectee", "weight", "infector", descending=[False, True, False])
    return Score(
        infections=truth.infections.filter(pl.col("infected_at") <= as_of).height,
        reported=reported.height,
        outcomes=[outcome_of(one, truth=truth, cases=cases, as_of=as_of, people=people.height) for one in held],
        sources={
            "ours": _candidates(truth, reported, ranked, as_of),
            "two_lines": _candidates(truth, reported, simple, as_of),
        },
        clocks_set=clocks,
        answered_in=answered_in,
        measures=dict(measures.group_by("measure").len().sort("measure").iter_rows()),
    )


def _share(hits: pl.Series) -> Share:
    return Share(int(hits.sum() or 0), len(hits))


def _candidates(truth: Truth, reported: pl.DataFrame, ranked: pl.DataFrame, as_of: dt.datetime) -> tuple[Share, Share]:
    """Look for the true infector among the ranked candidates of each case."""
    case_of = reported.select("person_id", "case_id")
    pairs = (
        truth.infections.filter(pl.col("infected_at") <= as_of)
        .join(case_of.rename({"case_id": "infectee"}), on="person_id")
        .join(case_of.rename({"person_id": "infector", "case_id": "source"}), on="infector")
    )
    order = ranked.with_columns((pl.int_range(pl.len()).over("infectee") + 1).alias("rank"))
    found = pairs.join(
        order.select("infectee", pl.col("infector").alias("source"), "rank"), on=["infectee", "source"], how="left"
    )["rank"]
    return _share((found == 1).fill_null(value=False)), _share((found <= 3).fill_null(value=False))
