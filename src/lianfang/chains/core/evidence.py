"""Why a candidate stands where it stands, in plain words of both languages."""

import polars as pl

from lianfang.chains.core.people import People
from lianfang.kernel.vocabulary import PlaceKind


def with_evidence(pairs: pl.DataFrame, people: People, meetings: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs with ids, evidence, and place and time of the meeting that speaks most.

    Parameters
    ----------
    pairs : polars.DataFrame
        ``i, j, weight``.
    people : People
    meetings : polars.DataFrame
        Rows of `meetings.meetings_of`.
    """
    i, j = (pairs[name].cast(pl.Int64).to_numpy() for name in ("i", "j"))
    names = pl.Series("id", people.ids, dtype=pl.String)
    rows = pairs.select(
        pl.Series("i", i),
        pl.Series("j", j),
        "weight",
        infector=names.gather(i),
        infectee=names.gather(j),
        days=pl.Series(people.day[j] - people.day[i], dtype=pl.Int64),
        both_onset=pl.Series(people.by_onset[i] & people.by_onset[j], dtype=pl.Boolean),
    )
    timing_zh, timing_en = _timing()
    return (
        rows.join(_meetings_in_words(meetings, rows), on=["i", "j"], how="left", maintain_order="left")
        .with_columns(
            evidence_zh=timing_zh + "；" + pl.col("zh").fill_null("无已知接触"),
            evidence_en=timing_en + "; " + pl.col("en").fill_null("no known contact"),
        )
        .sort("infectee", "weight", "infector", descending=[False, True, False])
    )


def _meetings_in_words(meetings: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    minutes = pl.max_horizontal(pl.col("minutes").round(0).cast(pl.Int64), 1).cast(pl.String)
    kind_zh = pl.col("place_kind").replace_strict({k.value: k.label.zh for k in PlaceKind}, default="")
    told = pl.col("minutes").is_null()
    return (
        meetings.join(pairs.select("i", "j"), on=["i", "j"], how="semi")
        .sort("i", "j", "speaks", "dose", "place_kind", descending=[False, False, True, True, False])
        .with_columns(
            zh=pl.when(told).then(kind_zh + "（流调所述）").otherwise(kind_zh + " " + minutes + " 分钟"),
            en=pl.when(told)
            .then("shared " + pl.col("place_kind") + " by interview")
            .otherwise("shared " + pl.col("place_kind") + " " + minutes + " min"),
        )
        .group_by("i", "j", maintain_order=True)
        .agg(
            pl.col("zh").str.join("、"),
            pl.col("en").str.join(", "),
            # Of the meeting that speaks most: its place is empty where an interview told of it.
            pl.col("place_id").first(),
            pl.col("place_kind").first(),
            pl.col("met_at").first(),
        )
    )


def _timing() -> tuple[pl.Expr, pl.Expr]:
    days = pl.col("days")
    span = days.abs().cast(pl.String)
    what_zh = pl.when("both_onset").then(pl.lit("发病")).otherwise(pl.lit("发病（采样）"))
    what_en = pl.when("both_onset").then(pl.lit("onset")).otherwise(pl.lit("onset or sample"))
    day_word = pl.when(days.abs() == 1).then(pl.lit(" day ")).otherwise(pl.lit(" days "))
    earlier_zh = pl.when(days > 0).then(pl.lit("早 ")).otherwise(pl.lit("晚 "))
    earlier_en = pl.when(days > 0).then(pl.lit("before")).otherwise(pl.lit("after"))
    zh = pl.when(days == 0).then(what_zh + "同日").otherwise(what_zh + earlier_zh + span + " 天")
    en = pl.when(days == 0).then(what_en + " on the same day").otherwise(what_en + " " + span + day_word + earlier_en)
    return zh, en
