"""What people decided about links: a confirmed infector is the one, one that was ruled out is not.

What was inferred stays as it is; this is laid over it wherever chains are read, so every run keeps to it.
"""

import polars as pl

from lianfang.kernel.vocabulary import LinkVerdict

VERDICTS = {"infector": pl.String(), "infectee": pl.String(), "verdict": pl.String()}
"""Columns of what was decided: codes of `kernel.vocabulary.LinkVerdict`."""

_PAIR = ["infector", "infectee"]


def settle(chains: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Lay what people decided over inferred chains.

    Parameters
    ----------
    chains : polars.DataFrame
        Rows of `chains.weigh`.
    verdicts : polars.DataFrame
        Columns of `VERDICTS`.

    Returns
    -------
    polars.DataFrame
        Columns of `chains`, and ``verdict`` (empty where nobody decided). A confirmed link weighs 1 and the other
        candidates of that case 0; where several were confirmed, they share it. A link that was ruled out weighs 0, and
        what it weighed goes to the other candidates and to a source outside the list in the proportion of their
        weights. A confirmed link that nobody inferred is there, with empty evidence. Sorted as `weigh` sorts.
    """
    said = verdicts.select(pl.col(name).cast(kind) for name, kind in VERDICTS.items())
    said = said.filter(pl.col("verdict").is_in(LinkVerdict.codes())).unique(_PAIR, keep="last", maintain_order=True)
    rows = chains.join(said, on=_PAIR, how="left")
    sure = said.filter(pl.col("verdict") == LinkVerdict.CONFIRMED.value)
    unseen = sure.join(chains, on=_PAIR, how="anti").with_columns(weight=pl.lit(0.0))
    rows = pl.concat([rows, unseen], how="diagonal")
    is_sure = (pl.col("verdict") == LinkVerdict.CONFIRMED.value).fill_null(value=False)
    is_out = (pl.col("verdict") == LinkVerdict.REFUSED.value).fill_null(value=False)
    confirmed = is_sure.sum().over("infectee")
    left = 1 - pl.when(is_out).then("weight").otherwise(0.0).sum().over("infectee")
    weight = (
        pl.when(confirmed > 0)
        .then(pl.when(is_sure).then(1 / confirmed).otherwise(0.0))
        .when(is_out)
        .then(0.0)
        .when(left > 0)
        .then(pl.col("weight") / left)
        .otherwise(0.0)
    )
    # Rounded down, as weights are, so that they never sum to more than 1.
    rounded = rows.with_columns(weight=((weight * 1e6 + 1e-6).floor() / 1e6).round(6))
    return rounded.sort("infectee", "weight", "infector", descending=[False, True, False])
