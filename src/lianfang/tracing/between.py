"""The contacts in between, through whom the second degree is sought by a playbook."""

import datetime as dt

import polars as pl

from lianfang.kernel.vocabulary import Category
from lianfang.playbook.model import Playbook


def turned_positive(
    carried: pl.DataFrame, cases: pl.DataFrame, positive: pl.Series | None, playbook: Playbook
) -> list[str]:
    """The contacts in between who turned positive, where the playbook makes close contacts of whom they met."""
    rules = playbook.tracing.categories
    if not any(rule.via_positive and rule.category is Category.CLOSE_CONTACT for rule in rules):
        return []
    ill = cases["person_id"] if positive is None else pl.concat([cases["person_id"], positive])
    return sorted(set(carried["person_id"]) & set(ill))


def carriers_by(
    rows: pl.DataFrame,
    cases: pl.DataFrame,
    playbook: Playbook,
    latent_hours: float,
    as_of: dt.datetime,
    isolations: pl.DataFrame | None,
    decisions: pl.DataFrame | None,
) -> pl.DataFrame:
    """Through whom the second degree is sought by a playbook: also through a close contact who is a case by now."""
    from lianfang.presences.core.contact_rows import carriers
    from lianfang.tracing.core.contacts import close_only

    known = cases.select("person_id", "isolated_at").drop_nulls("isolated_at")
    known = (
        known if isolations is None else pl.concat([isolations.select(known.columns), known], how="vertical_relaxed")
    )
    close = close_only(rows, playbook=playbook, decisions=decisions)
    return carriers(
        close, cases=cases.clear(), latent_hours=latent_hours, as_of=as_of, isolations=known if known.height else None
    )
