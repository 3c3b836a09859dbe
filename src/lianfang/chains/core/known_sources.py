"""How well inferred chains agree with sources that are already known: for a printed score, never for inference.

A case list may name known infectors in a column `KNOWN_INFECTORS`. `chains.weigh` does not look at it; here it is
compared with what was inferred, beside two baselines: the latest earlier onset, and two lines of arithmetic that know
the contacts too (`baseline.two_lines`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from lianfang.chains.core.baseline import two_lines
from lianfang.kernel.declare import Remark
from lianfang.kernel.schema import KNOWN_INFECTORS
from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook

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
        ``infector, infectee``, one row a pair, by infectee, the infectors of one in the order in which they are named;
        no rows where the column is absent. An infector that is not in the list is left out: nobody could have found it
        there.
    """
    if KNOWN_INFECTORS not in cases.columns:
        return pl.DataFrame(schema={"infector": pl.String(), "infectee": pl.String()})
    named = cases.select(
        infector=pl.col(KNOWN_INFECTORS).cast(pl.String).str.split(";"), infectee=pl.col("case_id").cast(pl.String)
    )
    pairs = named.explode("infector").with_columns(pl.col("infector").str.strip_chars())
    listed = pairs.join(cases.select(infector=pl.col("case_id").cast(pl.String)), on="infector", how="semi")
    first = listed.with_row_index("place").unique(["infector", "infectee"], keep="first")
    return first.sort("infectee", "place").drop("place")


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


@dataclass(frozen=True)
class Sources:
    """Known pairs found among the first candidates, by `FIRST`.

    Attributes
    ----------
    known : int
        Known pairs.
    ours, two_lines, latest : tuple of int
        How many of them are found by `chains.weigh`, by `baseline.two_lines` and by `latest_earlier_onsets`.
    """

    known: int
    ours: tuple[int, ...]
    two_lines: tuple[int, ...]
    latest: tuple[int, ...]


def sources_found(
    cases: pl.DataFrame,
    chains: pl.DataFrame,
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    met: pl.DataFrame | None = None,
) -> Sources | None:
    """Compare inferred chains and both baselines with known infectors; None where none is known.

    Parameters
    ----------
    cases : polars.DataFrame
        The case list, with `KNOWN_INFECTORS`.
    chains : polars.DataFrame
        Rows of `chains.weigh`.
    contacts, met, playbook
        What `chains.weigh` had.
    """
    known = known_pairs(cases)
    if known.is_empty():
        return None
    simple = two_lines(cases, contacts, playbook=playbook, met=met, infectees=known["infectee"], most=max(FIRST))
    ranked = (chains, simple, latest_earlier_onsets(cases))
    return Sources(known.height, *(tuple(found(one, known)["pairs"]) for one in ranked))


def remark(given: Mapping[str, Any]) -> Remark | None:
    """Return the sentence that compares inferred chains and baselines with known infectors; None where none is known.

    Parameters
    ----------
    given : mapping
        Results of the response: ``sources``.
    """
    sources: Sources | None = given["sources"]
    if sources is None:
        return None
    places = "/".join(str(n) for n in FIRST)
    ours, simple, latest = ("/".join(str(n) for n in one) for one in (sources.ours, sources.two_lines, sources.latest))
    words = Text(
        f"已知传染源{sources.known}对，其中排在候选前{places}位的有{ours}对"
        f"（两行算式：已知接触×代际间隔×场所 {simple}对；只取最近的较早发病者 {latest}对）；已知传染源未参与推断",
        f"{sources.known} known source pairs: {ours} are among the first {places} candidates "
        f"(two lines of arithmetic, known contact × serial interval × place: {simple}; "
        f"latest earlier onset: {latest}); what is known was not used to infer",
    )
    figures = {
        "known_pairs": sources.known,
        "first": list(FIRST),
        "found": list(sources.ours),
        "two_lines": list(sources.two_lines),
        "latest_earlier_onset": list(sources.latest),
    }
    return Remark(words, figures)
