"""The chain of the audit trail: what the digest of an entry is, and where a chain is broken."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from lianfang.kernel.text import Text

START = "0" * 64
"""What stands as the previous digest of the first entry, and as the digest of an empty trail's head."""


class Entry(NamedTuple):
    """One line of the trail; `at` is an aware time."""

    number: int
    at: dt.datetime
    actor: str
    act: str
    kind: str
    key: str
    detail: Mapping[str, Any]
    previous: str
    digest: str


class Head(NamedTuple):
    """Number and digest of the last entry, kept apart from the entries."""

    number: int
    digest: str


@dataclass(frozen=True)
class Break:
    """Where a trail is broken, and how.

    Attributes
    ----------
    number : int
        The first entry that is bad, or missing.
    reason : Text
        What is wrong with it, in one sentence.
    """

    number: int
    reason: Text


def plain(value: Any) -> Any:
    """Return a value as both databases give it back unchanged: JSON with text keys, fractions as text.

    PostgreSQL rewrites numbers such as ``1e20`` and refuses NUL characters; times, UUIDs and the like become text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(item) for item in items]
    return str(value).replace("\x00", "")


def digest(entry: Entry) -> str:
    """Return the SHA-256, as 64 hexadecimal digits, of an entry's canonical JSON, its previous digest included.

    Canonical: keys sorted, no spaces, UTF-8, the time in UTC to the microsecond. `Entry.digest` itself is left out.
    """
    body = {
        "number": entry.number,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "act": entry.act,
        "kind": entry.kind,
        "key": entry.key,
        "detail": plain(entry.detail),
        "previous": entry.previous,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_break(entries: Iterable[Entry], head: Head | None, *, known: Iterable[Head] = ()) -> Break | None:
    """Walk a trail from its first entry and return where it is broken first, or None.

    Parameters
    ----------
    entries : iterable of Entry
        In the order of their numbers.
    head : Head or None
        What stood as the head before the walk began; entries after it may have been written since.
    known : iterable of Head
        Numbers and digests noted outside the database: they show that the whole trail was not written anew.

    Returns
    -------
    Break or None
        A changed entry (its digest does not fit its content), a removed one (its number is missing), a moved one (its
        content and digest fit each other but not the place), or a removed tail (the head knows more entries).
    """
    noted = {item.number: item.digest for item in known}
    if head is None:
        return Break(1, Text("审计链的末端记录不见了", "the record of the trail's end is missing"))
    last = Head(0, START)
    for entry in entries:
        expected = last.number + 1
        if entry.number != expected:
            return Break(
                expected,
                Text(f"缺少该条，其后是第 {entry.number} 条", f"it is missing; the next is {entry.number}"),
            )
        if entry.digest != digest(entry):
            return Break(
                expected, Text("内容与其摘要不符，已被改动", "its content does not fit its digest: it was changed")
            )
        if entry.previous != last.digest:
            return Break(
                expected,
                Text(
                    "与前一条不相连，已被移动或替换",
                    "it does not follow from the entry before: it was moved or replaced",
                ),
            )
        if noted.get(expected, entry.digest) != entry.digest:
            return Break(expected, Text("与另行记下的摘要不符", "it differs from the digest that was noted elsewhere"))
        if expected == head.number and entry.digest != head.digest:
            return Break(expected, Text("与末端记录不符", "it differs from the record of the trail's end"))
        last = Head(expected, entry.digest)
    furthest = max([head.number, *noted])
    if last.number < furthest:
        return Break(
            last.number + 1,
            Text(f"末尾被删除：应有 {furthest} 条", f"the tail was removed: there should be {furthest} entries"),
        )
    return None
