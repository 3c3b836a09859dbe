"""How many known sources are among the first candidates, for Hagelloch and Tianjin, beside two baselines.

``python -m examples.source_pairs`` prints the table; ``--write`` puts it into `docs/algorithms/chains.md` between its
marks. The data are the copies in `tests/data`. Known infectors are read here, after the inference, and nowhere before.
"""

import datetime as dt
import functools
from collections.abc import Callable

import polars as pl

from examples.folder import Tables
from examples.published import COVID_OTHER_INTERVALS, HAGELLOCH, MEASLES, TIANJIN, Run, Section, infer
from lianfang.chains.core.known_sources import FIRST, found, known_pairs, latest_earlier_onsets


def _only(convert: Callable[[], Tables], *names: str) -> Tables:
    return {name: table for name, table in convert().items() if name in names}


def _without_yards() -> Tables:
    tables = HAGELLOCH()
    return tables | {"presences": tables["presences"].filter(pl.col("place_kind") != "other")}


_1862, _2020 = dt.datetime(1862, 2, 2), dt.datetime(2020, 2, 23)

RUNS = {
    "Hagelloch 1861, measles": (
        Run("onsets alone", functools.partial(_only, HAGELLOCH, "cases"), MEASLES, _1862),
        Run("and houses, school classes", _without_yards, MEASLES, _1862),
        Run("and children of neighbouring houses", HAGELLOCH, MEASLES, _1862),
    ),
    "Tianjin 2020, COVID-19": (
        Run("onsets alone", functools.partial(_only, TIANJIN, "cases"), "covid19-cn-8", _2020),
        Run("and days in the mall", functools.partial(TIANJIN, without_relations=True), "covid19-cn-8", _2020),
        Run("and relations without direction", TIANJIN, "covid19-cn-8", _2020),
        Run("the same, intervals not from Tianjin", TIANJIN, COVID_OTHER_INTERVALS, _2020),
    ),
}


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


SECTION = Section("chains.md", "source pairs", report)

if __name__ == "__main__":
    SECTION.main()
