"""What the measured examples share: published outbreaks, how a run of one is answered, and its table in a page."""

import contextlib
import datetime as dt
import functools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from examples import ebola_sim, hagelloch, tianjin
from examples.folder import Tables, write
from lianfang.playbook.load import load
from lianfang.response.run import respond_to_files

ROOT = Path(__file__).resolve().parents[1]
DATA, PLAYBOOKS = ROOT / "tests" / "data", ROOT / "examples" / "playbooks"

HAGELLOCH = functools.partial(hagelloch.convert, DATA / "outbreaks")
TIANJIN = functools.partial(tianjin.convert, DATA / "tianjin")
EBOLA = functools.partial(ebola_sim.convert, DATA / "outbreaks")

MEASLES = str(PLAYBOOKS / "measles-example.yaml")
COVID_2020 = str(PLAYBOOKS / "covid19-2020.yaml")
COVID_OTHER_INTERVALS = str(PLAYBOOKS / "covid19-other-intervals.yaml")
EBOLA_PLAYBOOK = str(PLAYBOOKS / "ebola-example.yaml")


@dataclass(frozen=True)
class Run:
    """A data set, or what is known of one, and the playbook that reads it.

    Attributes
    ----------
    words : str
        What the page calls it.
    tables : callable
        Makes the tables.
    playbook : str
        Id, or file, of the playbook.
    as_of : datetime.datetime
        When the question is asked.
    """

    words: str
    tables: Callable[[], Tables]
    playbook: str
    as_of: dt.datetime


def infer(tables: Tables, *, playbook: str, as_of: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return cases, contacts and chains of a data set, written to files and answered as ``lianfang respond`` does."""
    with tempfile.TemporaryDirectory() as folder, _quiet():
        write(Path(folder) / "in", tables)
        ran = respond_to_files(
            Path(folder) / "in", Path(folder) / "out", playbook=load(playbook), as_of=as_of, lang="en"
        )
    return ran.response.cases, ran.response.contacts, ran.response.given["chains"]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


@dataclass(frozen=True)
class Section:
    """What stands between two marks of a page, and the report that makes it.

    Attributes
    ----------
    page : str
        The page, below `docs/algorithms`.
    name : str
        The name in the marks.
    report : callable
        Makes the Markdown.
    """

    page: str
    name: str
    report: Callable[[], str]

    def on_page(self) -> str:
        """Return what stands in the page now."""
        return self._parts()[1].strip()

    def main(self) -> None:
        """Print the report, and write it to the page where ``--write`` asks for it."""
        made = self.report()
        print(made)
        if "--write" in sys.argv[1:]:
            before, _, after = self._parts()
            self._path.write_text(f"{before}{self._begin}\n{made}\n{self._end}{after}", encoding="utf-8")

    @property
    def _path(self) -> Path:
        return ROOT / "docs" / "algorithms" / self.page

    @property
    def _begin(self) -> str:
        return f"<!-- {self.name}: begin -->"

    @property
    def _end(self) -> str:
        return f"<!-- {self.name}: end -->"

    def _parts(self) -> tuple[str, str, str]:
        before, _, rest = self._path.read_text(encoding="utf-8").partition(self._begin)
        within, _, after = rest.partition(self._end)
        return before, within, after
