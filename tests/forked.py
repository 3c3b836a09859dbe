"""Processes of Python that need not import everything anew: forked from one that has.

A command costs one to three seconds of imports before it does anything, and the tests start hundreds: most of them to
be killed. ``Popen`` and ``run`` take the command lines that `subprocess` takes, ``[sys.executable, "-m" or "-c", …]``.
What comes of them is a process like any other, with an id, an environment, a folder, pipes, an exit status and a
database connection of its own, that can be killed. Only the libraries are there already: one process for each pytest
worker imports them (``python -m tests.forked``). It does nothing else, reads no settings, opens no file and no
database, and has no thread, so that nothing is shared that a child could change or find locked.

Our own modules each child imports itself, and Polars and PyArrow too: they start threads when they are imported, and a
fork would be without them. Tests of what is imported, of memory, and of how the interpreter starts, use `subprocess`.
"""

import contextlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

PRELOADED = (
    *("numpy", "scipy.optimize", "networkx", "numba", "ibis", "duckdb", "shapely"),
    *("pydantic.fields", "yaml", "docx", "click", "waitress", "psutil", "fido2.server", "dj_database_url"),
    *("django.core.management.commands.migrate", "django.contrib.postgres.fields", "django.db.backends.sqlite3.base"),
    *("django.contrib.contenttypes.apps", "django.contrib.messages.apps", "django.contrib.staticfiles.apps"),
    *("django.contrib.sessions.apps", "django.contrib.auth.tokens", "django.contrib.auth.decorators"),
    *("django.contrib.auth.validators", "django.contrib.sites.shortcuts", "django.views.debug"),
    *("django.views.decorators.cache", "django.utils.translation.reloader", "django_filters", "django_htmx"),
)
"""What takes long to import and is used by most commands, without what starts threads or reads settings."""
PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL


class Popen:
    """A process forked from the one that has imported everything; the part of `subprocess.Popen` that tests use."""

    def __init__(
        self,
        command: Sequence[object],
        *,
        env: dict[str, str] | None = None,
        cwd: object = None,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        text: bool = False,
    ) -> None:
        interpreter, how, *words = map(str, command)
        assert interpreter == sys.executable and how in ("-m", "-c"), command
        self.args, self.returncode = list(map(str, command)), None
        self.stdin, theirs_in = self._stream(0, stdin, text)
        self.stdout, theirs_out = self._stream(1, stdout, text)
        self.stderr, theirs_err = self._stream(2, stderr, text)
        asked = {"how": how, "words": words, "env": dict(env or os.environ), "cwd": str(cwd or Path.cwd())}
        data = json.dumps(asked).encode()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.connect(_server())
        theirs = [theirs_in, theirs_out, theirs_err]
        socket.send_fds(self._server, [len(data).to_bytes(8, "big")], theirs)
        self._server.sendall(data)
        for fd in theirs:
            os.close(fd)
        self.pid = int.from_bytes(_exactly(self._server, 8), "big")
        self._turn = threading.Lock()

    @staticmethod
    def _stream(number: int, wanted: int | None, text: bool) -> tuple[IO[Any] | None, int]:
        """Return our end of a stream, where there is one, and theirs."""
        if wanted is None:
            return None, os.dup(number)
        if wanted == DEVNULL:
            return None, os.open(os.devnull, os.O_RDWR)
        assert wanted == PIPE
        reads, writes = os.pipe()
        ours, theirs = (writes, reads) if number == 0 else (reads, writes)
        mode = ("w" if number == 0 else "r") + ("" if text else "b")
        return open(ours, mode, encoding="utf-8" if text else None), theirs

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return the exit status, or the signal that killed it as a negative number."""
        with self._turn:
            if self.returncode is None:
                with selectors.DefaultSelector() as ready:
                    ready.register(self._server, selectors.EVENT_READ)
                    if not ready.select(timeout):
                        raise subprocess.TimeoutExpired(self.args, timeout or 0)
                self.returncode = int.from_bytes(_exactly(self._server, 8), "big", signed=True)
                self._server.close()
        return self.returncode

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """Close its input, read its output to the end, and wait for it."""
        said: dict[int, Any] = {}

        def read(number: int, stream: IO[Any]) -> None:
            said[number] = stream.read()

        streams = {n: one for n, one in ((1, self.stdout), (2, self.stderr)) if one is not None and not one.closed}
        readers = [threading.Thread(target=read, args=item, daemon=True) for item in streams.items()]
        for reader in readers:
            reader.start()
        if self.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                if input is not None:
                    self.stdin.write(input)
                self.stdin.close()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        for stream in streams.values():
            stream.close()
        return said.get(1), said.get(2)

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        self.send_signal(signal.SIGKILL)


def run(
    command: Sequence[object],
    *,
    capture_output: bool = False,
    check: bool = False,
    timeout: float | None = None,
    **options: Any,
) -> "subprocess.CompletedProcess[Any]":
    """Run a command to its end, as `subprocess.run` does."""
    if capture_output:
        options |= {"stdout": PIPE, "stderr": PIPE}
    process = Popen(command, **options)
    try:
        out, err = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        raise
    done = subprocess.CompletedProcess(process.args, process.wait(), out, err)
    if check:
        done.check_returncode()
    return done


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the process that forks is gone")
        data += more
    return data


@cache
def _server() -> str:
    """Start the process that forks, once a pytest worker; return the address at which it listens."""
    folder = tempfile.mkdtemp(prefix="lianfang-forked-")
    address = f"{folder}/socket"
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # its library of numbers starts threads else
    # Its input is never written to: it ends when this process does, and the pipe with it.
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forked", address],
        env=env,
        cwd=Path(__file__).resolve().parent.parent,
        stdin=PIPE,
        stdout=PIPE,
    )
    assert server.stdout is not None
    told = server.stdout.readline()
    assert told == b"ready\n", told
    _server.process = server  # type: ignore[attr-defined]  # kept, so that its pipe stays open
    return address


def _serve(address: str) -> tuple[dict[str, Any], list[int]]:
    """Fork whenever asked; tell the id of each child and how it ended. Return what was asked, in the child."""
    import importlib

    for name in PRELOADED:
        importlib.import_module(name)
    threads = len(os.listdir("/proc/self/task")) if Path("/proc/self/task").is_dir() else threading.active_count()
    assert threads == 1, f"a process with {threads} threads cannot be forked safely"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, which then lets this process end
    signal.set_wakeup_fd(wakes.fileno())
    ready = selectors.DefaultSelector()
    for source in (listener, woken, sys.stdin.fileno()):
        ready.register(source, selectors.EVENT_READ)
    children: dict[int, socket.socket] = {}
    os.write(1, b"ready\n")
    while True:
        for key, _ in ready.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                size, fds, _, _ = socket.recv_fds(connection, 8, 3)
                asked = json.loads(_exactly(connection, int.from_bytes(size, "big")))
                pid = os.fork()
                if not pid:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    signal.signal(signal.SIGINT, signal.default_int_handler)
                    for one in (ready, listener, woken, wakes, connection, *children.values()):
                        one.close()
                    return asked, fds
                for fd in fds:
                    os.close(fd)
                children[pid] = connection
                connection.sendall(pid.to_bytes(8, "big"))
            elif key.fileobj is woken:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(4096)
                while children:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                    if not pid:
                        break
                    with children.pop(pid) as connection, contextlib.suppress(OSError):
                        connection.sendall(os.waitstatus_to_exitcode(status).to_bytes(8, "big", signed=True))
            else:
                os._exit(0)


def _text(fd: int, mode: str, **options: Any) -> Any:
    return open(fd, mode, encoding="utf-8", closefd=False, **options)


def _become(asked: dict[str, Any], fds: list[int]) -> None:
    """Take the environment, the folder and the streams that were asked for."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    unbuffered = bool(os.environ.get("PYTHONUNBUFFERED"))
    sys.stdin = _text(0, "r")
    sys.stdout = _text(1, "w")
    sys.stdout.reconfigure(write_through=unbuffered)
    sys.stderr = _text(2, "w", errors="backslashreplace", buffering=1)


def _run(how: str, words: list[str]) -> None:
    """Do what ``python -m`` or ``python -c`` does with these words."""
    what, *arguments = words
    sys.path[0] = os.getcwd()
    if how == "-m":
        sys.argv = [what, *arguments]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
        return
    sys.argv = ["-c", *arguments]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(what, "<string>", "exec"), main.__dict__)


if __name__ == "__main__":
    _asked, _fds = _serve(sys.argv[1])
    _become(_asked, _fds)
    try:
        _run(_asked["how"], _asked["words"])
    except Exception:
        traceback.print_exc()
        sys.exit(1)
