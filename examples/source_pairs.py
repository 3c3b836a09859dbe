"""How many known sources are among the first candidates, for published and made-up outbreaks, beside three baselines.

``python -m examples.source_pairs`` prints the table; ``--write`` puts it into `docs/algorithms/chains.md` between its
marks, with the picture of how often a weight is right. The data are the copies in `tests/data`, drills, and a simulated
town that lies in ``../shared`` (its lines are left as they are where it is absent). Known infectors are read here,
after the inference, and nowhere before.
"""

import datetime as dt
import functools
import sys
from collections.abc import Callable

import polars as pl

from examples import made_up
from examples.folder import Tables
from examples.published import COVID_2020, COVID_OTHER_INTERVALS, HAGELLOCH, MEASLES, ROOT, TIANJIN, Run, Section, infer
from examples.reliability import Reliability, picture, reliability, table
from lianfang.chains.core.baseline import two_lines
from lianfang.chains.core.known_sources import FIRST, found, known_pairs, latest_earlier_onsets
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook
from lianfang.tracing.tracer import find_meetings


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
        Run("onsets alone", functools.partial(_only, TIANJIN, "cases"), COVID_2020, _2020),
        Run("and days in the mall", functools.partial(TIANJIN, without_relations=True), COVID_2020, _2020),
        Run("and relations without direction", TIANJIN, COVID_2020, _2020),
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
        last = runs[-1]
        known = known_pairs(cases)
        infectees = known["infectee"].n_unique()
        lines.append(f"| **{title}**: {known.height} known pairs of {infectees} cases | | | | | | |")
        earlier = latest_earlier_onsets(cases, most=cases.height)
        lines.append(_line("baseline: latest earlier onset", earlier, known, infectees))
        lines.append(_line("baseline: the same among known contacts", _met(earlier, contacts, cases), known, infectees))
        lines.append(_line("baseline: two lines of arithmetic", _two_lines(last, cases, contacts), known, infectees))
        lines += [_line(run.words, chains, known, infectees) for run, (_, _, chains) in results]
    return "\n".join(lines)


def _two_lines(run: Run, cases: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Known contact × serial interval × place, with everything known that the run had."""
    playbook, tables = load(run.playbook), run.tables()
    met = find_meetings(cases, tables.get("presences"), playbook=playbook, as_of=run.as_of)
    return two_lines(cases, contacts, playbook=playbook, met=met)


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


def of_drills() -> str:
    """Return the figures of the drills that were not used to choose settings, as Markdown."""
    playbook = load("covid19-cn-9")
    drills = [made_up.drill(seed, playbook) for seed in made_up.REPORTED]
    lines = _beside([("drills", drills, playbook)])
    return "\n".join([*lines, "", table(_reliabilities("drills", drills, playbook))])


def of_town() -> str:
    """Return the figures of the simulated town, as Markdown; empty where its files are not at hand."""
    playbook, town = load(COVID_2020), made_up.town()
    if town is None:
        return ""
    lines = _beside([("town", [town], playbook)])
    return "\n".join([*lines, "", table(_reliabilities("town", [town], playbook))])


def picture_of_drills() -> str:
    """Return the picture of the page: how often a weight is right."""
    playbook = load("covid19-cn-9")
    drills = [made_up.drill(seed, playbook) for seed in made_up.REPORTED]
    return picture(_reliabilities("drills", drills, playbook))


LEFT_OUT = (0.0, 0.3, 0.6)
"""Shares of the cases that are taken away, as though nobody had found them."""


def _reliabilities(words: str, sets: list[made_up.MadeUp], playbook: Playbook) -> list[Reliability]:
    found = []
    for share in LEFT_OUT:
        thinned = [one.thinned(share, seed) for seed, one in enumerate(sets)] if share else sets
        # Ids are those of each outbreak: numbered, so that they are one list.
        named = [(f"{n}-", one, one.weighed(playbook)) for n, one in enumerate(thinned)]
        chains = pl.concat(w.with_columns(_named(n, "infector", "infectee")) for n, _, w in named)
        truth = pl.concat(o.truth.with_columns(_named(n, "infector", "infectee")) for n, o, _ in named)
        cases = pl.concat(o.cases.select(_named(n, "case_id")) for n, o, _ in named)["case_id"]
        said = f"{words}, {share:.0%} of the cases not found" if share else f"{words}, all cases that were reported"
        found.append(reliability(said, chains.select("infector", "infectee", "weight"), truth, cases))
    return found


def _named(number: str, *columns: str) -> list[pl.Expr]:
    return [(pl.lit(number) + pl.col(column)).alias(column) for column in columns]


def _beside(rows: list[tuple[str, list[made_up.MadeUp], Playbook]]) -> list[str]:
    """Ours beside two lines and the latest earlier onset: known pairs among the first and the first three."""
    lines = ["| | pairs | latest earlier onset: first / first 3 | two lines: first / first 3 | ours: first / first 3 |"]
    lines.append("|---|---|---|---|---|")
    for words, sets, playbook in rows:
        ranked = (
            [latest_earlier_onsets(one.cases) for one in sets],
            [one.simple(playbook) for one in sets],
            [one.weighed(playbook) for one in sets],
        )
        pairs = sum(one.truth.height for one in sets)
        cells = []
        for rankings in ranked:
            both = [
                found(ranking, one.truth, first=(1, 3))["pairs"] for ranking, one in zip(rankings, sets, strict=True)
            ]
            cells.append(" / ".join(f"{sum(b[k] for b in both) / pairs:.1%}" for k in (0, 1)))
        lines.append(f"| {words} | {pairs} | {' | '.join(cells)} |")
    return lines


SECTION = Section("chains.md", "source pairs", report)
DRILLS = Section("chains.md", "drills", of_drills)
TOWN = Section("chains.md", "town", of_town)
PICTURE = ROOT / "docs" / "images" / "chains-reliability.svg"

if __name__ == "__main__":
    SECTION.main()
    DRILLS.main()
    if made_up.town() is not None:
        TOWN.main()
    if "--write" in sys.argv[1:]:
        PICTURE.write_text(picture_of_drills(), encoding="utf-8")
