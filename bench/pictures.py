"""Pictures of what was measured: matplotlib, from the kept results, as SVG in ``docs/images``."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.ways import WAYS, WORDS

mpl.use("svg")
# The same numbers make the same bytes: no date, no random names of elements.
mpl.rcParams.update({"svg.hashsalt": "lianfang", "svg.fonttype": "none", "font.size": 9, "axes.grid": True})
mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})

# Colour and mark together, so that neither carries the meaning alone.
STYLES = {
    "lianfang": ("#c1121f", "o", "-"),
    "duckdb-table": ("#1d5c96", "s", "--"),
    "postgres": ("#2a7f4f", "^", "--"),
    "duckdb-file": ("#7a5195", "D", ":"),
    "pandas": ("#8a6d00", "v", ":"),
    "lianfang-file": ("#555555", "x", "-."),
    "spark": ("#b35900", "P", "-."),
}


def growth(points: dict[str, dict[int, dict[str, list[tuple[float, float]]]]], path: Path) -> None:
    """Draw seconds (warm) against presences and against cases on log axes.

    Parameters
    ----------
    points : dict
        ``"presences"`` or ``"cases"`` → degree → way → points (x, seconds).
    path : Path
        Where the picture goes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 7.2), layout="constrained")
    axes = figure.subplots(2, 2, sharey=True)
    for column, (what, by_degree) in enumerate(points.items()):
        for row, degree in enumerate((1, 2)):
            panel: Any = axes[row][column]
            for way in WAYS:
                line = sorted(by_degree.get(degree, {}).get(way, []))
                if line:
                    colour, mark, dash = STYLES[way]
                    panel.plot(*zip(*line, strict=True), dash, marker=mark, color=colour, label=WORDS[way].strip("`"))
            panel.set(xscale="log", yscale="log", xlabel=what)
            panel.set_title(f"{'one degree' if degree == 1 else 'two degrees'}", loc="left")
            if column == 0:
                panel.set_ylabel("seconds, warm")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    _save(figure, path)


def second(kept: dict[str, Any], path: Path) -> None:
    """Draw how many the second degree finds against the hours, one line for each choice of kinds."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    panel: Any = figure.subplots()
    for (words, by_hours), mark in zip(kept["found"].items(), "os^Dv", strict=False):
        line = [(int(hours), max(count, 0.5)) for hours, count in by_hours.items()]
        panel.plot(*zip(*sorted(line), strict=True), marker=mark, label=words)
    panel.axhline(kept["people"], color="#555555", linestyle=":", label="everybody")
    panel.set(yscale="log", xlabel="hours from a first contact until the contact is a source", ylabel="people")
    panel.set_xticks([int(hours) for hours in next(iter(kept["found"].values()))])
    panel.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
