"""How many known sources are among the first candidates, for Hagelloch and Tianjin, beside two baselines.

``python -m examples.source_pairs`` prints the table; ``--write`` puts it into `docs/algorithms/chains.md` between its
marks. The data are the copies in `tests/data`. Known infectors are read here, after the inference, and nowhere before.
"""

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

from examples import hagelloch, tianjin
from examples.folder import Tables, write
from lianfang.playbook.load import load
from lianfang.response.run import respond_to_files
from lianfang.tracing.core.known_sources import FIRST, found, known_pairs, latest_earlier_onsets

ROOT = Path(__file__).resolve().parents[1]
DATA, PLAYBOOKS = ROOT / "tests" / "data", ROOT / "examples" / "playbooks"
PAGE = ROOT / "docs" / "algorithms" / "chains.md"
BEGIN, END = "<!-- source pairs: begin -->", "<!-- source pairs: end -->"


@dataclass(frozen=True)
class Run:
    """One line of the table: a data set, what is known of it, and the playbook that reads it."""

    words: str
    tables: Callable[[], Tables]
    playbook: str
    as_of: dt.datetime


def _only(convert: Callable[[], Tables], *names: str) -> Tables:
    return {name: table for name, table in convert().items() if name in names}


def _without_yards() -> Tables:
    tables = hagelloch.convert(DATA / "outbreaks")
    return tables | {"presences": tables["presences"].filter(pl.col("place_kind") != "other")}


_hagelloch = functools.partial(hagelloch.convert, DATA / "outbreaks")
_tianjin = functools.partial(tianjin.convert, DATA / "tianjin")
_MEASLES, _OTHER = str(PLAYBOOKS / "measles-example.yaml"), str(PLAYBOOKS / "covid19-other-intervals.yaml")
_1862, _2020 = dt.datetime(1862, 2, 2), dt.datetime(2020, 2, 23)

RUNS = {
    "Hagelloch 1861, measles": (
        Run("onsets alone", functools.partial(_only, _hagelloch, "cases"), _MEASLES, _1862),
        Run("and houses, school classes", _without_yards, _MEASLES, _1862),
        Run("and children of neighbouring houses", _hagelloch, _MEASLES, _1862),
    ),
    "Tianjin 2020, COVID-19": (
        Run("onsets alone", functools.partial(_only, _tianjin, "cases"), "covid19-cn-8", _2020),
        Run("and days in the mall", functools.partial(_tianjin, without_relations=True), "covid19-cn-8", _2020),
        Run("and relations without direction", _tianjin, "covid19-cn-8", _2020),
        Run("the same, intervals not from Tianjin", _tianjin, _OTHER, _2020),
    ),
}


def infer(tables: Tables, *, playbook: str, as_of: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return cases, contacts and chains of a data set, written to files and answered as ``lianfang respond`` does."""
    with tempfile.TemporaryDirectory() as folder, _quiet():
        write(Path(folder) / "in", tables)
        ran = respond_to_files(
            Path(folder) / "in", Path(folder) / "out", playbook=load(playbook), as_of=as_of, lang="en"
        )
    return ran.response.cases, ran.response.contacts, ran.response.chains


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


def report() -> str:
    """Return the table as Markdown."""
    heads = [f"first {n}" if n > 1 else "first" for n in FIRST]
    lines = [
        f"| known, and ranked by | {' | '.join(heads)} | cases: {' | cases: '.join(heads)} |",
        "|---|" + "---|" * 6,
    ]
    for title, runs in RUNS.items():
        results = [(run, infer(run.tables(), playbook=run.playbook, as_of=run.as_of)) for run in runs]
        cases, contacts, _ = results[-1][1]
        known = known_pairs(cases)
        infectees = known["infectee"].n_unique()
        lines.append(f"| **{title}**: {known.height} known pairs of {infectees} cases | | | | | | |")
        earlier = latest_earlier_onsets(cases, most=cases.height)
        lines.append(_line("baseline: latest earlier onset", earlier, known, infectees))
        lines.append(_line("baseline: the same among known contacts", _met(earlier, contacts, cases), known, infectees))
        lines += [_line(run.words, chains, known, infectees) for run, (_, _, chains) in results]
    return "\n".join(lines)


def _met(candidates: pl.DataFrame, contacts: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """The candidates who are known to have met the infectee, in their order."""
    pairs = contacts.filter(pl.col("degree") == 1).join(cases.select("person_id", other="case_id"), on="person_id")
    both_ways = pl.concat(
        [pairs.select(infector="case_id", infectee="other"), pairs.select(infector="other", infectee="case_id")]
    )
    return candidates.join(both_ways.unique(), on=["infector", "infectee"], how="semi", maintain_order="left")


def _line(words: str, candidates: pl.DataFrame, known: pl.DataFrame, infectees: int) -> str:
    counted = found(candidates, known)
    shares = [f"{n} ({n / known.height:.0%})" for n in counted["pairs"]]
    shares += [f"{n} ({n / infectees:.0%})" for n in counted["cases"]]
    return f"| {words} | {' | '.join(shares)} |"


def on_page() -> str:
    """Return the table that stands in the page."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    """Print the table, and write it to the page when asked."""
    table = report()
    print(table)
    if "--write" in sys.argv[1:]:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
