"""Which kinds of task there are. Rooms declare them as they are loaded; `kinds` is the only place that is asked."""

from lianfang.access.core.roles import PERMISSIONS
from lianfang.kernel.errors import Refused
from lianfang.kernel.tasks import TaskKind
from lianfang.records.core.tasks import UNKNOWN

_DECLARED: dict[str, TaskKind] = {}


def declare(*declared: TaskKind) -> None:
    """Add kinds of task; the same one twice changes nothing.

    Raises
    ------
    ValueError
        When two kinds have one code, or a permission is in no table: errors of the programmer, at start-up.
    """
    for kind in declared:
        if _DECLARED.get(kind.code, kind) != kind:
            raise ValueError(f"two kinds of task are called {kind.code!r}")
        if kind.permission not in PERMISSIONS:
            raise ValueError(f"the task {kind.code!r} names a permission that does not exist: {kind.permission!r}")
        _DECLARED[kind.code] = kind


def withdraw(code: str) -> None:
    """Take a kind away again; for tests."""
    _DECLARED.pop(code, None)


def kinds() -> dict[str, TaskKind]:
    """Return every kind of task by its code."""
    return _DECLARED


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
