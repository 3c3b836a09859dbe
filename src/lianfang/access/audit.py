"""The audit trail: who read, wrote, exported or was refused what, each entry chained to the last by its hash."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from django.db.models import Q

from lianfang.access.core.chain import START, Break, Entry, Head, digest, first_break, plain
from lianfang.access.models import AuditEntry, AuditHead
from lianfang.access.turns import taking_turn

Act = Literal["read", "write", "export", "sign-in", "refused"]

_FIELDS = ("number", "at", "actor", "act", "kind", "key", "detail", "previous", "digest")


def record(
    *, actor: str, act: Act, kind: str, key: str = "", detail: Mapping[str, Any] | None = None, at: dt.datetime
) -> int:
    """Append one entry, in the caller's transaction where there is one: act and trace are kept or lost together.

    It takes a turn among all writers (`access.turns`): entries of a chain come one after another.

    Parameters
    ----------
    actor : str
        ``account:<username>`` or ``system:<task>``: the name of the scope under which it was done.
    act : {"read", "write", "export", "sign-in", "refused"}
        What was done.
    kind, key : str
        What it was done to; `key` is empty for many rows, whose keys stand in `detail`.
    detail : mapping, optional
        Anything that JSON can hold. Never the protected values themselves: the trail outlives them.
    at : datetime
        Aware.

    Returns
    -------
    int
        The number of the entry.
    """
    with taking_turn():
        head = AuditHead.objects.filter(pk=1).first() or AuditHead(pk=1, number=0, digest=START)
        entry = Entry(
            number=head.number + 1,
            at=at,
            actor=str(plain(actor))[:120],
            act=act,
            kind=str(plain(kind))[:40],
            key=str(plain(key))[:80],
            detail=plain(detail or {}),
            previous=head.digest,
            digest="",
        )
        entry = entry._replace(digest=digest(entry))
        AuditEntry.objects.bulk_create([AuditEntry(**entry._asdict())])
        AuditHead.objects.update_or_create(pk=1, defaults={"number": entry.number, "digest": entry.digest})
    return entry.number


def _entries() -> Iterator[Entry]:
    rows = AuditEntry.objects.order_by("number").values_list(*_FIELDS)
    return (Entry(*row) for row in rows.iterator(chunk_size=5000))


def verify(*, known: Sequence[Head] = ()) -> Break | None:
    """Walk the whole trail; return where it is broken first, or None. `known` are heads noted outside the database."""
    return first_break(_entries(), trail_head(), known=known)


def trail_head() -> Head | None:
    """Return number and digest of the last entry: worth noting outside the database, on paper or in another system."""
    row = AuditHead.objects.filter(pk=1).values_list("number", "digest").first()
    return None if row is None else Head(*row)


def last_number() -> int:
    """Return the number of the last entry, 0 before the first: the state of everything whose writing leaves a trace."""
    head = trail_head()
    return 0 if head is None else head.number


def written_after(number: int, *, kinds: Collection[str]) -> list[tuple[dt.datetime, dict[str, Any]]]:
    """Return time and detail of what was written to some kinds of rows after an entry, in the order of the entries."""
    rows = AuditEntry.objects.filter(number__gt=number, act="write", kind__in=list(kinds)).order_by("number")
    return list(rows.values_list("at", "detail"))


def written_since(number: int, *, kinds: Collection[str] | None = None, outbreak: str | None = None) -> bool:
    """Tell whether anything was written, and not only read, after an entry.

    What was read after `last_number` gave this number still stands where nothing was. Asked inside `turns.writing` the
    answer is exact and stays so to the end of the transaction: an entry is committed together with what it tells of,
    and nobody else is writing.

    Parameters
    ----------
    number : int
        Of the entry, from `last_number`.
    kinds : collection of str, optional
        What counts, by `record`'s `kind` (for a `changes.Change` the label of the model); everything, when not given.
    outbreak : str, optional
        What names another outbreak in its detail does not count; what names none does.
    """
    entries = AuditEntry.objects.filter(number__gt=number, act="write")
    if kinds is not None:
        entries = entries.filter(kind__in=list(kinds))
    if outbreak is not None:
        entries = entries.filter(Q(detail__outbreak__isnull=True) | Q(detail__outbreak=outbreak))
    return entries.exists()
