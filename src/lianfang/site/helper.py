"""The worker that ``lianfang serve`` starts beside itself: a process of its own, begun again when it dies.

Not a thread: work that counts holds the interpreter, and pages beside it would wait (`site.server`).
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time

log = logging.getLogger(__name__)

_PAUSE = (1.0, 60.0)
"""Seconds before a worker that died is begun again: at first, and at most."""

_WELL = 60.0
"""A worker that lived for so many seconds was well: the next pause is short again."""

NICENESS = 5
"""The worker gives way to pages where both want a processor."""


class Helper:
    """Starts the worker, and starts it again, until `end`.

    The worker reads its standard input, which is a pipe from this process: when this process ends, however it does,
    the pipe does, and the worker stops by itself.
    """

    def __init__(self, command: list[str] | None = None) -> None:
        self._command = command or [sys.executable, "-m", "lianfang.site.cli", "work", "--under-server"]
        self._ending = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="helper", daemon=True)

    @property
    def pid(self) -> int | None:
        """The worker's process, where there is one now."""
        return self._child.pid if self._child is not None else None

    def begin(self) -> None:
        """Start the worker; returns at once."""
        self._thread.start()

    def end(self, *, seconds: float = 12.0) -> None:
        """Let the worker stop: its task goes back to waiting; after so many seconds it is killed."""
        self._ending.set()
        with self._lock:
            child = self._child
        if child is None:
            return
        assert child.stdin is not None
        with contextlib.suppress(OSError):
            child.stdin.close()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _keep(self) -> None:
        pause = _PAUSE[0]
        while True:
            begun = time.monotonic()
            try:
                with self._lock:
                    if self._ending.is_set():
                        return
                    self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE)
                told: object = self._child.wait()
            except OSError as error:  # no memory, no more processes: perhaps later
                told = error
            if self._ending.is_set():
                return
            log.error("the worker ended with status %s; it is started again", told)
            pause = _PAUSE[0] if time.monotonic() - begun > _WELL else min(pause * 2, _PAUSE[1])
            if self._ending.wait(pause):
                return


def work(*, is_once: bool, is_under_server: bool) -> int:
    """Be a worker, until told to stop; Django is set up already. Return how many tasks were done."""
    from lianfang.records.tasks.worker import Worker

    worker = Worker(is_once=is_once)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    if is_under_server:
        # Ctrl-C reaches both processes; the server ends this one by the pipe.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_stop_with_server, args=(worker,), name="server", daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(NICENESS)
    else:
        signal.signal(signal.SIGINT, lambda *_: worker.stop())
    warming = threading.Thread(target=_warm_up, name="warm-up", daemon=True)
    if not is_once:
        warming.start()
    number = worker.run()
    if warming.is_alive():
        # As in `site.server`: compiled libraries that are at work while Python takes itself down may crash.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return number


def _warm_up() -> None:
    """Have tracing ready before it is asked for; a failure here costs only time."""
    try:
        from lianfang.presences import keeping

        keeping.warm_up()
    except Exception:
        log.exception("tracing could not be made ready; the first tracing will take longer")


def _stop_with_server(worker: object) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    worker.stop()  # type: ignore[attr-defined]
