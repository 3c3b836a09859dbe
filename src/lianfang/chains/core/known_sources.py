"""How well inferred chains agree with sources that are already known: for a printed score, never for inference.

A case list may name known infectors in a column `KNOWN_INFECTORS`. `chains.weigh` does not look at it; here it is
compared with what was inferred, beside a baseline that knows onsets alone.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from lianfang.kernel.text import Text

KNOWN_INFECTORS = "known_infectors"
"""Column of a case list: case ids of the known infectors, several joined by ``;``."""

FIRST = (1, 3, 5)
"""Numbers of candidates among which a known source is looked for."""


def known_pairs(cases: pl.DataFrame) -> pl.DataFrame:
    """Return the known pairs of a case list.

    Parameters
    ----------
    cases : polars.DataFrame
        ``case_id`` and, where anything is known, `KNOWN_INFECTORS`.

    Returns
    -------
    polars.DataFrame
        ``infector, infectee``, one row a pair, sorted; no rows where the column is absent. An infector that is not in
        the list is left out: nobody could have found it there.
    """
    if KNOWN_INFECTORS not in cases.columns:
        return pl.DataFrame(schema={"infector": pl.String(), "infectee": pl.String()})
    named = cases.select(
        infector=pl.col(KNOWN_INFECTORS).cast(pl.String).str.split(";"), infectee=pl.col("case_id").cast(pl.String)
    )
    pairs = named.explode("infector").with_columns(pl.col("infector").str.strip_chars())
    listed = pairs.join(cases.select(infector=pl.col("case_id").cast(pl.String)), on="infector", how="semi")
    return listed.unique().sort("infectee", "infector")


def latest_earlier_onsets(cases: pl.DataFrame, *, most: int = max(FIRST)) -> pl.DataFrame:
    """Return the baseline: the cases whose onset lies before and nearest.

    Parameters
    ----------
    cases : polars.DataFrame
        ``case_id, onset_date, sampled_at``; the day of a case is that of its onset, else of its sample.
    most : int
        Candidates kept for one case.

    Returns
    -------
    polars.DataFrame
        ``infector, infectee``; of one infectee the latest day first, ties by id.
    """
    days = cases.select(
        infectee=pl.col("case_id").cast(pl.String), day=pl.coalesce("onset_date", "sampled_at").dt.date()
    ).drop_nulls("day")
    ranked = days.sort("day", "infectee", descending=[True, False])
    infectees = days.sort("infectee")
    before = np.searchsorted(
        -ranked["day"].to_physical().to_numpy(), -infectees["day"].to_physical().to_numpy(), "right"
    )
    at = before[:, None] + np.arange(most)
    rows, _ = np.nonzero(at < ranked.height)
    return pl.DataFrame(
        {
            "infector": ranked["infectee"].gather(at[at < ranked.height]),
            "infectee": infectees["infectee"].gather(rows),
        }
    )


def found(candidates: pl.DataFrame, known: pl.DataFrame, *, first: Sequence[int] = FIRST) -> pl.DataFrame:
    """Count the known sources among the first candidates.

    Parameters
    ----------
    candidates : polars.DataFrame
        ``infector, infectee``, the candidates of one infectee in the order of their rank.
    known : polars.DataFrame
        Rows of `known_pairs`.
    first : sequence of int
        Numbers of candidates that are looked at.

    Returns
    -------
    polars.DataFrame
        One row for each of `first`: ``first``, ``pairs`` (known pairs among the first candidates) and ``cases`` (cases
        with at least one of their known infectors among them).
    """
    rank = pl.int_range(pl.len()).over("infectee") + 1
    hits = candidates.select("infector", "infectee", rank=rank).join(known, on=["infector", "infectee"], how="semi")
    return pl.DataFrame(
        [(k, (near := hits.filter(pl.col("rank") <= k)).height, near["infectee"].n_unique()) for k in first],
        schema={"first": pl.Int64(), "pairs": pl.Int64(), "cases": pl.Int64()},
        orient="row",
    )


def score_words(cases: pl.DataFrame, chains: pl.DataFrame) -> Text | None:
    """Return the sentence that compares inferred chains with known infectors; None where none is known.

    Parameters
    ----------
    cases : polars.DataFrame
        The case list, with `KNOWN_INFECTORS`.
    chains : polars.DataFrame
        Rows of `chains.weigh`.
    """
    known = known_pairs(cases)
    if known.is_empty():
        return None
    ours, baseline = (
        "/".join(str(n) for n in found(candidates, known)["pairs"])
        for candidates in (chains, latest_earlier_onsets(cases))
    )
    places = "/".join(str(n) for n in FIRST)
    return Text(
        f"已知传染源{known.height}对，其中排在候选前{places}位的有{ours}对（只取最近的较早发病者：{baseline}对）；已知传染源未参与推断",
        f"{known.height} known source pairs: {ours} are among the first {places} candidates "
        f"(latest earlier onset: {baseline}); what is known was not used to infer",
    )
