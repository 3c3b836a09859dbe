"""Whom to call first: the score of each contact, its four shares, and how much each counts by the playbook.

``score = Σ weight × share``, every share between 0 and 1; `docs/algorithms/ranking.md` explains it with an example.
The order is for callers alone: it decides nobody's category or measure.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import PriorityRule
from lianfang.tracing.core.proposals import one_a_person
from lianfang.tracing.core.state import IS_CONTACT

FORGOTTEN_AFTER = 30
"""Days of recency that are told apart; a last contact that lies further back counts as this long ago."""

SHARES = ("intensity", "setting", "recency", "vulnerability")
"""What a score is made of, in the order in which it is shown."""

CALLS = ("person_id", "category", "score", *SHARES, "minutes", "last_contact")
"""Columns of `call_list`."""

LABELS = {
    "intensity": Text("接触强度", "Intensity"),
    "setting": Text("场所与接触层级", "Setting"),
    "recency": Text("距末次接触时间", "Recency"),
    "vulnerability": Text("重症高风险", "Vulnerability"),
}
"""The shares in words."""


class Part(NamedTuple):
    """One share of a score: its code, itself, its weight, and the points out of 100 that it gives."""

    name: str
    share: float
    weight: float

    @property
    def points(self) -> float:
        """What it adds to the score, out of 100."""
        return 100 * self.weight * self.share


def weights_of(rule: PriorityRule) -> dict[str, float]:
    """Return the weight of each of `SHARES`; they sum to 1."""
    return {name: getattr(rule, name) for name in SHARES}


def settings_of(contacts: pl.DataFrame, rule: PriorityRule) -> pl.DataFrame:
    """Return the heaviest setting of each person.

    Parameters
    ----------
    contacts : pl.DataFrame
        ``person_id, degree, place_kind``: rows of tracing.
    rule : PriorityRule
        Weights of the place kinds, and of the second degree.

    Returns
    -------
    pl.DataFrame
        ``person_id, setting``, one row a person.
    """
    weights = {kind.value: rule.by_place_kind.get(kind, 0.0) for kind in PlaceKind}
    kind = pl.col("place_kind").replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    far = pl.when(pl.col("degree") == 2).then(rule.second_degree).otherwise(1.0)
    return contacts.group_by("person_id", maintain_order=True).agg(setting=(kind * far).max())


def ranked(people: pl.DataFrame, *, rule: PriorityRule, as_of: dt.datetime) -> pl.DataFrame:
    """Add the shares and the score to contacts, one row a person.

    Parameters
    ----------
    people : pl.DataFrame
        ``person_id, minutes`` (the longest time together with one case; empty or 0: nobody measured it),
        ``last_contact`` (naive local), ``setting`` (from `settings_of`); where present ``birth_date`` and ``special``
        (a fact of `playbook.model.FACTS_IN_WHEN`).
    rule : PriorityRule
        Weights, half-values and who is vulnerable.
    as_of : datetime
        Naive local; recency and age are those of its day.

    Returns
    -------
    pl.DataFrame
        With `SHARES` and ``score``, in the order in which to call: the highest score first, then the latest contact,
        then the person id.
    """
    minutes = pl.when(pl.col("minutes") > 0).then("minutes")
    days = (pl.lit(as_of.date()) - pl.col("last_contact").dt.date()).dt.total_days()
    parts = people.with_columns(
        intensity=(minutes / (minutes + rule.half_minutes)).fill_null(rule.not_known),
        setting=pl.col("setting").fill_null(0.0),
        recency=(0.5 ** (days.clip(0, FORGOTTEN_AFTER) / rule.half_days)).fill_null(rule.not_known),
        vulnerability=_vulnerable(people, rule, as_of.date()),
    )
    score = pl.sum_horizontal(weight * pl.col(name) for name, weight in weights_of(rule).items())
    order = ["score", "last_contact", "person_id"]
    return parts.with_columns(score=score).sort(order, descending=[True, True, False], nulls_last=True)


def call_list(contacts: pl.DataFrame, people: pl.DataFrame, *, rule: PriorityRule, as_of: dt.datetime) -> pl.DataFrame:
    """Return contacts in the order in which to call them, one row a person; who is a case is left out.

    Parameters
    ----------
    contacts : pl.DataFrame
        Schema `kernel.schema.CONTACTS`.
    people : pl.DataFrame
        ``person_id`` and, where known, ``birth_date`` and ``special``.
    rule : PriorityRule
        The weights.
    as_of : datetime
        Naive local.

    Returns
    -------
    pl.DataFrame
        Columns of `CALLS`; ``score`` out of 100.
    """
    persons = one_a_person(contacts.filter(IS_CONTACT.polars())).filter(~pl.col("is_case").fill_null(False))
    known = [name for name in ("birth_date", "special") if name in people.columns]
    told = people.select("person_id", *known).unique("person_id", keep="first", maintain_order=True)
    rows = persons.join(settings_of(contacts, rule), on="person_id").join(told, on="person_id", how="left")
    done = ranked(rows, rule=rule, as_of=as_of).with_columns(pl.col("score") * 100)
    return done.select(CALLS)


def _vulnerable(people: pl.DataFrame, rule: PriorityRule, today: dt.date) -> pl.Expr:
    shares: list[pl.Expr] = [pl.lit(0.0)]
    if "birth_date" in people.columns:
        shares += [
            pl.when(pl.col("birth_date") <= born_by(today, band.from_age)).then(band.share) for band in rule.ages
        ]
    if "special" in people.columns:
        known = pl.col("special").replace_strict(rule.special, default=0.0, return_dtype=pl.Float64)
        shares.append(known)
    return pl.max_horizontal(shares)


def born_by(today: dt.date, age: int) -> dt.date:
    """Return the last day of birth of whoever has an age today; who was born on 29 February ages on 1 March."""
    try:
        return today.replace(year=today.year - age)
    except ValueError:
        return dt.date(today.year - age, 2, 28)


def score_of(parts: Iterable[Part]) -> float:
    """Return the score of shares, out of 100."""
    return sum(part.points for part in parts)


def words_of(parts: Iterable[Part]) -> Text:
    """Say how a score comes about: each share, its weight, and the points it gives."""
    told = [
        Text("{label} {share}×{weight}={points}", "{label} {share} × {weight} = {points}").format(
            label=LABELS[part.name],
            share=f"{part.share:.2f}",
            weight=f"{100 * part.weight:g}",
            points=f"{part.points:.1f}",
        )
        for part in parts
    ]
    return Text("、".join(one.zh for one in told), "; ".join(one.en for one in told))


def parts_of(row: dict[str, float], rule: PriorityRule) -> list[Part]:
    """Return the shares of a row of `ranked`, each with its weight, in the order of `SHARES`."""
    return [Part(name, row[name], weight) for name, weight in weights_of(rule).items()]
