"""What people decide about links of chains, as plans: which rows change, and how (see `lianfang.records.acts`)."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import LinkVerdict
from lianfang.records.core.acts import Answer, Asked


def confirm(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Confirm that these infectors were the ones; a case has one, so of two for one case neither is confirmed."""
    many = Counter((row.outbreak_id, row.infectee_id) for row in rows)
    found = _decide(rows, LinkVerdict.CONFIRMED, asked)
    return [
        Text(f"病例 {row.infectee_id} 只能确认一个传染源", f"case {row.infectee_id} can have one infector: confirm one")
        if many[row.outbreak_id, row.infectee_id] > 1
        else answer
        for row, answer in zip(rows, found, strict=True)
    ]


def refuse(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Rule out that these infectors were the ones."""
    return _decide(rows, LinkVerdict.REFUSED, asked)


def reopen(rows: Sequence[Any], asked: Asked) -> list[Answer]:
    """Take back what was decided: what is inferred counts again."""
    values = {"verdict": "", "verdict_at": None, "verdict_by_id": None, "verdict_note": ""}
    return [values if row.verdict else None for row in rows]


def said(link: Any) -> list[Any]:
    """Return what counts of a link for whoever decides; its weight follows the facts in any case."""
    return [link.infector_id, link.infectee_id, link.verdict]


def _decide(rows: Sequence[Any], verdict: LinkVerdict, asked: Asked) -> list[Answer]:
    values = {
        "verdict": verdict.value,
        "verdict_at": asked.at,
        "verdict_by_id": asked.by,
        "verdict_note": asked.note,
    }
    return [None if row.verdict == verdict.value else values for row in rows]
