"""Whether what is proposed now is what was decided upon: of everybody at once, for a new playbook concerns all."""

from collections.abc import Mapping

import polars as pl

from lianfang.kernel.vocabulary import Decision

BASIS = ("kind", "place_class", "start", "end", "test_dates")
"""What a proposal asks, and what is compared: as in `orders.Order.as_json`, texts and a list of texts."""

KEPT = pl.Struct(
    {name: pl.String() for name in BASIS[:-1]} | {"test_dates": pl.List(pl.String()), "withdrawn": pl.Boolean()}
)
"""Another proposal as it is kept beside a decision: a proposal, or that there is none any more."""


def renewed(decided: pl.DataFrame, proposed: pl.DataFrame, *, at: str) -> pl.DataFrame:
    """Return the decided measures beside which another proposal is to be kept than before.

    Parameters
    ----------
    decided : pl.DataFrame
        ``id, person, rule, decision``, the columns of `BASIS`: the proposal that the decision was made upon; and
        ``kept`` of the type `KEPT`, empty where no other proposal stands beside it. Further columns are handed through.
    proposed : pl.DataFrame
        ``person, rule`` and the columns of `BASIS`, each person and rule once.
    at : str
        The time that a new one carries.

    Returns
    -------
    pl.DataFrame
        Rows of `decided` without ``kept``, with ``new_proposal``: the JSON of the proposal, ``{"withdrawn": true}``
        where nothing is proposed any more, empty where what is proposed is what was decided upon. The time is left out
        of the comparison: the same other proposal again is nothing new.
    """
    now = {name: pl.col(f"{name} now") for name in BASIS}
    both = decided.join(
        proposed.select("person", "rule", *(pl.col(name).alias(f"{name} now") for name in BASIS), asked=pl.lit(True)),
        on=["person", "rule"],
        how="left",
        maintain_order="left",
    )
    asked = pl.col("asked").is_not_null()
    # Nobody asks for what was refused any more: they agree.
    is_gone = ~asked & (pl.col("decision") != Decision.REFUSED.value)
    differs = asked & _differ({name: pl.col(name) for name in BASIS}, now)
    said = {name: pl.col("kept").struct.field(name) for name in BASIS}
    was_gone = pl.col("kept").struct.field("withdrawn").fill_null(False)
    is_same = (
        pl.when(is_gone)
        .then(was_gone)
        .when(differs)
        .then(pl.col("kept").is_not_null() & ~was_gone & ~_differ(said, now))
        .otherwise(pl.col("kept").is_null())
    )
    moment = pl.lit(at).alias("at")
    withdrawn = pl.struct(pl.lit(True).alias("withdrawn"), moment).struct.json_encode()
    other = pl.struct(*(now[name].alias(name) for name in BASIS), moment).struct.json_encode()
    words = pl.when(is_gone).then(withdrawn).when(differs).then(other).otherwise(pl.lit(None, pl.String))
    return both.filter(~is_same).with_columns(new_proposal=words).drop("kept", "asked", *(f"{n} now" for n in BASIS))


def _differ(one: Mapping[str, pl.Expr], other: Mapping[str, pl.Expr]) -> pl.Expr:
    days = one["test_dates"].list.join(" ").ne_missing(other["test_dates"].list.join(" "))
    return pl.any_horizontal(*(one[name].ne_missing(other[name]) for name in BASIS[:-1]), days)
