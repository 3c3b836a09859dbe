"""How well a response did, measured against the truth that it did not see."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.drill.core.outbreak import Truth
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind, PlaceKind


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
class Score:
    """The figures of a drill.

    Attributes
    ----------
    infections, reported : int
        True infections up to `as_of`, and those among them that were reported.
    exposed_found : Share
        Of the people who truly met a reported case while it was infectious and about (15 minutes in all, any time in a
        dwelling; reported cases themselves left out): those among the contacts of any degree.
    infected_found : Share
        Of the people infected by a reported case: those among its or another case's contacts.
    found_before_onset : Share
        Of the people infected by a reported case who fell ill up to `as_of`: those whose first exposing case was
        reported before their onset, so that they could be in quarantine when they fell ill.
    first_candidate, among_three : Share
        Of the reported cases whose infector was reported too: those whose infector is the first, or among the first
        three, of the candidates.
    contacts : int
        People among the contacts.
    clocks_met, clocks_running : Share, int
        Of the clocks that were stopped or are past due: those stopped in time. And those still running.
    measures : dict of str to int
        Periods of each measure.
    """

    infections: int
    reported: int
    exposed_found: Share
    infected_found: Share
    found_before_onset: Share
    first_candidate: Share
    among_three: Share
    contacts: int
    clocks_met: Share
    clocks_running: int
    measures: dict[str, int]

    def lines(self) -> list[tuple[Text, str]]:
        """Return the figures as label and value, for people."""
        rows = [
            (Text("真实感染", "True infections"), str(self.infections)),
            (Text("已报告病例", "Cases reported"), str(self.reported)),
            (Text("判定的接触者（人）", "Contacts found (people)"), str(self.contacts)),
            (Text("真实暴露者中已找到", "Of those truly exposed, found"), str(self.exposed_found)),
            (
                Text("被病例感染者中已列为接触者", "Of those infected by a case, found as contacts"),
                str(self.infected_found),
            ),
            (Text("续发病例中发病前已找到", "Secondary cases found before onset"), str(self.found_before_onset)),
            (Text("真实传染源排在候选第一位", "True infector is the first candidate"), str(self.first_candidate)),
            (Text("真实传染源在前三位候选", "True infector among the first three"), str(self.among_three)),
            (Text("时限按时完成", "Clocks met"), str(self.clocks_met)),
            (Text("时限计时中", "Clocks running"), str(self.clocks_running)),
        ]
        labels = {word.value: word.label for word in MeasureKind}
        for kind, number in self.measures.items():
            rows.append((Text("措施：{m}", "Measure: {m}").format(m=labels[kind]), str(number)))
        return rows


def score_response(
    *,
    truth: Truth,
    cases: pl.DataFrame,
    contacts: pl.DataFrame,
    chains: pl.DataFrame,
    measures: pl.DataFrame,
    clocks: pl.DataFrame,
    as_of: dt.datetime,
    min_minutes: float = 15.0,
) -> Score:
    """Compare what a response found with what happened.

    Parameters
    ----------
    truth : Truth
    cases : DataFrame
        case_id, person_id, reported_at.
    contacts : DataFrame
        case_id, person_id, degree: rows of tracing.
    chains : DataFrame
        infector, infectee (case_ids), weight.
    measures : DataFrame
        measure.
    clocks : DataFrame
        due, done_at (null while it runs).
    as_of : datetime
        What happened later does not count.
    min_minutes : float
        From which a meeting outside a dwelling counts as exposure.

    Returns
    -------
    Score
        Recall, not precision: to take along people who turn out well is what quarantine is; the number of contacts says
        what it costs.
    """
    happened = truth.infections.filter(pl.col("infected_at") <= as_of)
    reported = cases.filter(pl.col("reported_at") <= as_of)
    people = reported["person_id"]
    traced = contacts["person_id"].unique()
    secondary = happened.filter(pl.col("infector").is_in(people.implode()))
    known_from = (
        contacts.join(reported.select("case_id", "reported_at"), on="case_id")
        .group_by("person_id")
        .agg(pl.col("reported_at").min().alias("known_from"))
    )
    ill = secondary.filter(pl.col("onset_at") <= as_of).join(known_from, on="person_id", how="left")
    stopped_or_due = clocks.filter(pl.col("done_at").is_not_null() | (pl.col("due") <= as_of))
    first, three = _candidates(secondary, reported, chains)
    return Score(
        infections=happened.height,
        reported=reported.height,
        exposed_found=_share(_exposed(truth, people, as_of, min_minutes).is_in(traced.implode())),
        infected_found=_share(secondary["person_id"].is_in(traced.implode())),
        found_before_onset=_share((ill["known_from"] < ill["onset_at"]).fill_null(value=False)),
        first_candidate=first,
        among_three=three,
        contacts=len(traced),
        clocks_met=_share((stopped_or_due["done_at"] <= stopped_or_due["due"]).fill_null(value=False)),
        clocks_running=clocks.height - stopped_or_due.height,
        measures=dict(measures.group_by("measure").len().sort("measure").iter_rows()),
    )


def _share(hits: pl.Series) -> Share:
    return Share(int(hits.sum() or 0), len(hits))


def _exposed(truth: Truth, cases: pl.Series, as_of: dt.datetime, min_minutes: float) -> pl.Series:
    """People who truly met a reported case, long enough, and are no reported case themselves."""
    enough = (
        pl.when(pl.col("place_kind") == PlaceKind.DWELLING.value)
        .then(pl.col("minutes") > 0)
        .otherwise(pl.col("minutes") >= min_minutes)
    )
    return truth.exposures.filter(
        pl.col("infector").is_in(cases.implode()),
        ~pl.col("person_id").is_in(cases.implode()),
        pl.col("first") <= as_of,
        enough,
    )["person_id"].unique()


def _candidates(secondary: pl.DataFrame, reported: pl.DataFrame, chains: pl.DataFrame) -> tuple[Share, Share]:
    """Rank the candidates of each case by weight (ties: smallest case_id) and look for the true infector."""
    case_of = reported.select("person_id", "case_id")
    pairs = secondary.join(case_of.rename({"case_id": "infectee"}), on="person_id").join(
        case_of.rename({"person_id": "infector", "case_id": "source"}), on="infector"
    )
    ranked = chains.sort("infectee", "weight", "infector", descending=[False, True, False]).with_columns(
        (pl.int_range(pl.len()).over("infectee") + 1).alias("rank")
    )
    found = pairs.join(
        ranked.select("infectee", pl.col("infector").alias("source"), "rank"), on=["infectee", "source"], how="left"
    )["rank"]
    return _share((found == 1).fill_null(value=False)), _share((found <= 3).fill_null(value=False))
