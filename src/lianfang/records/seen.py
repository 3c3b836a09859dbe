"""Nobody decides about what they have not seen: what stood on the page is compared with what stands in the rows.

Rows that were chosen one by one come with a mark of what they said (`mark_of`). Where every matching row is meant, the
page tells up to which entry of the audit trail it was made: whatever was proposed, decided or undone after that entry
was not on it. An entry is committed together with what it tells of, and writers take turns, so the number of an entry
says more than a time: a response reckons for minutes before others see what it proposes.

What counts of a row its room declares (`lianfang.kernel.declare.Subject`).
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from lianfang.access.audit import written_after
from lianfang.house import subjects
from lianfang.kernel.declare import Subject, load_named
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.core.acts import Renewals


class ChangedSince(Refused):
    """A decision about something that says something else now than when it was seen."""


@dataclass(frozen=True)
class Seen:
    """What whoever decides had before them.

    Attributes
    ----------
    marks : mapping of str to str
        By key, as text, what the rows said that were chosen one by one.
    number : int, optional
        The last entry of the audit trail when the page was made, where every matching row is meant; the marks then
        do not count.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None


def subject_of(row: Any) -> Subject | None:
    """Return what is declared of the rows of a model (a row, or the model itself); None where nothing is."""
    return subjects().get(row._meta.label_lower)


def mark_of(row: Any) -> str:
    """Return a short mark of what a row says: equal as long as everything that counts of it is the same.

    Raises
    ------
    KeyError
        When no room declares what counts of such a row.
    """
    said = json.dumps(_said(row._meta.label_lower)(row), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def need_as_seen(rows: Sequence[Any], seen: Seen | None) -> None:
    """Refuse when a row that was chosen says something else than its mark; called while the rows are locked.

    Parameters
    ----------
    rows : sequence of model instances
        Those that would be changed, of one model.
    seen : Seen or None
        None: nobody looked at a page, as in a command. Where all matching rows are meant, `part_unseen` is asked.

    Raises
    ------
    ChangedSince
        When one does.
    """
    if seen is None or seen.number is not None or not rows:
        return
    count = sum(1 for one in rows if seen.marks.get(str(one.pk)) != mark_of(one))
    if count:
        words = _subject(rows[0]).count.format(n=count)
        raise ChangedSince(
            Text(
                f"其中 {words.zh}在您打开页面之后有改动，未作任何决定；请核对现在的内容后再操作",
                f"{words.en} changed after you opened the page, and nothing was decided; "
                "look at what stands there now, then decide",
            )
        )


def part_unseen(rows: Sequence[Any], seen: Seen | None) -> tuple[list[Any], int]:
    """Part rows into those that still stand as when the page was made, and the number of the others.

    Parameters
    ----------
    rows : sequence of model instances
        Of one model, locked.
    seen : Seen or None
        Where it holds marks instead of a number, every row stays.

    Raises
    ------
    ChangedSince
        When none stands so any more.
    """
    if seen is None or seen.number is None or not rows:
        return list(rows), 0
    touched = _touched(rows, seen.number)
    kept = [one for one in rows if one.pk not in touched]
    if not kept:
        words = _subject(rows[0]).count.format(n=len(rows))
        raise ChangedSince(
            Text(
                f"这 {words.zh}在您打开页面之后都有改动，未作任何决定；请核对现在的内容后再操作",
                f"all of them ({words.en}) changed after you opened the page, and nothing was decided; "
                "look at what stands there now, then decide",
            )
        )
    return kept, len(rows) - len(kept)


def unseen_words(model: Any, count: int) -> Text:
    """Say how many rows were left out because nobody saw them as they are."""
    words = _subject(model).count.format(n=count)
    return Text(
        f"另有 {words.zh}在您打开页面之后才提出或已有决定，未作改动。",
        f"{words.en} came or changed after you opened the page, and stay as they are.",
    )


def _touched(rows: Sequence[Any], number: int) -> set[Any]:
    subject = _subject(rows[0])
    entries = written_after(number, kinds=(rows[0]._meta.label_lower,))
    keys = {str(key) for _, detail in entries for key in detail.get("keys", ())}
    renewals = Renewals.of((at, detail) for at, detail in entries if "keys" not in detail)
    if not entries:
        return set()
    is_renewed = load_named(subject.renewed) if subject.renewed and renewals.times else lambda row, renewals: False
    return {one.pk for one in rows if str(one.pk) in keys or is_renewed(one, renewals)}


def _subject(row: Any) -> Subject:
    return subjects()[row._meta.label_lower]


@cache
def _said(label: str) -> Callable[[Any], Any]:
    said: Callable[[Any], Any] = load_named(subjects()[label].said)
    return said


__all__ = ["ChangedSince", "Seen", "mark_of", "need_as_seen", "part_unseen", "subject_of", "unseen_words"]
