"""What both degrees are made of, whoever finds them: columns, thresholds, through whom, and the table they end in.

The definition is that of `docs/algorithms/tracing.md`. Frames alone: no engine is imported here.
"""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from lianfang.kernel.schema import TRACED
from lianfang.kernel.vocabulary import PlaceKind

MICROSECONDS_A_MINUTE = 60_000_000

FIRST = {
    "case_id": pl.String(),
    "person_id": pl.String(),
    "place_kind": pl.String(),
    "microseconds": pl.Int64(),
    "encounters": pl.Int64(),
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
"""Columns of `first_degree`."""

SECOND = {"via_person_id": pl.String(), **{name: kind for name, kind in FIRST.items() if name != "case_id"}}
"""Columns of `second_degree`."""

CARRIERS = {
    "case_id": pl.String(),
    "person_id": pl.String(),
    "time_from": pl.Datetime("us"),
    "time_to": pl.Datetime("us"),
}
"""Columns of `carriers`."""

Thresholds = Mapping[str, float]
"""Minutes from which shared presence counts, by place kind; 0 means any overlap above zero, a kind that is not there
does not count at all: without any, nobody is found."""


def plain_thresholds(min_minutes: float) -> dict[str, float]:
    """Return the thresholds of a plain run: any overlap in a dwelling, `min_minutes` elsewhere."""
    return {kind.value: 0.0 if kind is PlaceKind.DWELLING else float(min_minutes) for kind in PlaceKind}


def long_enough(first: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Keep the rows of `first_degree` that reach the threshold of their place kind."""
    needed = {kind: round(minutes * MICROSECONDS_A_MINUTE) for kind, minutes in thresholds.items()}
    least = pl.col("place_kind").replace_strict(needed, default=None, return_dtype=pl.Int64)
    return first.filter(pl.col("microseconds") >= least)


def carriers(
    first: pl.DataFrame,
    *,
    cases: pl.DataFrame,
    latent_hours: float,
    as_of: dt.datetime | None,
    isolations: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the contacts of the first degree through whom the second is sought, each with v's time.

    Parameters
    ----------
    first : pl.DataFrame
        ``case_id, person_id, first_contact``: rows of the first degree.
    cases : pl.DataFrame
        ``person_id`` of every case. A contact who is a case is no v: whom the case exposes, its own window says.
    latent_hours : float
        Hours between v's earliest first contact and the start of v's time.
    as_of : datetime or None
        End of v's time. None where there are no presences and hence no latest end: v's time then stays open, and is
        closed by v's isolation alone.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at``: v's time ends there where it is known.

    Returns
    -------
    pl.DataFrame
        ``case_id`` (that of the earliest first contact; ties: the smallest), ``person_id, time_from, time_to``.
    """
    latent = dt.timedelta(microseconds=round(latent_hours * 60 * MICROSECONDS_A_MINUTE))
    met = first.select("case_id", "person_id", "first_contact")
    met = met.filter(pl.col("first_contact").is_not_null()) if met["first_contact"].has_nulls() else met
    # Within a group rows keep their order, and `arg_min` gives the first of equals: the smallest case.
    met = met if met["case_id"].is_sorted() else met.sort("case_id")
    times = (
        met.group_by("person_id")
        .agg(pl.col("case_id").get(pl.col("first_contact").arg_min()), pl.col("first_contact").min())
        .join(cases.select("person_id"), on="person_id", how="anti")
        .sort("person_id")
        .select("case_id", "person_id", time_from=pl.col("first_contact") + latent)
    )
    end = pl.lit(as_of, dtype=pl.Datetime("us"))
    if isolations is not None:
        known = isolations.group_by("person_id").agg(pl.col("isolated_at").cast(pl.Datetime("us")).min())
        times = times.join(known, on="person_id", how="left", maintain_order="left")
        end = pl.min_horizontal("isolated_at", end)  # an isolation after the time of reckoning has not happened
    return times.select("case_id", "person_id", "time_from", time_to=end)


def assemble(
    first: pl.DataFrame, second: pl.DataFrame, via: pl.DataFrame, *, cases: pl.DataFrame, ordered: bool = False
) -> pl.DataFrame:
    """Put both degrees into one table, in the columns and the order that every output of tracing has.

    Parameters
    ----------
    first, second : pl.DataFrame
        Rows of `first_degree` and `second_degree`.
    via : pl.DataFrame
        Rows of `carriers`; gives the second degree its ``case_id``.
    cases : pl.DataFrame
        ``person_id`` of every case; marks ``is_case``.
    ordered : bool
        Whether the rows of each degree come in order already.

    Returns
    -------
    pl.DataFrame
        Schema `kernel.schema.TRACED`, sorted by degree, case_id, minutes (longest first), person_id, place_kind.
    """
    rows = _traced(first, 1, cases)
    if second.height:
        known = via.select("case_id", via_person_id="person_id")
        far = second.join(known, on="via_person_id", how="left", maintain_order="left")
        rows = pl.concat([rows, _traced(far, 2, cases)], rechunk=False)
    return rows if ordered else in_order(rows)


def _traced(rows: pl.DataFrame, degree: int, cases: pl.DataFrame) -> pl.DataFrame:
    # NumPy divides; Polars multiplies by the reciprocal, which is off in the last digit, and minutes that should be
    # equal would then differ, and sort differently, from one engine or file to the next.
    minutes = pl.Series("minutes", rows["microseconds"].cast(pl.Float64).to_numpy() / MICROSECONDS_A_MINUTE)
    if rows["microseconds"].has_nulls():
        minutes = minutes.fill_nan(None)  # a contact known by interview alone has none; NumPy makes it NaN
    is_case = rows["person_id"].is_in(cases["person_id"].implode()).alias("is_case")
    degrees = pl.Series("degree", [degree], dtype=pl.Int64).new_from_index(0, rows.height)
    return TRACED.conform(rows.drop("microseconds").hstack([minutes, is_case, degrees]))


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort rows as every output of tracing is: degree, case, minutes (longest first, empty last), person, kind."""
    if _is_in_order(rows):  # the index gives them so; looking costs a tenth of sorting
        return rows
    return rows.sort(*ORDER, descending=[name == "minutes" for name in ORDER], nulls_last=True)


ORDER = ("degree", "case_id", "minutes", "person_id", "place_kind")


def _is_in_order(rows: pl.DataFrame) -> bool:
    """Whether each row stands behind the one before it; not where minutes are empty."""
    if rows.height < 2 or rows["minutes"].has_nulls():
        return False
    right = pl.lit(True)
    for name in reversed(ORDER):
        one, before = pl.col(name), pl.col(name).shift(1)
        ahead = one < before if name == "minutes" else one > before
        right = ahead | ((one == before) & right)
    return bool(rows.select(right.slice(1).all().alias("all"))["all"].item())
