"""Where and when a contact met the case, or the contact in between: within what time to look, and what comes of it."""

from typing import Any

import polars as pl

from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE

WHERE = ("own_segment", "own_row", "other_segment", "other_row")
"""Where the two presences of a stay lie in a presence store, the exposing one first."""

STAYS: dict[str, Any] = {
    "pair": pl.Int64(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "seat_unknown": pl.Boolean(),
    **dict.fromkeys(WHERE, pl.Int64()),
}
"""Columns of shared stays: the pair they belong to, the place, the kind of the exposing presence, the overlap, whether
it counts only because a seat was not known, and where the two presences lie."""

EXPOSURES: dict[str, Any] = {
    "exposure": pl.Int64(),
    "case_id": pl.String(),
    "degree": pl.Int64(),
    "via_person_id": pl.String(),
    "person_id": pl.String(),
    "place_kind": pl.String(),
    "minutes": pl.Float64(),
    "encounters": pl.Int64(),
    "first_contact": pl.Datetime("us"),
    "last_contact": pl.Datetime("us"),
}
"""Columns of exposures, as far as their stays depend on them; ``person_id`` is the contact."""

PAIR = ("person_id", "other_id", "since", "until")


def pairs_of(exposures: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Say for each exposure whose presences expose, and within what time.

    Parameters
    ----------
    exposures : pl.DataFrame
        Columns of `EXPOSURES`. One without minutes is known by interview alone, and shares no stay.
    windows : pl.DataFrame
        ``case_id, person_id, infectious_from, infectious_to``: the cases that have a sound infectious window.

    Returns
    -------
    pl.DataFrame
        ``exposure, place_kind, near, person_id, other_id, since, until`` (`near`: of the first degree); an exposure
        by a case without a window is left out.

    Notes
    -----
    The first degree is looked for in the case's infectious window. The second is looked for from the exposure's first
    to its last contact: tracing found both inside v's time, as the earliest start and the latest end of all overlaps,
    so what lies between them is what it counted, whatever has ended v's time.
    """
    measured = exposures.filter(pl.col("minutes").is_not_null())
    windows = windows.select(
        "case_id", "infectious_from", "infectious_to", case_person=pl.col("person_id").cast(pl.String)
    )
    joined = measured.join(windows, on="case_id", how="left", maintain_order="left")
    far = pl.col("degree") == 2
    spans = joined.select(
        "exposure",
        "place_kind",
        near=~far,
        person_id=pl.when(far).then("via_person_id").otherwise("case_person"),
        other_id="person_id",
        since=pl.when(far).then("first_contact").otherwise("infectious_from"),
        until=pl.when(far).then("last_contact").otherwise("infectious_to"),
    )
    return spans.drop_nulls(list(PAIR))


def stays_of(stays: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Give each stay its exposure: of those of a pair, the one with the place kind of the stay.

    Parameters
    ----------
    stays : pl.DataFrame
        Columns of `STAYS`; ``pair`` counts the rows of `asked`.
    pairs : pl.DataFrame
        From `pairs_of`.

    Returns
    -------
    pl.DataFrame
        Columns of `STAYS` without ``pair``, and ``exposure, microseconds``: the latest start first. In the first degree
        stays that overlap are one, as tracing by a playbook counts them.
    """
    numbered = asked(pairs).with_row_index("pair").with_columns(pl.col("pair").cast(pl.Int64))
    of_pair = pairs.join(numbered, on=list(PAIR), how="left", maintain_order="left")
    told = of_pair.select("pair", "place_kind", "exposure", "near")
    kept = stays.join(told, on=["pair", "place_kind"], how="inner")
    once = one_stay_each(kept.filter("near"), by="exposure").drop("joined")
    kept = pl.concat([once, kept.filter(~pl.col("near"))]).drop("near")
    length = (pl.col("end") - pl.col("start")).dt.total_microseconds()
    return (
        kept.with_columns(microseconds=length)
        .drop("pair")
        .sort(
            "start", "end", "exposure", "place_id", *WHERE, descending=[True, True, False, False, *[False] * len(WHERE)]
        )
    )


def one_stay_each(stays: pl.DataFrame, *, by: str = "pair") -> pl.DataFrame:
    """Join the stays of a pair in one place and kind that overlap: two records told of one.

    Parameters
    ----------
    stays : pl.DataFrame
        ``pair, place_id, place_kind, start, end, seat_unknown`` and any other columns; of joined stays the other
        columns are those of the earliest.
    by : str
        The column that says which pair it is, where it is not ``pair``.

    Returns
    -------
    pl.DataFrame
        The same columns, by pair, place, kind and start, and ``joined``: how many stays went into it beside the first.
    """
    key = [by, "place_id", "place_kind"]
    ordered = stays.sort(*key, "start", "end")
    until = pl.col("end").cum_max().shift(1).over(key)
    begins = until.is_null() | (pl.col("start") >= until)
    told = ordered.with_columns(_stay=begins.cast(pl.Int64).cum_sum())
    joined = told.group_by("_stay", maintain_order=True).agg(
        *(pl.col(name).first() for name in stays.columns if name not in ("end", "seat_unknown")),
        pl.col("end").max(),
        pl.col("seat_unknown").any(),
        joined=pl.len().cast(pl.Int64) - 1,
    )
    return joined.select(*stays.columns, "joined")


def asked(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the different pairs of `pairs_of`: two settings of one pair are looked for once."""
    return pairs.select(PAIR).unique(maintain_order=True)


def changed(exposures: pl.DataFrame, stays: pl.DataFrame) -> pl.Series:
    """Return the exposures whose figures are not those of their stays: the presences or the case changed since.

    Parameters
    ----------
    exposures : pl.DataFrame
        Columns of `EXPOSURES`; those known by interview alone are never among the result.
    stays : pl.DataFrame
        From `stays_of`, all of them.

    Returns
    -------
    pl.Series
        Keys of exposures, ascending.
    """
    sums = stays.group_by("exposure").agg(pl.col("microseconds").sum(), count=pl.len())
    both = exposures.filter(pl.col("minutes").is_not_null()).join(sums, on="exposure", how="left")
    now = pl.col("microseconds").fill_null(0), pl.col("count").fill_null(0).cast(pl.Int64)
    before = (pl.col("minutes") * MICROSECONDS_A_MINUTE).round().cast(pl.Int64), pl.col("encounters").fill_null(-1)
    differs = (now[0] != before[0]) | (now[1] != before[1])
    return both.filter(differs)["exposure"].sort()
