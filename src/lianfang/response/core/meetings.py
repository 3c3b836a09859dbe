"""Where and when the two of a chain met: the longest shared stay in the infector's infectious window.

A meeting after the day on which the infectee fell ill (was sampled, where there is no onset) infected nobody.
"""

import polars as pl

MEETINGS = {
    "infector": pl.String(),
    "infectee": pl.String(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "met_at": pl.Datetime("us"),
}
"""Columns of `meetings_of_chains`: ``met_at`` is when that stay began."""

STAYS = {
    "person_id": pl.String(),
    "place_id": pl.String(),
    "place_kind": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
}
"""Columns of the stays that are asked for: those of the people of `people_of_chains`."""


def people_of_chains(chains: pl.DataFrame, cases: pl.DataFrame, contacts: pl.DataFrame) -> pl.Series:
    """Return the person ids of all pairs of `chains` who are known to have met: only their stays need be read."""
    pairs = _known(chains, cases, contacts)
    return pl.concat([pairs["from_person"], pairs["to_person"]]).unique().sort()


def meetings_of_chains(
    chains: pl.DataFrame, cases: pl.DataFrame, contacts: pl.DataFrame, stays: pl.DataFrame
) -> pl.DataFrame:
    """Say where and when each pair of `chains` met.

    Parameters
    ----------
    chains : pl.DataFrame
        ``infector, infectee`` (case ids).
    cases : pl.DataFrame
        ``case_id, person_id, infectious_from, infectious_to``, and ``onset_date`` or ``sampled_at``.
    contacts : pl.DataFrame
        Rows of `lianfang.kernel.schema.CONTACTS`. Only pairs of which tracing found a meeting have one here; where
        nobody recorded the stays of it (an interview), its first contact and setting stand, without a place.
    stays : pl.DataFrame
        Columns `STAYS`.

    Returns
    -------
    pl.DataFrame
        Columns `MEETINGS`, one row a row of `chains`, in its order; empty where no meeting is known. Of several shared
        stays the longest counts; ties: the earlier, then the smaller place id.
    """
    pairs = _known(chains, cases, contacts)
    one = stays.select("place_id", from_person="person_id", kind="place_kind", a_start="start", a_end="end")
    two = stays.select("place_id", to_person="person_id", b_start="start", b_end="end")
    shared = (
        pairs.join(one, on="from_person")
        .join(two, on=["to_person", "place_id"])
        .with_columns(
            met_at=pl.max_horizontal("a_start", "b_start", "infectious_from"),
            until=pl.min_horizontal("a_end", "b_end", "infectious_to", "ill"),
        )
        .filter(pl.col("met_at") < pl.col("until"))
        .with_columns(long=pl.col("until") - pl.col("met_at"))
        .sort("infector", "infectee", "long", "met_at", "place_id", descending=[False, False, True, False, False])
        .unique(["infector", "infectee"], keep="first", maintain_order=True)
        .select("infector", "infectee", "place_id", "kind", "met_at")
    )
    told = (
        pairs.sort("minutes", "first_contact", "place_kind", descending=[True, False, False], nulls_last=True)
        .unique(["infector", "infectee"], keep="first", maintain_order=True)
        .select("infector", "infectee", "place_kind", "first_contact")
    )
    return (
        chains.select("infector", "infectee")
        .join(shared, on=["infector", "infectee"], how="left", maintain_order="left")
        .join(told, on=["infector", "infectee"], how="left", maintain_order="left")
        .with_columns(place_kind=pl.coalesce("kind", "place_kind"), met_at=pl.coalesce("met_at", "first_contact"))
        .select(*MEETINGS)
        .cast(pl.Schema(MEETINGS))
    )


def _known(chains: pl.DataFrame, cases: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of which tracing found a meeting, a row a setting, with the people and the window."""
    infector = cases.select("infectious_from", "infectious_to", infector="case_id", from_person="person_id")
    days = [pl.col(name).cast(pl.Datetime("us")) for name in ("onset_date", "sampled_at") if name in cases.columns]
    ill = (pl.coalesce(days) if days else pl.lit(None, pl.Datetime("us"))).dt.truncate("1d") + pl.duration(days=1)
    infectee = cases.select(infectee="case_id", to_person="person_id", ill=ill)
    met = contacts.filter(pl.col("degree") == 1).select(
        "place_kind", "minutes", "first_contact", infector="case_id", to_person="person_id"
    )
    pairs = chains.select("infector", "infectee").unique(maintain_order=True)
    return (
        pairs.join(infector, on="infector", maintain_order="left")
        .join(infectee, on="infectee", maintain_order="left")
        .join(met, on=["infector", "to_person"], maintain_order="left")
        .filter((pl.col("first_contact") < pl.col("ill")).fill_null(True))
    )
