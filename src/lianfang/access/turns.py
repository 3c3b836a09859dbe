"""Writers take turns: whoever writes is alone from the first statement of the transaction to its end.

Why one at a time, and what it costs, stands in docs/decisions (writers take turns).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import OperationalError, connection, transaction

_LOCK = 0x4C46_4155
"""One number for the whole application, kept by PostgreSQL until the transaction ends. SQLite needs none: its
transactions take the lock for writing as they begin (``transaction_mode`` in the settings)."""

_BUSY_STATES = frozenset({"40P01", "40001", "55P03"})
"""PostgreSQL's codes of what another writer is to blame for: a deadlock, a lost race, a lock not given in time."""

_saved: ContextVar[int] = ContextVar("saved", default=0)


@contextmanager
def writing() -> Iterator[None]:
    """Open a transaction that writes, once it is this writer's turn; inside another one, join that.

    Nothing that is read inside can be changed by others before the transaction ends, so no row needs a lock of its own,
    and no two writers can wait for each other. Services that write come through here (``tests/house/test_turns.py``);
    one statement that leaves no trace, such as a session's or that of a drawing that is kept, needs no turn. Do nothing
    long inside: everybody else waits.

    Raises
    ------
    OperationalError
        When the turn does not come within the patience of the settings; `is_busy` knows it.
    """
    is_outermost = not connection.in_atomic_block
    with taking_turn():
        yield
    if is_outermost:
        _saved.set(_saved.get() + 1)


@contextmanager
def taking_turn() -> Iterator[None]:
    """Do what `writing` does for an entry of the audit trail alone, which is nothing that a user saves."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield


def forget_saved() -> None:
    """Begin to count anew what is committed; called as a request begins."""
    _saved.set(0)


def saved() -> int:
    """Return how many transactions that write were committed since `forget_saved`."""
    return _saved.get()


def is_busy(error: BaseException | None) -> bool:
    """Tell whether an error, or what it arose from, is that another writer had the database for too long."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OperationalError) and _is_lock(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_lock(error: OperationalError) -> bool:
    if getattr(error.__cause__, "sqlstate", None) in _BUSY_STATES:
        return True
    words = str(error)
    return "database is locked" in words or "database table is locked" in words
