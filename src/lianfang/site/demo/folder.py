"""What a demo keeps in its data folder, beside the database: what it is, how far it came, passwords, the truth.

Each file is written under another name, flushed to the disk and renamed, so that it is there whole or not at all. A
step is noted as done only after what it did is committed; every step can be done again without doing anything twice.
"""

import contextlib
import datetime as dt
import fcntl
import io
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text


@dataclass(frozen=True)
class State:
    """Which demo this is, and how far it came.

    Attributes
    ----------
    people, seed : int
    as_of : datetime
        The demo's time zero: two weeks of presences end here. Naive, local.
    done : tuple of str
        Names of the steps whose work is committed.
    has_cases : bool
        Whether an outbreak runs through the county; without one it only lives, and watches.
    """

    people: int
    seed: int
    as_of: dt.datetime
    done: tuple[str, ...] = field(default=())
    has_cases: bool = True


class Folder:
    """The folder ``demo`` inside a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.path = data_dir / "demo"
        self.state_file = self.path / "state.json"
        self.accounts_file = self.path / "accounts.json"
        self.summary_file = self.path / "summary.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other demos out of the folder while the block runs; the lock ends with the process, however it ends.

        Raises
        ------
        Refused
            When another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Refused(
                    Text(
                        f"另一个演示正在使用 {self.data_dir}；请等它结束，或用 --data-dir 指定其他目录",
                        f"another demo is at work in {self.data_dir}; wait for it, "
                        "or name another folder with --data-dir",
                    )
                ) from None
            yield

    def state(self) -> State | None:
        """Return what stands in the folder, None for a folder without a demo."""
        if not self.state_file.exists():
            return None
        stored = json.loads(self.state_file.read_text("utf-8"))
        return State(
            stored["people"],
            stored["seed"],
            dt.datetime.fromisoformat(stored["as_of"]),
            tuple(stored["done"]),
            stored.get("has_cases", True),
        )

    def begin(self, state: State) -> State:
        """Write down a new demo."""
        self._write_json(self.state_file, asdict(state) | {"as_of": state.as_of.isoformat()})
        return state

    def mark(self, state: State, step: str) -> State:
        """Note a step as done."""
        return self.begin(replace(state, done=(*state.done, step)))

    def keep_json(self, file: Path, content: Any, *, private: bool = False) -> None:
        """Write a file as JSON; a private one is readable by its owner only, from its first byte."""
        self._write_json(file, content, mode=0o600 if private else 0o644)

    def keep_frame(self, name: str, frame: pl.DataFrame) -> None:
        """Write a frame as Parquet."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        _write(self.path / f"{name}.parquet", buffer.getvalue())

    def frame(self, name: str) -> pl.DataFrame:
        """Read a frame back."""
        return pl.read_parquet(self.path / f"{name}.parquet")

    @staticmethod
    def _write_json(file: Path, content: Any, *, mode: int = 0o644) -> None:
        _write(file, json.dumps(content, ensure_ascii=False, indent=1).encode(), mode=mode)


def _write(file: Path, content: bytes, *, mode: int = 0o644) -> None:
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as out:  # noqa: PTH123
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def same_demo(
    state: State, *, people: int | None, seed: int | None, has_cases: bool | None = None, data_dir: Path
) -> None:
    """Refuse to make another demo where one stands.

    Raises
    ------
    Refused
        When a number of people, a seed or a county without a case is asked for and differs from what is there.
    """
    asked = (people or state.people, state.seed if seed is None else seed, has_cases in (None, state.has_cases))
    if asked == (state.people, state.seed, True):
        return
    kind = Text("", "") if state.has_cases else Text("，无病例", ", without a case")
    raise Refused(
        Text(
            f"{data_dir} 中已有演示（{state.people} 人，种子 {state.seed}{kind.zh}）；"
            "请去掉 --people、--seed 和 --cases 沿用它，或用 --data-dir 指定其他目录",
            f"{data_dir} holds a demo of {state.people} people with seed {state.seed}{kind.en} already; "
            "leave out --people, --seed and --cases to take it, or name another folder with --data-dir",
        )
    )
