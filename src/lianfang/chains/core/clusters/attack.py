"""Secondary attack rate: of the contacts of cases who could be infected, how many were, by setting or relation."""

import datetime as dt

import polars as pl

from lianfang.chains.core.clusters.proportions import clopper_pearson

ATTACK = {
    "setting": pl.String(),
    "infected": pl.Int64(),
    "contacts": pl.Int64(),
    "rate": pl.Float64(),
    "lower": pl.Float64(),
    "upper": pl.Float64(),
    "waiting": pl.Int64(),
    "waiting_infected": pl.Int64(),
    "before": pl.Int64(),
}
"""Columns of `attack_rates`."""


def attack_rates(
    contacts: pl.DataFrame, exposed: pl.DataFrame, *, by: str, as_of: dt.datetime, longest: int
) -> pl.DataFrame:
    """Return the secondary attack rate of the contacts of the first degree.

    Parameters
    ----------
    contacts : polars.DataFrame
        ``case_id, person_id, degree, first_contact, last_contact`` and the column `by`; empty settings are left out.
    exposed : polars.DataFrame
        Rows of `exposure.plausible_exposure`.
    by : str
        Column of the settings, such as ``place_kind`` or ``relation``.
    as_of : datetime
        Naive local time of reckoning.
    longest : int
        Days of the longest incubation period that is considered.

    Returns
    -------
    polars.DataFrame
        Columns of `ATTACK`, one row a setting, by setting. ``contacts`` are the people at risk whose longest incubation
        period since the last contact is over, ``infected`` those among them whose plausible exposure meets the days of
        contact; exact interval of Clopper and Pearson. ``waiting`` are those whose time is not over yet,
        ``waiting_infected`` among them infected already, ``before`` those who were infected before the contact began;
        none of them counts: to count the sick and not the others who wait would make every young outbreak look fierce.
        A person counts once in a setting, however many cases were met there, and in every setting of contact.
    """
    if by not in contacts.columns:
        return pl.DataFrame(schema=ATTACK)
    rows = contacts.filter(pl.col("degree") == 1, pl.col(by).is_not_null()).select(
        pl.col("person_id").cast(pl.String),
        setting=pl.col(by).cast(pl.String),
        first=pl.col("first_contact").cast(pl.Datetime("us")).dt.truncate("1d"),
        last=pl.col("last_contact").cast(pl.Datetime("us")),
    )
    ill = exposed.sort("day", "case_id").unique("person_id", keep="first", maintain_order=True)
    judged = rows.join(ill.select("person_id", "exposed_from", "exposed_to"), on="person_id", how="left").with_columns(
        before=(pl.col("exposed_to") <= pl.col("first")).fill_null(False),
        infected=pl.col("exposed_to").is_not_null()
        & (pl.col("exposed_to") > pl.col("first")).fill_null(True)
        & (pl.col("exposed_from") <= pl.col("last")).fill_null(True),
        waiting=(pl.coalesce("last", "first") + dt.timedelta(days=longest) > as_of).fill_null(False),
    )
    people = judged.group_by("setting", "person_id").agg(
        pl.col("before").all(), pl.col("infected").any(), pl.col("waiting").any()
    )
    waits, over = pl.col("waiting") & ~pl.col("before"), ~pl.col("waiting") & ~pl.col("before")
    counted = people.group_by("setting").agg(
        infected=(pl.col("infected") & over).sum().cast(pl.Int64),
        contacts=over.sum().cast(pl.Int64),
        waiting=waits.sum().cast(pl.Int64),
        waiting_infected=(pl.col("infected") & waits).sum().cast(pl.Int64),
        before=pl.col("before").sum().cast(pl.Int64),
    )
    lower, upper = clopper_pearson(counted["infected"].to_numpy(), counted["contacts"].to_numpy())
    rate = pl.when(pl.col("contacts") > 0).then(pl.col("infected") / pl.col("contacts"))
    found = counted.with_columns(rate=rate, lower=pl.Series(lower), upper=pl.Series(upper))
    return found.select(pl.col(name).cast(kind) for name, kind in ATTACK.items()).sort("setting")
