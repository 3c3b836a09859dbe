"""Which kinds of task there are: what the rooms declare. `kinds` is the only place that is asked."""

from functools import cache

from lianfang.access.core.roles import PERMISSIONS
from lianfang.house import declared as rooms
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import TaskKind
from lianfang.records.core.tasks import UNKNOWN


@cache
def _declared() -> dict[str, TaskKind]:
    known: dict[str, TaskKind] = {}
    for room in rooms().values():
        for kind in room.tasks:
            _add(known, kind)
    return known


def _add(known: dict[str, TaskKind], kind: TaskKind) -> None:
    if known.get(kind.code, kind) != kind:
        raise ValueError(f"two kinds of task are called {kind.code!r}")
    if kind.permission not in PERMISSIONS:
        raise ValueError(f"the task {kind.code!r} names a permission that does not exist: {kind.permission!r}")
    known[kind.code] = kind


def declare(*declared: TaskKind) -> None:
    """Add kinds of task that no room has, for tests; the same one twice changes nothing.

    Raises
    ------
    ValueError
        When two kinds have one code, or a permission is in no table: errors of the programmer, at start-up.
    """
    for kind in declared:
        _add(_declared(), kind)


def withdraw(code: str) -> None:
    """Take a kind away again; for tests."""
    _declared().pop(code, None)


def kinds() -> dict[str, TaskKind]:
    """Return every kind of task by its code."""
    return _declared()


def kind_of(code: str) -> TaskKind:
    """Return one kind of task.

    Raises
    ------
    Refused
        When this version has none of that code.
    """
    try:
        return kinds()[code]
    except KeyError:
        raise Refused(UNKNOWN.format(kind=code)) from None
