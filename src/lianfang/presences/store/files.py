"""Where a store lies: a folder, or a place that fsspec reaches (`s3://bucket/store`, `memory://store` …).

Files of a store are immutable: each has a name of its own and is put there whole. What maps files into memory needs
them on a local disk; of a store elsewhere a copy is kept in a cache, under the same name. Rows are read where they lie.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lianfang.engines.addresses import file_system
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.presences.store.turns import LOCK, NEXT, turn


class Files:
    """The files of a store, by their path within it.

    Parameters
    ----------
    url : str or Path
        A local path or an fsspec URL.
    patience : float
        Seconds that a writer waits for another to finish before it is refused.
    waiting : callable, optional
        Told for whom a writer waits.
    """

    def __init__(self, url: str | Path, *, patience: float = 0, waiting: Callable[[Text], None] | None = None) -> None:
        self.url = str(url)
        self.patience = patience
        self.waiting = waiting
        self._remote: Any = None
        if "://" in self.url and not self.url.startswith("file://"):
            self._remote, self._base = file_system(self.url)
            mark = hashlib.sha256(self.url.encode()).hexdigest()[:16]
            usual = Path.home() / ".cache" / "lianfang"
            self.home = Path(os.environ.get("LIANFANG_CACHE") or usual) / mark
            self.make_home()
        else:
            self.home = Path(self.url.removeprefix("file://"))

    def make_home(self) -> None:
        """Make the folder on this machine, readable by nobody else.

        Raises
        ------
        Refused
            When it is a link, or belongs to somebody else: compiled code reads what lies there.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        state = self.home.lstat()
        if not self.home.is_dir() or (not self.is_local and (self.home.is_symlink() or state.st_uid != os.getuid())):
            raise Refused(
                Text(
                    f"{self.home} 不是本用户的文件夹：请另设 LIANFANG_CACHE",
                    f"{self.home} is not this user's own folder: set LIANFANG_CACHE to another",
                )
            )

    @property
    def is_local(self) -> bool:
        """Whether the store lies on this machine's disk."""
        return self._remote is None

    def _far(self, name: str) -> str:
        return f"{self._base}/{name}"

    def local(self, name: str) -> Path:
        """Return a path on the local disk with the content of a file.

        Raises
        ------
        FileNotFoundError
            When the store has no such file.
        """
        path = self.home / name
        if self.is_local or path.exists():
            return path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            self._remote.get_file(self._far(name), str(aside))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return path

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading here and there: of a store elsewhere what is asked for is fetched, and nothing kept.

        Raises
        ------
        FileNotFoundError
            When the store has no such file.
        """
        path = self.home / name
        if self.is_local or path.exists():
            return path.open("rb")
        far: BinaryIO = self._remote.open(self._far(name), "rb", cache_type="none")
        return far

    def locations(self, names: Sequence[str]) -> list[str]:
        """Return where an engine finds files: paths, or of a store elsewhere their addresses."""
        if self.is_local:
            return [str(self.home / name) for name in names]
        return [f"{self.url.rstrip('/')}/{name}" for name in names]

    def put(self, made: Path, name: str) -> None:
        """Move a finished file into the store, whole and to stay."""
        if not self.is_local:
            self._remote.makedirs(self._far(name).rsplit("/", 1)[0], exist_ok=True)
            self._remote.put_file(str(made), self._far(name))
        with made.open("rb") as written:
            os.fsync(written.fileno())
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.replace(path)
        except OSError:  # the cache lies on another disk
            shutil.move(made, path)
        _sync(path.parent)

    def create(self, name: str, content: bytes) -> bool:
        """Write a new small file; return False, and leave all as it was, where the name is taken."""
        if not self.is_local:
            return self._create_far(self._far(name), content)
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, path)  # fails where the name is taken, and is there whole or not at all
        except FileExistsError:
            return False
        finally:
            aside.unlink(missing_ok=True)
        _sync(path.parent)
        return True

    def _create_far(self, far: str, content: bytes) -> bool:
        """Create where the store lies: of two machines that do so at once, one is told that it was second."""
        self._remote.invalidate_cache()
        if self._remote.exists(far):
            return False
        self._remote.makedirs(far.rsplit("/", 1)[0], exist_ok=True)
        try:
            self._remote.pipe_file(far, content, mode="create")
            return True
        except (TypeError, NotImplementedError):
            pass  # a file system that knows no such mode
        except OSError as error:
            # Where the name is taken each of them says so in its own way; a request that was sent again after its
            # answer was lost meets what it has written itself.
            self._remote.invalidate_cache()
            if self._remote.exists(far):
                return bytes(self._remote.cat_file(far)) == content
            if error.errno != errno.ENOSYS:
                raise
        self._remote.pipe_file(far, content)
        return True

    def read(self, name: str) -> bytes:
        """Return the content of a small file.

        Raises
        ------
        FileNotFoundError
            When the store has no such file.
        """
        if self.is_local:
            return (self.home / name).read_bytes()
        return bytes(self._remote.cat_file(self._far(name)))

    def exists(self, name: str) -> bool:
        """Tell whether the store has a file."""
        return (self.home / name).exists() if self.is_local else bool(self._remote.exists(self._far(name)))

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return self.local(name).stat().st_size if self.is_local else int(self._remote.size(self._far(name)))

    def list(self, folder: str = "") -> list[str]:
        """Return the names of all files under a folder, sorted; none where it is not there."""
        if self.is_local:
            top = self.home / folder
            return sorted(str(p.relative_to(self.home)) for p in top.rglob("*") if p.is_file())
        far = self._far(folder) if folder else self._base
        if not self._remote.exists(far):
            return []
        self._remote.invalidate_cache()
        return sorted(str(p).removeprefix(self._base).lstrip("/") for p in self._remote.find(far))

    def copies(self) -> set[str]:
        """Return the names of what lies on this machine, of a store elsewhere too."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file()} - {LOCK, NEXT}

    def forget_copies(self, named: set[str]) -> None:
        """Remove what lies on this machine of a store elsewhere and is not named any more, unfinished work included."""
        if self.is_local:
            return
        for folder in ("days", "ids"):
            for path in (self.home / folder).rglob("*"):
                if path.is_file() and str(path.relative_to(self.home)) not in named:
                    path.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Take a file out of the store and of the cache; where it is gone already, nothing happens."""
        if not self.is_local:
            with contextlib.suppress(FileNotFoundError):
                self._remote.rm_file(self._far(name))
        (self.home / name).unlink(missing_ok=True)

    @contextmanager
    def only_writer(self, act: str = "write", *, patience: float | None = None) -> Iterator[None]:
        """Hold the right to write for the length of the block; a killed process holds it no longer.

        Raises
        ------
        Refused
            When others write for longer than `patience` (that of the files, when not given). Of a store elsewhere only
            the manifest stops a writer on another machine.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        patience = self.patience if patience is None else patience
        with turn(self.home, act, url=self.url, patience=patience, waiting=self.waiting):
            yield

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Give a folder for unfinished files, on the store's disk where it is local; it is gone after the block."""
        base = self.home / "staging"
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = Path(tempfile.mkdtemp(dir=base))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make a new name itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
