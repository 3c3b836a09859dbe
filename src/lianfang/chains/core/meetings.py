"""Known meetings of two cases, both ways round, and how much each speaks for an infection in it."""

import numpy as np
import polars as pl

from lianfang.chains.core.people import NEVER, People, day, day_after, moments
from lianfang.chains.core.timing import Fit, Floats
from lianfang.kernel.vocabulary import FoundBy, PlaceKind
from lianfang.playbook.model import Playbook

MET = {
    "i": pl.Int64(),
    "j": pl.Int64(),
    "place_kind": pl.String(),
    "place_id": pl.String(),
    "met_at": pl.Datetime("us"),
    "minutes": pl.Float64(),
    "dose": pl.Float64(),
    "speaks": pl.Float64(),
    "incubates": pl.Float64(),
}
"""Columns of `meetings_of`."""

_PAIR = ("i", "j", "place_kind")


def meetings_of(
    contacts: pl.DataFrame, met: pl.DataFrame | None, people: People, fit: Fit, playbook: Playbook
) -> pl.DataFrame:
    """Return the known meetings of two cases, one row a kind of place.

    Parameters
    ----------
    contacts, met : polars.DataFrame
        See `chains.weigh`.
    people : People
    fit : timing.Fit
    playbook : Playbook

    Returns
    -------
    polars.DataFrame
        ``i, j`` (infector, infectee), ``place_kind``; of the meeting that speaks most ``place_id`` and ``met_at``,
        where they are known; ``minutes`` together (empty where an interview told of it alone); ``dose``: the place
        kind's weight times the longest day's share; ``speaks``: what all meetings of the kind count, days and minutes
        seen; ``incubates``: the same by the incubation period alone, whatever the days between the two. Sorted.

    Notes
    -----
    Each day of presences in one place counts its own minutes. What an interview tells counts as a meeting on each of
    its days, of unlimited length, and only where no presence of that kind is known of the two.
    """
    seen = _of_contacts(contacts, people)
    if met is not None:
        # What a contact was found by and is not among the presences any more is not forgotten.
        own = _presences(met, people)
        seen = pl.concat([own, seen.join(own.select(_PAIR).unique(), on=list(_PAIR), how="anti").select(own.columns)])
    told = _told(contacts, people, any_source=met is not None)
    told = told.join(seen.select(_PAIR).unique(), on=list(_PAIR), how="anti")
    rows = pl.concat([seen.select(told.columns), told]).sort(
        *_PAIR, "start", "stop", "minutes", "place_id", nulls_last=True
    )
    i, j = rows["i"].to_numpy(), rows["j"].to_numpy()
    dose = _doses(rows, playbook)
    start = np.maximum(rows["start"].to_numpy(), people.since[i])
    stop = np.minimum(rows["stop"].to_numpy(), np.minimum(people.until[i], people.infected_by[j]))
    fits = fit.of(
        people.day[j] - people.day[i],
        start - people.day[i],
        stop - people.day[i],
        infector=people.by_onset[i],
        infectee=people.by_onset[j],
    )
    shown = fit.shows(people.day[j] - start, people.day[j] - stop)
    speaking = rows.with_columns(dose=pl.Series(dose), speaks=pl.Series(dose * fits), incubates=pl.Series(dose * shown))
    summed = speaking.group_by(_PAIR, maintain_order=True).agg(
        pl.col("place_id").sort_by("speaks", "dose", descending=True, maintain_order=True).first(),
        pl.col("met_at").sort_by("speaks", "dose", descending=True, maintain_order=True).first(),
        minutes=pl.when(pl.col("minutes").is_not_null().any()).then(pl.col("minutes").sum()),
        dose=pl.col("dose").max(),
        # Days of an interview overlap where several rows tell of one meeting: the one that speaks most counts.
        speaks=pl.when(pl.col("told").all()).then(pl.col("speaks").max()).otherwise(pl.col("speaks").sum()),
        incubates=pl.when(pl.col("told").all()).then(pl.col("incubates").max()).otherwise(pl.col("incubates").sum()),
    )
    return summed.filter(pl.col("dose") > 0).select(pl.col(name).cast(kind) for name, kind in MET.items())


def _doses(rows: pl.DataFrame, playbook: Playbook) -> Floats:
    """What a day of each row counts, before its day is looked at."""
    weights = {kind.value: playbook.chains.by_place_kind.get(kind, 0.0) for kind in PlaceKind}
    weight = rows["place_kind"].replace_strict(weights, default=0.0, return_dtype=pl.Float64).to_numpy()
    minutes = (rows["minutes"] / rows["days"]).to_numpy()
    share: Floats = np.where(
        np.isnan(minutes), 1.0, 1.0 - 0.5 ** (np.nan_to_num(minutes) / playbook.chains.half_minutes)
    )
    return weight * share


def _presences(met: pl.DataFrame, people: People) -> pl.DataFrame:
    """Rows of `weigh`'s meetings both ways round, a day each."""
    rows = met.select(
        pl.col("person_id").cast(pl.String),
        pl.col("other_id").cast(pl.String),
        pl.col("place_kind").cast(pl.String).fill_null(PlaceKind.OTHER.value),
        pl.col("place_id").cast(pl.String),
        pl.col("met_at").cast(pl.Datetime("us")),
        pl.col("minutes").cast(pl.Float64),
        start=day("met_at"),
    ).with_columns(stop=pl.col("start") + 1, days=1, told=pl.lit(False))
    turned = rows.rename({"person_id": "other_id", "other_id": "person_id"})
    index = people.frame.select("person_id", "index")
    found = (
        pl.concat([rows, turned.select(rows.columns)])
        .join(index.rename({"index": "i"}), on="person_id")
        .join(index.rename({"index": "j", "person_id": "other_id"}), on="other_id")
    )
    return _apart(found, people)


def _of_contacts(contacts: pl.DataFrame, people: People) -> pl.DataFrame:
    """The rows of contacts that presences gave, where the meetings themselves are not at hand: each as its own days."""
    rows = _joined(contacts, people).filter(~_is_told())
    return _apart(rows, people)


def _told(contacts: pl.DataFrame, people: People, *, any_source: bool) -> pl.DataFrame:
    """Meetings known by interview, both ways round: two people met, whoever named the other."""
    rows = _joined(contacts, people).filter(_is_told())
    if any_source:  # presences are at hand by themselves: of what both knew, the interview's part is left
        rows = rows.with_columns(minutes=pl.lit(None, pl.Float64))
    turned = rows.rename({"i": "j", "j": "i"}).select(rows.columns)
    return _apart(pl.concat([rows, turned]), people).unique(maintain_order=True)


def _is_told() -> pl.Expr:
    return pl.col("found_by").is_in([FoundBy.INTERVIEW.value, FoundBy.BOTH.value]).fill_null(True)


def _joined(contacts: pl.DataFrame, people: People) -> pl.DataFrame:
    known = contacts.select(
        pl.col("case_id").cast(pl.String),
        pl.col("person_id").cast(pl.String),
        pl.col("degree") if "degree" in contacts.columns else pl.lit(1).alias("degree"),
        pl.col("place_kind").cast(pl.String).fill_null(PlaceKind.OTHER.value),
        pl.lit(None, pl.String).alias("place_id"),
        (pl.col("minutes") if "minutes" in contacts.columns else pl.lit(None)).cast(pl.Float64).alias("minutes"),
        *moments(contacts, "first_contact", "last_contact"),
        (pl.col("found_by") if "found_by" in contacts.columns else pl.lit(None)).cast(pl.String).alias("found_by"),
    ).filter(pl.col("degree") == 1)
    start = day("first_contact")
    dated = known.with_columns(
        met_at="first_contact",
        start=start.fill_null(-NEVER),
        stop=pl.max_horizontal(day_after("last_contact"), start + 1, day("last_contact")).fill_null(NEVER),
        told=_is_told(),
    ).with_columns(
        days=pl.when(pl.col("first_contact").is_null() | pl.col("last_contact").is_null())
        .then(1)
        .otherwise(pl.col("stop") - pl.col("start"))
        .clip(1)
    )
    cases = people.frame.select("case_id", "person_id", "index")
    return dated.join(cases.select("case_id", i="index"), on="case_id").join(
        cases.select("person_id", j="index"), on="person_id"
    )


def _apart(rows: pl.DataFrame, people: People) -> pl.DataFrame:
    """The rows of two different people, with the columns that all sources have."""
    person = pl.Series("person", people.person, dtype=pl.Int64)
    i, j = rows["i"].cast(pl.Int64), rows["j"].cast(pl.Int64)
    apart = rows.filter(person.gather(i) != person.gather(j))
    kinds: dict[str, pl.DataType] = {
        name: MET[name] for name in ("i", "j", "place_kind", "place_id", "met_at", "minutes")
    }
    kinds |= {"start": pl.Int64(), "stop": pl.Int64(), "days": pl.Int64(), "told": pl.Boolean()}
    return apart.select(pl.col(name).cast(kind) for name, kind in kinds.items())
