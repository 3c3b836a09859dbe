"""The door to changing chains: what was inferred is compared with what is stored, then the differences are written."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.chains.models import ChainLink
from lianfang.records.batches import in_batches
from lianfang.records.frames import frame_of

EVIDENCE_LENGTH = 300


@dataclass(frozen=True)
class ChainsToStore:
    """How the stored candidate infectors of an outbreak differ from those inferred.

    Attributes
    ----------
    outbreak : str
        Its code.
    links : int
        How many there are in all.
    new : pl.DataFrame
        Links that are not stored so.
    gone : list of int
        Keys of stored links that are none of them.
    """

    outbreak: str
    links: int
    new: pl.DataFrame
    gone: list[int]


def to_store(chains: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime) -> ChainsToStore:
    """Compare the candidate infectors that were inferred with those stored; nothing is written.

    Parameters
    ----------
    chains : pl.DataFrame
        ``infector, infectee, weight, evidence_zh, evidence_en``, as `core.chains.weigh` gives them.
    outbreak : str
        Its code.
    by, at
        Not looked at: links belong to no area and hold no time. Every room's `to_store` takes them.
    """
    columns: dict[str, tuple[str, pl.DataType]] = {
        "pk": ("pk", pl.Int64()),
        "infector": ("infector_id", pl.String()),
        "infectee": ("infectee_id", pl.String()),
        "weight": ("weight", pl.Float64()),
        "evidence_zh": ("evidence_zh", pl.String()),
        "evidence_en": ("evidence_en", pl.String()),
    }
    told = list(columns)[1:]
    limit: dict[str, int] = dict.fromkeys(("evidence_zh", "evidence_en"), EVIDENCE_LENGTH)
    links = chains.select(told).sort("infectee", "infector")
    links = links.with_columns(pl.col(name).fill_null("").str.slice(0, length) for name, length in limit.items())
    there = frame_of(ChainLink.objects.filter(outbreak_id=outbreak), columns).with_columns(pl.col(*limit).fill_null(""))
    return ChainsToStore(
        outbreak=outbreak,
        links=links.height,
        new=links.join(there, on=told, how="anti", maintain_order="left"),
        gone=there.join(links, on=told, how="anti")["pk"].to_list(),
    )


def store(ready: ChainsToStore, *, by: Scope, at: dt.datetime) -> int:
    """Write the links that are new or changed and take away those that are gone, in one transaction with its trace.

    Returns
    -------
    int
        Links written; 0 when nothing has changed.
    """
    if not ready.new.height and not ready.gone:
        return 0
    with writing():
        for part in in_batches(ready.gone):
            ChainLink.objects.filter(pk__in=part).delete()
        ChainLink.objects.bulk_create(
            [
                ChainLink(
                    outbreak_id=ready.outbreak,
                    infector_id=row["infector"],
                    infectee_id=row["infectee"],
                    weight=row["weight"],
                    evidence_zh=row["evidence_zh"],
                    evidence_en=row["evidence_en"],
                )
                for row in ready.new.iter_rows(named=True)
            ],
            batch_size=1000,
        )
        detail = {"act": "chain.infer", "outbreak": ready.outbreak, "links": ready.links}
        audit.record(actor=by.name, act="write", kind="chains.chainlink", detail=detail, at=at)
    return ready.new.height


def record_chains(*, chains: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Make the candidate infectors of an outbreak equal to what was inferred; doing the same twice changes nothing.

    See `to_store` for the parameters and `store` for what is returned.
    """
    with writing():
        return store(to_store(chains, outbreak=outbreak, by=by, at=at), by=by, at=at)
