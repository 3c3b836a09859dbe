"""Chains and clusters of three published outbreaks: Hagelloch 1861, Tianjin 2020 and a simulated Ebola epidemic.

``python -m examples.outbreak_figures`` prints the figures; ``--write`` puts them into `docs/algorithms/clusters.md`
between its marks. The data are the copies in `tests/data`. Known infectors are read after the inference alone.
"""

import datetime as dt
import functools
from dataclasses import dataclass

import numpy as np
import polars as pl

from examples.published import (
    COVID_OTHER_INTERVALS,
    EBOLA,
    EBOLA_PLAYBOOK,
    HAGELLOCH,
    MEASLES,
    TIANJIN,
    Run,
    Section,
    infer,
)
from lianfang.chains.clusters import find_clusters
from lianfang.chains.core.clusters.offspring import Estimate, offspring
from lianfang.chains.core.clusters.summary import Clusters
from lianfang.chains.core.known_sources import known_pairs
from lianfang.playbook.load import load

OUTBREAKS = (
    Run("Hagelloch 1861, measles", HAGELLOCH, MEASLES, dt.datetime(1862, 2, 2)),
    Run("Tianjin 2020, COVID-19", TIANJIN, COVID_OTHER_INTERVALS, dt.datetime(2020, 3, 23)),
    Run("Ebola, simulated", EBOLA, EBOLA_PLAYBOOK, dt.datetime(2015, 6, 1)),
)


@functools.cache
def clusters_of(published: Run) -> tuple[Clusters, pl.DataFrame]:
    """Return the clusters of an outbreak, and its cases with what is known of their sources."""
    tables = published.tables()
    cases, contacts, _ = infer(tables, playbook=published.playbook, as_of=published.as_of)
    found = find_clusters(
        cases,
        tables.get("presences"),
        contacts,
        playbook=load(published.playbook),
        as_of=published.as_of,
        interviews=tables.get("contacts"),
    )
    return found, cases


@dataclass(frozen=True)
class Known:
    """The same from the known infectors, where they are known: plain counts."""

    pairs: int
    mean_interval: float
    sd_interval: float
    mean_offspring: float
    dispersion: Estimate


def known_figures(cases: pl.DataFrame) -> Known | None:
    """Return the figures of the known pairs (the first named infector of each case); None where none is known."""
    pairs = known_pairs(cases).unique("infectee", keep="first", maintain_order=True)
    if pairs.is_empty():
        return None
    day = cases.select("case_id", day=pl.col("onset_date").dt.date())
    days = (
        pairs.join(day.rename({"case_id": "infector", "day": "from"}), on="infector")
        .join(day.rename({"case_id": "infectee", "day": "to"}), on="infectee")
        .select(days=(pl.col("to") - pl.col("from")).dt.total_days())["days"]
        .drop_nulls()
        .to_numpy()
    )
    number = cases.select(infector="case_id").join(pairs.group_by("infector").len(), on="infector", how="left")
    fit = offspring(number["len"].fill_null(0).cast(pl.Int64).to_numpy())
    return Known(pairs.height, float(np.mean(days)), float(np.std(days)), fit.mean.value or 0.0, fit.dispersion)


def report() -> str:
    """Return the figures as Markdown."""
    lines = ["| | " + " | ".join(one.words for one in OUTBREAKS) + " |", "|---|" + "---|" * len(OUTBREAKS)]
    told = [clusters_of(one) for one in OUTBREAKS]
    known = [known_figures(cases) for _, cases in told]

    def row(words: str, *cells: str) -> None:
        lines.append(f"| {words} | {' | '.join(cells)} |")

    row("cases", *(f"{c.cases:,}" for c, _ in told))
    row("generations of the trees", *(f"{c.generations.height}" for c, _ in told))
    row("R, linked infections a case", *(_said(c.offspring.mean) for c, _ in told))
    row("k", *(_said(c.offspring.dispersion) for c, _ in told))
    row("cases from whom 80 % come", *(_share(c.offspring.share_of_80) for c, _ in told))
    row("serial interval, mean days", *(_said(c.serial.mean, 1) for c, _ in told))
    row("serial interval, sd days", *(_said(c.serial.sd, 1) for c, _ in told))
    row("its pairs (candidates)", *(f"{c.serial.pairs:,} ({c.serial.candidates:,})" for c, _ in told))
    row("**known infectors**: pairs", *("—" if k is None else str(k.pairs) for k in known))
    row("R of the known pairs", *("—" if k is None else f"{k.mean_offspring:.2f}" for k in known))
    row("k of the known pairs", *("—" if k is None else _said(k.dispersion) for k in known))
    interval = "serial interval of the known pairs, mean (sd)"
    row(interval, *("—" if k is None else f"{k.mean_interval:.1f} ({k.sd_interval:.1f})" for k in known))
    first = [c.settings.row(0, named=True) if c.settings.height else None for c, _ in told]
    row(
        "setting that explains the most",
        *(
            "no presences"
            if s is None
            else f"{s['place_id']}: {s['infected']} of {s['present']}, "
            f"{s['rate']:.0%} ({s['lower']:.0%}–{s['upper']:.0%})"
            for s in first
        ),
    )
    row("common sources found (windows tested)", *(f"{c.sources.found.height} ({c.sources.tests:,})" for c, _ in told))
    return "\n".join(lines)


def _said(number: Estimate, digits: int = 2) -> str:
    def word(value: float | None) -> str:
        return "∞" if value is None else f"{value:.{digits}f}"

    if number.value is None and number.lower is None:
        return "too few"
    return f"{word(number.value)} ({word(number.lower)}–{word(number.upper)})"


def _share(number: Estimate) -> str:
    if number.value is None or number.lower is None or number.upper is None:
        return "too few"
    return f"{number.value:.0%} ({number.lower:.0%}–{number.upper:.0%})"


SECTION = Section("clusters.md", "outbreak figures", report)

if __name__ == "__main__":
    SECTION.main()
