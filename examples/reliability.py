"""How often a weight is right: a picture of a few numbers, drawn without a library so that it is always the same.

Weights of candidates are sorted into tenths; of each tenth stands how many of its candidates were the true infector. A
calibrated weight lies on the diagonal. ``python -m examples.source_pairs --write`` makes the picture of the page.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

SIZE, EDGE = 300, 46
COLOURS = ("#1b6ca8", "#c2571a", "#5a7d2b", "#7a4b9a")


@dataclass(frozen=True)
class Reliability:
    """What was claimed and what was right, by tenths of the weight; empty tenths are left out.

    Attributes
    ----------
    words : str
        What the picture calls it.
    claimed, right : tuple of float
        Mean weight, and share of true infectors.
    counts : tuple of int
        Candidates in each tenth.
    outside_claimed, outside_true : float
        Share of a source outside the list: what the weights leave to it, and the share of cases whose infector is not
        listed.
    """

    words: str
    claimed: tuple[float, ...]
    right: tuple[float, ...]
    counts: tuple[int, ...]
    outside_claimed: float
    outside_true: float


def reliability(words: str, chains: pl.DataFrame, truth: pl.DataFrame, infectees: pl.Series) -> Reliability:
    """Compare weights with the truth.

    Parameters
    ----------
    words : str
        What the picture calls it.
    chains : polars.DataFrame
        ``infector, infectee, weight``.
    truth : polars.DataFrame
        ``infector, infectee``, of listed cases.
    infectees : polars.Series
        Cases of which everything is known: their true infector is in `truth`, or not listed.
    """
    asked = chains.filter(pl.col("infectee").is_in(infectees.implode()))
    marked = asked.join(truth.with_columns(right=pl.lit(1.0)), on=["infector", "infectee"], how="left")
    tenth = (marked["weight"] * 10).floor().clip(0, 9).cast(pl.Int64).to_numpy()
    weight, right = marked["weight"].to_numpy(), marked["right"].fill_null(0.0).to_numpy()
    counts = np.bincount(tenth, minlength=10)
    some = counts > 0
    left = 1 - asked["weight"].sum() / max(infectees.len(), 1)
    known = truth.filter(pl.col("infectee").is_in(infectees.implode()))["infectee"].n_unique()
    return Reliability(
        words,
        tuple(np.bincount(tenth, weights=weight, minlength=10)[some] / counts[some]),
        tuple(np.bincount(tenth, weights=right, minlength=10)[some] / counts[some]),
        tuple(int(n) for n in counts[some]),
        float(left),
        1 - known / max(infectees.len(), 1),
    )


def table(rows: list[Reliability]) -> str:
    """Return the numbers of the picture as Markdown."""
    lines = [
        "| | 0.3–0.4 | 0.4–0.5 | 0.5–0.6 | 0.6–0.7 | 0.7–0.8 | 0.8–0.9 | 0.9–1 | outside: claimed | outside: true |",
        "|---|" + "---|" * 9,
    ]
    for one in rows:
        by_tenth = {int(c * 10 + 1e-9): (r, n) for c, r, n in zip(one.claimed, one.right, one.counts, strict=True)}
        cells = [f"{by_tenth[k][0]:.2f} ({by_tenth[k][1]})" if k in by_tenth else "—" for k in range(3, 10)]
        lines.append(f"| {one.words} | {' | '.join(cells)} | {one.outside_claimed:.0%} | {one.outside_true:.0%} |")
    return "\n".join(lines)


def picture(rows: list[Reliability]) -> str:
    """Return the picture as SVG: claimed to the right, right upwards; the area of a dot grows with its candidates."""

    def x(value: float) -> float:
        return round(EDGE + value * SIZE, 1)

    def y(value: float) -> float:
        return round(EDGE / 2 + (1 - value) * SIZE, 1)

    width, height = SIZE + EDGE + 240, SIZE + EDGE + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" stroke="#333" fill="none"/>',
        f'<text x="{x(0.5)}" y="{y(0) + 34}" text-anchor="middle">weight of a candidate</text>',
        f'<text transform="translate(12 {y(0.5)}) rotate(-90)" text-anchor="middle">share that was the infector</text>',
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<text x="{x(tick)}" y="{y(0) + 16}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    for n, one in enumerate(rows):
        colour = COLOURS[n % len(COLOURS)]
        points = " ".join(f"{x(c)},{y(r)}" for c, r in zip(one.claimed, one.right, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
        for c, r, count in zip(one.claimed, one.right, one.counts, strict=True):
            radius = round(1.5 + float(np.sqrt(count)) / 4, 1)
            parts.append(f'<circle cx="{x(c)}" cy="{y(r)}" r="{min(radius, 8)}" fill="{colour}" fill-opacity="0.6"/>')
        parts.append(f'<rect x="{SIZE + EDGE + 14}" y="{30 + 18 * n}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{SIZE + EDGE + 30}" y="{39 + 18 * n}">{one.words}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
