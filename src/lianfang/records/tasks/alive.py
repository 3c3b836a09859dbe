"""Which workers of this machine are alive: each holds a lock on a file, which the system lets go when it dies.

With it a task whose worker was killed is taken up at once on the same machine. Where there are no such locks, and for
workers of other machines, the claim running out says the same some minutes later.
"""

import contextlib
import os
import secrets
import socket
from pathlib import Path
from typing import IO

from django.conf import settings

try:
    import fcntl
except ImportError:  # a system without such locks
    fcntl = None  # type: ignore[assignment]

_FOLDER = "workers"


class Presence:
    """What this process is as a worker: its name, and the lock that says that it is alive."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"[-120:]
        self._file: IO[bytes] | None = None

    def begin(self) -> None:
        """Take the lock; before anything is claimed."""
        path = _path(self.name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("wb")
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def end(self) -> None:
        """Let the lock go, and clear its file away."""
        if self._file is not None:
            _path(self.name).unlink(missing_ok=True)
            self._file.close()
            self._file = None


def is_dead(name: str) -> bool:
    """Tell whether a worker is certainly dead: of this machine, with a lock file of this data folder that nobody holds.

    Of any other worker nothing is known here, which is no.
    """
    if fcntl is None or name.rpartition(":")[0].rpartition(":")[0] != socket.gethostname():
        return False
    path = _path(name)
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it is held, or there is none
        return False
    return True


def is_anybody_here() -> bool:
    """Tell whether a worker of this machine and data folder is alive; yes where the system has no such locks."""
    if fcntl is None:
        return True
    for path in (Path(settings.DATA_DIR) / _FOLDER).glob("*.lock"):
        try:
            with path.open("rb") as file:
                # Shared: two who ask at once do not take each other for a worker.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return False


def forget(name: str) -> None:
    """Clear the lock file of a dead worker away."""
    with contextlib.suppress(OSError):
        _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    return Path(settings.DATA_DIR) / _FOLDER / f"{name.rpartition(':')[2]}.lock"
