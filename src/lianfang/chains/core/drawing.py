"""The drawing of transmission chains, computed here so that every reader sees the same picture.

Time runs to the right: ``x`` is the day of a case. The links with the highest weights make trees; each tree is drawn
without crossings, and trees are packed upward from the first row. ``y`` counts rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Contour = npt.NDArray[np.float64]

NODES = {
    "id": pl.String(),
    "x": pl.Float64(),
    "y": pl.Float64(),
    "generation": pl.Int64(),
    "size": pl.Float64(),
    "kind": pl.String(),
    "onset": pl.Date(),
}
"""Columns of `Drawn.nodes`."""

LINKS = {
    "source": pl.String(),
    "target": pl.String(),
    "weight": pl.Float64(),
    "evidence_zh": pl.String(),
    "evidence_en": pl.String(),
    "tree": pl.Boolean(),
}
"""Columns of `Drawn.links`."""


@dataclass(frozen=True)
class Drawn:
    """A laid-out graph.

    Attributes
    ----------
    nodes : polars.DataFrame
        One row a case: ``id``; ``x`` (days since the first case of the drawing) and ``y`` (rows from 0); ``generation``
        (links of the tree from its root); ``size`` (radius in pixels: its area grows with the cases drawn as infected
        by it); ``kind`` (the case's classification, or ``case``); ``onset`` (its day, empty when it has none: it is
        drawn at the left edge).
    links : polars.DataFrame
        ``source`` (infector), ``target`` (infectee), ``weight``, evidence, and ``tree``: whether it shapes the drawing.
    """

    nodes: pl.DataFrame
    links: pl.DataFrame


def draw_chains(
    cases: pl.DataFrame,
    chains: pl.DataFrame,
    *,
    around: str | None = None,
    steps: int = 2,
    min_weight: float = 0.05,
    most: int | None = None,
    parent: Mapping[str, str] | None = None,
) -> Drawn:
    """Lay out the chains of an outbreak, or the part of them around one case.

    Parameters
    ----------
    cases : polars.DataFrame
        ``case_id, onset_date, sampled_at`` and, where known, ``classification``.
    chains : polars.DataFrame
        Rows of `chains.weigh`.
    around : str, optional
        A case id. Then only this case is drawn with its candidates, their line back to the root, and the cases that
        descend from it within `steps` links.
    steps : int
        How far descendants are drawn.
    min_weight : float
        Links below it are not drawn.
    most : int, optional
        Links that are drawn beside those of the trees; the heaviest.
    parent : mapping, optional
        Infectee → infector: the trees, where they are known from elsewhere (`clusters.links.known_tree`).

    Returns
    -------
    Drawn
        The same for the same rows in any order.

    Notes
    -----
    A case hangs from its heaviest candidate, unless a source outside the list is more likely than that one; links are
    taken in the order of their weight and one that would close a circle is passed over. A parent stands in the middle
    of its children (below them, where one falls ill no later), and subtrees are moved together until their outlines,
    day by day, are one row apart, as in Reingold and Tilford, IEEE Trans. Software Eng. 1981;7:223-228, with time as
    the depth.
    """
    listed = _listed(cases)
    known = set(listed["id"])
    links = _usable(chains, listed, min_weight)
    parent = dict(forest(links, outside_share(chains)) if parent is None else parent)
    parent = {child: up for child, up in parent.items() if {child, up} <= known}
    if around is not None:
        kept = _neighbourhood(around, links, parent, steps)
        listed = listed.filter(pl.col("id").is_in(sorted(kept)))
        links = links.filter(pl.col("source").is_in(sorted(kept)) & pl.col("target").is_in(sorted(kept)))
        parent = {child: up for child, up in parent.items() if child in kept and up in kept}
    if listed.is_empty():
        return Drawn(pl.DataFrame(schema=NODES), pl.DataFrame(schema=LINKS))
    links = _with_trees(links, chains, parent)
    if most is not None:
        links = pl.concat([links.filter("tree"), links.filter(~pl.col("tree")).head(most)])
    return Drawn(_placed(listed, parent), links.sort("target", "weight", "source", descending=[False, True, False]))


def _listed(cases: pl.DataFrame) -> pl.DataFrame:
    """The cases by id, with their day and a whole number of days since the first."""
    kind = pl.col("classification").cast(pl.String) if "classification" in cases.columns else pl.lit(None, pl.String)
    day = [pl.col(name).cast(pl.Date) for name in ("onset_date", "sampled_at") if name in cases.columns]
    return cases.select(
        id=pl.col("case_id").cast(pl.String),
        onset=pl.coalesce(*day, pl.lit(None, pl.Date)),
        kind=kind.fill_null("case"),
    ).sort("id")


def _usable(chains: pl.DataFrame, listed: pl.DataFrame, min_weight: float) -> pl.DataFrame:
    links = chains.rename({"infector": "source", "infectee": "target"}).filter(pl.col("weight") >= min_weight)
    for end in ("source", "target"):
        links = links.join(listed.select(pl.col("id").alias(end)), on=end, how="semi")
    return links.sort("weight", "target", "source", descending=[True, False, False])


def _with_trees(links: pl.DataFrame, chains: pl.DataFrame, parent: Mapping[str, str]) -> pl.DataFrame:
    """The links in their order, those of the trees marked, and added where they were too light to be drawn."""
    trees = pl.DataFrame(
        {"source": list(parent.values()), "target": list(parent)}, schema={"source": pl.String(), "target": pl.String()}
    )
    marked = links.join(
        trees.with_columns(tree=pl.lit(True)), on=["source", "target"], how="left", maintain_order="left"
    ).with_columns(pl.col("tree").fill_null(False))
    light = (
        trees.join(links, on=["source", "target"], how="anti")
        .join(chains.rename({"infector": "source", "infectee": "target"}), on=["source", "target"], how="left")
        .with_columns(pl.col("weight").fill_null(0.0), tree=pl.lit(True))
    )
    return pl.concat([marked.select(list(LINKS)), light.select(list(LINKS))])


def outside_share(chains: pl.DataFrame) -> dict[str, float]:
    """Return for each infectee of `chains.weigh` what its candidates leave to a source outside the list."""
    totals = chains.group_by("infectee").agg(pl.col("weight").sort().sum())
    return {target: 1 - total for target, total in totals.iter_rows()}


def forest(links: pl.DataFrame, outside: Mapping[str, float]) -> dict[str, str]:
    """Return the parent of each case that hangs from another: the trees of the likeliest links.

    Parameters
    ----------
    links : polars.DataFrame
        ``source, target, weight``, in the order in which they are tried: the heaviest first.
    outside : mapping
        The share of a source outside the list, for each target; a link that weighs less is not taken.

    Returns
    -------
    dict
        Infectee → infector. A link that would close a circle is passed over.
    """
    parent: dict[str, str] = {}
    root: dict[str, str] = {}

    def top(node: str) -> str:
        path = []
        while root.get(node, node) != node:
            path.append(node)
            node = root[node]
        for passed in path:
            root[passed] = node
        return node

    for source, target, weight in links.select("source", "target", "weight").iter_rows():
        if target in parent or weight < outside[target]:
            continue
        if top(source) != target:
            parent[target] = source
            root[target] = top(source)
    return parent


def _neighbourhood(case: str, links: pl.DataFrame, parent: Mapping[str, str], steps: int) -> set[str]:
    kept = {case, *links.filter(target=case)["source"]}
    for node in list(kept):
        while node in parent:
            node = parent[node]
            kept.add(node)
    children: dict[str, list[str]] = {}
    for child, up in parent.items():
        children.setdefault(up, []).append(child)
    edge = [case]
    for _ in range(steps):
        edge = [child for node in edge for child in children.get(node, [])]
        kept.update(edge)
    return kept


GAP_DAYS = 366
"""Days without a case behind which others are no part of the picture: as a rule their year is mistyped."""


def _days(onsets: pl.Series) -> pl.Series:
    """Return how many days after the first each case began; what lies a gap apart stands at the edge of the picture."""
    dated = onsets.drop_nulls().sort()
    if dated.is_empty():
        return pl.Series([None] * onsets.len(), dtype=pl.Int64)
    group = (dated.diff().dt.total_days() > GAP_DAYS).fill_null(False).cast(pl.Int64).cum_sum()
    groups = (
        pl.DataFrame({"day": dated, "group": group})
        .group_by("group")
        .agg(pl.len(), first=pl.col("day").min(), last=pl.col("day").max())
    )
    first, last = groups.sort("len", "group", descending=True).select("first", "last").row(0)
    days: pl.Series = (onsets - first).dt.total_days().clip(0, (last - first).days)
    return days


def _placed(listed: pl.DataFrame, parent: Mapping[str, str]) -> pl.DataFrame:
    days = _days(listed["onset"])
    day = dict(zip(listed["id"], days.fill_null(0), strict=True))
    children: dict[str, list[str]] = {node: [] for node in day}
    for child, up in parent.items():
        children[up].append(child)
    for siblings in children.values():
        siblings.sort(key=lambda node: (day[node], node))
    roots = sorted((node for node in day if node not in parent), key=lambda node: (day[node], node))
    generation, order = dict.fromkeys(roots, 0), list(roots)
    for node in order:
        for child in children[node]:
            generation[child] = generation[node] + 1
            order.append(child)
    row = _rows(order, children, parent, day)
    return listed.select(
        "id",
        x=days.fill_null(0).cast(pl.Float64),
        y=pl.Series([row[node] for node in day], dtype=pl.Float64),
        generation=pl.Series([generation[node] for node in day], dtype=pl.Int64),
        size=pl.Series([radius(len(children[node])) for node in day], dtype=pl.Float64),
        kind="kind",
        onset="onset",
    )


def radius(infected: int) -> float:
    """Return the radius in pixels of a case that infected so many: 6, with an area that grows by half for each."""
    return round(6 * float(np.sqrt(1 + infected / 2)), 1)


def _rows(
    order: list[str], children: Mapping[str, list[str]], parent: Mapping[str, str], day: Mapping[str, int]
) -> dict[str, float]:
    """Row of each node; `order` has every parent before its children.

    A subtree is known by its outline: the lowest and the highest row that it takes on each day, its root standing in
    row 0. A link takes the row of its child on the days between parent and child.
    """
    length = max(day.values()) + 1
    low: dict[str, Contour] = {}
    high: dict[str, Contour] = {}
    offset: dict[str, float] = {}
    for node in reversed(order):
        bottom, top = np.full(length, np.inf), np.full(length, -np.inf)
        for child in children[node]:
            begin, end = (day[node] + 1, day[child]) if day[child] > day[node] else (day[child] + 1, day[node])
            child_low, child_high = low.pop(child), high.pop(child)
            child_low[begin:end] = np.minimum(child_low[begin:end], 0.0)
            child_high[begin:end] = np.maximum(child_high[begin:end], 0.0)
            offset[child] = _clearance(top, child_low)
            np.minimum(bottom, child_low + offset[child], out=bottom)
            np.maximum(top, child_high + offset[child], out=top)
        if children[node]:
            middle = (offset[children[node][0]] + offset[children[node][-1]]) / 2
            if bottom[day[node]] < middle + 1 and top[day[node]] > middle - 1:
                middle = float(bottom[day[node]]) - 1
            bottom -= middle
            top -= middle
            for child in children[node]:
                offset[child] -= middle
        bottom[day[node]] = min(bottom[day[node]], 0.0)
        top[day[node]] = max(top[day[node]], 0.0)
        low[node], high[node] = bottom, top
    skyline = np.full(length, -np.inf)
    for node in order:
        if node in parent:
            offset[node] += offset[parent[node]]
        else:
            lowest = float(low[node].min())
            offset[node] = max(_clearance(skyline, low[node]), -lowest)
            np.maximum(skyline, high[node] + offset[node], out=skyline)
    return offset


def _clearance(taken: Contour, low: Contour) -> float:
    """How far a subtree must be moved up to stand one row above what is taken."""
    both = np.isfinite(taken) & np.isfinite(low)
    return float((taken[both] - low[both]).max()) + 1.0 if both.any() else 0.0
