"""When a case became known: one meaning, for "new today" on a page and for the moment its contacts were found."""

import polars as pl

KNOWN_BY = ("reported_at", "sampled_at", "isolated_at", "onset_date")
"""The first of these times that a case has. Nobody acts before a report; where a list gives none, what comes nearest
to it counts, at last the onset."""


def known_at(cases: pl.DataFrame) -> pl.Expr:
    """Return when each case became known; empty where it has none of these times.

    Parameters
    ----------
    cases : pl.DataFrame
        Any of the columns of `KNOWN_BY`, as naive local times; one that is absent is empty.
    """
    times = [name for name in KNOWN_BY if name in cases.columns]
    known = pl.coalesce(times) if times else pl.lit(None)
    return known.cast(pl.Datetime("us"))
