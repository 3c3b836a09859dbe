"""A bulletin as it is kept once it was published: everything that it says, as JSON, and the digest of that."""

import datetime as dt
import hashlib
import json
from typing import Any

from lianfang.kernel.text import Text
from lianfang.reports.core.cases import Curve
from lianfang.reports.core.figures import Figure
from lianfang.reports.core.paper import Bulletin, Masthead, Section, Sheet


def frozen(bulletin: Bulletin) -> dict[str, Any]:
    """Return all that a bulletin says, as JSON holds it: words in both languages and numbers, no way to a list."""
    head = bulletin.masthead
    return {
        "title": _text(bulletin.title),
        "issued": _text(bulletin.issued),
        "masthead": {
            "unit": head.unit,
            "issue": head.issue,
            "signed_by": head.signed_by,
            "corrects": head.corrects,
            "why": head.why,
        },
        "sections": [
            {
                "title": _text(one.title),
                "sentences": [_text(sentence) for sentence in one.sentences],
                "picture": one.picture,
                "sheet": None
                if one.sheet is None
                else {
                    "head": [_text(word) for word in one.sheet.head],
                    "rows": [
                        [_text(label), [[figure.name, _text(figure.label), figure.value] for figure in figures]]
                        for label, figures in one.sheet.rows
                    ],
                },
            }
            for one in bulletin.sections
        ],
        "curve": {
            "days": [day.isoformat() for day in bulletin.curve.days],
            "counts": {code: list(counts) for code, counts in bulletin.curve.counts.items()},
            "before": bulletin.curve.before,
        },
    }


def thawed(kept: dict[str, Any]) -> Bulletin:
    """Return the bulletin that `frozen` kept."""
    curve = kept["curve"]
    return Bulletin(
        title=Text(*kept["title"]),
        issued=Text(*kept["issued"]),
        sections=tuple(
            Section(
                Text(*one["title"]),
                tuple(Text(*sentence) for sentence in one["sentences"]),
                None if one["sheet"] is None else _sheet(one["sheet"]),
                one["picture"],
            )
            for one in kept["sections"]
        ),
        masthead=Masthead(**kept["masthead"]),
        curve=Curve(
            tuple(dt.date.fromisoformat(day) for day in curve["days"]),
            {code: tuple(counts) for code, counts in curve["counts"].items()},
            curve["before"],
        ),
    )


def digest_of(kept: dict[str, Any]) -> str:
    """Return the SHA-256 of what is kept: another word or number is another digest."""
    return hashlib.sha256(json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _text(words: Text) -> list[str]:
    return [words.zh, words.en]


def _sheet(kept: dict[str, Any]) -> Sheet:
    return Sheet(
        tuple(Text(*word) for word in kept["head"]),
        tuple(
            (Text(*label), tuple(Figure(name, Text(*words), value) for name, words, value in figures))
            for label, figures in kept["rows"]
        ),
    )
