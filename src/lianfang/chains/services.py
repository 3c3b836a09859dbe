"""The door to changing chains: what was inferred is compared with what is stored, then the differences are written.

A link about which somebody decided is not taken away when it is inferred no more: it stays, without weight of its own.
"""

import datetime as dt

import polars as pl

from lianfang.access.scope import Scope, system_scope
from lianfang.access.turns import writing
from lianfang.chains.models import ChainLink
from lianfang.records.kept import Differences, Kept, Written
from lianfang.records.proposals import compare, write

EVIDENCE_LENGTH = 300

_LINKS = Kept(
    ChainLink,
    key=("outbreak", "infector", "infectee"),
    follows=("weight", "evidence_zh", "evidence_en"),
    may_go={"verdict": ""},
    lapsed={"weight": 0.0},
    kind="chains.chainlink",
    act="chain.infer",
)


def to_store(chains: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime) -> Differences:
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
    words = (pl.col(name).fill_null("").str.slice(0, EVIDENCE_LENGTH) for name in ("evidence_zh", "evidence_en"))
    links = chains.select(pl.lit(outbreak).alias("outbreak"), "infector", "infectee", "weight", *words)
    stored = ChainLink.objects.within(system_scope("chains")).filter(outbreak_id=outbreak)
    about = {"outbreak": outbreak, "links": links.height}
    return compare(_LINKS, links.sort("infectee", "infector"), stored, about=about)


def store(ready: Differences, *, by: Scope, at: dt.datetime) -> Written:
    """Write the links that are new or changed and take away those that are gone, in one transaction with its trace."""
    return write(ready, by=by, at=at)


def record_chains(*, chains: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Make the candidate infectors of an outbreak equal to what was inferred; doing the same twice changes nothing.

    See `to_store` for the parameters.

    Returns
    -------
    int
        Links made or changed.
    """
    with writing():
        return store(to_store(chains, outbreak=outbreak, by=by, at=at), by=by, at=at).changed
