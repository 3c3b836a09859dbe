"""Taking presences out of the application's store for good: a person, a list, old days; each with trace and proof."""

import datetime as dt

from lianfang.access.models import Account
from lianfang.access.services import need
from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text
from lianfang.presences.keeping import record, store
from lianfang.presences.store.manifest import Removed
from lianfang.presences.store.progress import Progress
from lianfang.presences.store.removal import Concerned, Gone


def retract(person_id: str, *, by: Account, at: dt.datetime, progress: Progress | None = None) -> Gone:
    """Take every presence of a person out of the store, for good, and bar the id from coming in again.

    The entry in the audit trail carries the proof, not the id. What tracing had found stays in the database until
    somebody decides it or the next response no longer finds it.

    Parameters
    ----------
    person_id : str
    by : Account
        Needs ``presence.retract``.
    at : datetime
        Aware.
    progress : callable, optional
        As for `PresenceStore.retract`.

    Returns
    -------
    Gone
        The numbers of the proof; `PresenceStore.verify` with the person shows the rest.

    Raises
    ------
    Refused
        When the account may not, or another process has been writing for too long.
    """
    need(by, "presence.retract")
    gone = store().retract(person_id, at=at, progress=progress)
    detail = {"rows": gone.rows, "segments": gone.segments, "version": gone.version}
    record("presence.retract", detail, gone.mark, by, at)
    return gone


def withdraw(named: str, *, by: Account, at: dt.datetime, progress: Progress | None = None) -> Removed:
    """Take everything of a source out of the store, for good; it may come in again. See `PresenceStore.withdraw`.

    Parameters
    ----------
    named : str
        Name of the source, or how its digest begins.
    by : Account
        Needs ``presence.withdraw``.
    at : datetime
        Aware.
    progress : callable, optional

    Raises
    ------
    Refused
        When the account may not, no single source is called so, or another process has been writing for too long.
    """
    need(by, "presence.withdraw")
    gone = store().withdraw(named, at=at, progress=progress)
    _record_removed("presence.withdraw", gone, by=by, at=at)
    return gone


def drop(before: dt.date, *, by: Account, at: dt.datetime) -> Removed:
    """Take the days before a date out of the store, for good. See `PresenceStore.drop`.

    Parameters
    ----------
    before : date
        The first day that stays.
    by : Account
        Needs ``presence.drop``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When the account may not, or another process has been writing for too long.
    """
    need(by, "presence.drop")
    gone = store().drop(before, at=at)
    _record_removed("presence.drop", gone, by=by, at=at)
    return gone


def concerned(
    *,
    by: Account,
    at: dt.datetime,
    person_id: str | None = None,
    source: str | None = None,
    before: dt.date | None = None,
) -> Concerned:
    """Tell what `retract`, `withdraw` or `drop` would take out; whether somebody has presences is a read of them.

    Parameters
    ----------
    by : Account
        Needs the permission of the act.
    at : datetime
        Aware.
    person_id, source, before
        One of them.
    """
    if person_id is not None:
        need(by, "presence.retract")
        went = store().concerned(person_id=person_id)
        record("presence.preview", {"rows": went.rows}, store().mark(person_id), by, at, did="read")
        return went
    if source is not None:
        need(by, "presence.withdraw")
        return store().concerned(source=source)
    if before is not None:
        need(by, "presence.drop")
        return store().concerned(before=before)
    raise Misused(Text("请指明人员、来源或日期", "name a person, a source or a date"))


def _record_removed(act: str, gone: Removed, *, by: Account, at: dt.datetime) -> None:
    names = ("name", "rows", "days", "persons", "segments", "ids", "version")
    record(act, {name: getattr(gone, name) for name in names}, gone.of, by, at)
