"""The report "Chains and clusters" of an outbreak: made once a run of tracing and scope, kept, and read back.

A reader whose scope covers a part of the outbreak gets the report of that part: nothing in it rests on cases that the
reader may not see.
"""

import datetime as dt
import hashlib
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from lianfang.access.scope import Scope
from lianfang.access.selectors import jurisdictions_frame, townships
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.chains.clusters import find_clusters
from lianfang.chains.core.clusters.summary import Clusters
from lianfang.chains.core.drawing import Drawn, draw_chains
from lianfang.chains.models import ClusterReport
from lianfang.chains.selectors import chains_frame, verdicts_frame
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.presences import keeping
from lianfang.tracing.selectors import interviews_frame, met_frame

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak
    from lianfang.presences.store.snapshot import Snapshot

MOST_LINKS = 20_000
"""Links that are drawn beside those of the trees: what a browser keeps moving smoothly."""

FORM = 3
"""Of what is kept; another number makes every report anew, after a change of what it holds."""

PATIENCE = dt.timedelta(minutes=10)
"""A report that was begun longer ago and is not whole was given up: it is made anew."""


def scope_key(scope: Scope) -> str:
    """Return what two readers share who see the same areas, and reports of one `FORM`."""
    areas = "*" if scope.everything else "\n".join(sorted(scope.paths))
    return hashlib.sha256(f"{FORM}\n{areas}".encode()).hexdigest()


def kept_report(outbreak: "Outbreak", scope: Scope) -> ClusterReport | None:
    """Return the report of the latest tracing run, whole or in the making; None where there is none yet."""
    run = last_run(outbreak.code)
    if run is None:
        return None
    report = ClusterReport.objects.filter(run=run, scope_key=scope_key(scope)).first()
    return report if report is not None and report.verdicts == verdicts_key(outbreak, scope) else None


def verdicts_key(outbreak: "Outbreak", scope: Scope) -> str:
    """Return what two reports share that stand on the same decisions about links; empty where there are none."""
    rows = verdicts_frame(outbreak.code, scope).rows()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest() if rows else ""


def is_in_the_making(report: ClusterReport | None, at: dt.datetime) -> bool:
    """Tell whether somebody is making a report right now."""
    return report is not None and report.done_at is None and at - report.started_at < PATIENCE


def make_report(outbreak: "Outbreak", scope: Scope, *, at: dt.datetime) -> ClusterReport | None:
    """Make and keep the report of the latest tracing run; a report that is whole already is returned as it is.

    Parameters
    ----------
    outbreak : Outbreak
        Inside the scope.
    scope : Scope
        The reader's.
    at : datetime
        Aware.

    Returns
    -------
    ClusterReport or None
        None where the outbreak was never traced.
    """
    run = last_run(outbreak.code)
    if run is None:
        return None
    playbook = playbook_of(outbreak)  # where it cannot be read, no report is begun
    decided = verdicts_key(outbreak, scope)
    ClusterReport.objects.filter(outbreak=outbreak).exclude(run=run).delete()
    ClusterReport.objects.filter(run=run, scope_key=scope_key(scope)).exclude(verdicts=decided).delete()
    report, _ = ClusterReport.objects.get_or_create(
        run=run,
        scope_key=scope_key(scope),
        defaults={"outbreak": outbreak, "started_at": at, "verdicts": decided},
    )
    if report.done_at is not None:
        return report
    started = time.perf_counter()
    ClusterReport.objects.filter(pk=report.pk).update(started_at=at, step="facts")

    def progress(step: str) -> None:
        ClusterReport.objects.filter(pk=report.pk).update(step=step)

    as_of = to_local(run.as_of)
    cases = cases_frame(outbreak.code, scope)
    contacts = met_frame(outbreak.code, scope).join(cases.select("case_id"), on="case_id", how="semi")
    there = everybody()
    found = find_clusters(
        cases,
        there,
        contacts,
        playbook=playbook,
        as_of=as_of,
        interviews=interviews_frame(outbreak.code, scope),
        verdicts=verdicts_frame(outbreak.code, scope),
        progress=progress,
    )
    progress("layout")
    chains = chains_frame(outbreak.code, scope)
    drawn = draw_chains(cases, chains, min_weight=0.0, most=MOST_LINKS, parent=found.parent)
    report.graph = json.dumps(
        graph_data(drawn, found, town_of(cases, scope)), ensure_ascii=False, separators=(",", ":")
    )
    report.panels = panels_data(found) | {
        "links": chains.height,
        "drawn": drawn.links.height,
        "presences": there is not None,
    }
    report.seconds = round(time.perf_counter() - started, 3)
    report.step, report.done_at = "", at
    report.save()
    return report


def everybody() -> "Snapshot | None":
    """Return everybody's presences, as the store has them now; None where it has none."""
    moment = keeping.store().moment()
    return moment if moment.manifest.segments else None


def town_of(cases: pl.DataFrame, scope: Scope) -> dict[str, str]:
    """Return the township code of each case that lies in one."""
    towns = {town.path: town.code for town in townships(scope)}
    paths = dict(jurisdictions_frame(scope).select("code", "path").iter_rows())
    lies_in: dict[str, str] = {}
    for code in cases["jurisdiction"].unique().drop_nulls():
        parts = paths.get(code, "").strip("/").split("/")
        for n in range(1, len(parts) + 1):
            if (town := towns.get("/".join(parts[:n]) + "/")) is not None:
                lies_in[code] = town
    return {
        case: lies_in[code] for case, code in cases.select("case_id", "jurisdiction").iter_rows() if code in lies_in
    }


def graph_data(drawn: Drawn, found: Clusters, towns: dict[str, str]) -> dict[str, Any]:
    """Return the drawing as columns: nodes by their place in the list, links by two of these numbers."""
    nodes = drawn.nodes
    number = {case: n for n, case in enumerate(nodes["id"])}
    met = found.met.select("infector", "infectee", "place_kind").iter_rows()
    kind_of = {(infector, infectee): kind for infector, infectee, kind in met}
    links = drawn.links
    return {
        "nodes": {
            "id": nodes["id"].to_list(),
            "x": nodes["x"].to_list(),
            "y": [round(y, 2) for y in nodes["y"]],
            "size": nodes["size"].to_list(),
            "generation": nodes["generation"].to_list(),
            "kind": nodes["kind"].to_list(),
            "known": nodes["onset"].is_not_null().to_list(),
            "town": [towns.get(case, "") for case in nodes["id"]],
            "setting": [kind_of.get((found.parent.get(case, ""), case), "") for case in nodes["id"]],
        },
        "edges": {
            "source": [number[case] for case in links["source"]],
            "target": [number[case] for case in links["target"]],
            "weight": [round(weight, 3) for weight in links["weight"]],
            "tree": [int(tree) for tree in links["tree"]],
        },
        "first": str(nodes["onset"].min() or ""),
    }


def panels_data(found: Clusters) -> dict[str, Any]:
    """Return the tables and estimates as plain values; times as ISO texts."""

    def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
        times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
        return frame.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M")).to_dicts()

    sources = found.sources
    return {
        "cases": found.cases,
        "hours": found.hours,
        "settings": rows(found.settings),
        "sources": {
            "found": rows(sources.found),
            "tests": sources.tests,
            "unlinked": sources.unlinked,
            "placed": sources.placed,
        },
        "attack_by_kind": rows(found.attack_by_kind),
        "attack_by_relation": rows(found.attack_by_relation),
        "generations": rows(found.generations),
        "offspring": asdict(found.offspring),
        "serial": asdict(found.serial),
    }
