"""COVID-19 in Tianjin, 2020: 135 cases with their reported sources.

``python -m examples.tianjin IN OUT [--without-relations]``, IN with ``Tianjin135cases_revised.csv`` and
``tianjin_edges_clean.csv`` of Tindale et al. (2020), eLife 9:e57149.

What is used and what is not is argued in `docs/examples.md`. In short: the sources that the authors read from the
reports go to the column ``known_infectors``, which no inference reads. The days on which a case was in the shopping
mall become presences. Words such as "wife of TJ95" become contacts without a direction and without a date, each
household or workplace whole; they are left out by ``--without-relations``.
"""

import datetime as dt
import itertools
import re
from pathlib import Path

import networkx as nx
import polars as pl

from examples.folder import Tables, find, run

FAMILY = re.compile(r"family|relative|wife|hu?n?sband|\bson\b|daughter|duaghtor|mother|brother|sister|in law", re.I)
WORK = re.compile(r"cowork|colleage|colleague|workplace", re.I)
MALL = re.compile(r"\bmall|superstore|shop+er|shooper|shopping", re.I)
NOT_INSIDE = re.compile(r"living (in|at) the mall|proximity|contact with shoppers", re.I)
THE_ANSWER = re.compile(r"affect by", re.I)
OPEN, CLOSED = dt.time(9), dt.time(21)
SEVERITY = {"minor": "mild", "normal": "moderate", "severe": "severe"}
"""The published words (normal is 普通型) and the system's; "unclassified", spelt in four ways, is not known."""


def convert(source: Path, *, without_relations: bool = False) -> Tables:
    """Return the tables ``cases, presences, people`` and, unless left out, ``contacts``.

    Parameters
    ----------
    source : pathlib.Path
        Folder with the two published files.
    without_relations : bool
        Leave out the words that name another case.
    """
    raw = pl.read_csv(find(source, "Tianjin135cases_revised.csv"), infer_schema=False)
    raw = raw.rename({name: name.strip().lstrip("\ufeff") for name in raw.columns})
    raw = raw.with_columns(pl.col("Infection_source").fill_null("").str.strip_chars())
    day = {name: pl.col(name).str.strip_chars().str.to_date("%d/%m/%Y", strict=False) for name in raw.columns}

    cases = raw.select(
        "case_id",
        person_id="case_id",
        onset_date=day["symptom_onset"],
        sampled_at=day["confirm_date"],
        isolated_at=day["confirm_date"],
        severity=pl.col("severity").replace_strict(SEVERITY, default=None),
        reported_source="Infection_source",
    ).join(_known(source), on="case_id", how="left", maintain_order="left")
    people = raw.select(
        person_id="case_id",
        sex=pl.col("gender").replace_strict({"F": "female", "M": "male"}, default="unknown"),
        age="age",
    )
    visits = raw.select("case_id", words="Infection_source", first=day["start_source"], last=day["end_source"])
    tables = {"cases": cases, "presences": _mall(visits), "people": people}
    if not without_relations:
        tables["contacts"] = _relations(dict(raw.select("case_id", "Infection_source").iter_rows()))
    return tables


def _known(source: Path) -> pl.DataFrame:
    """The sources that the study's authors read from the reports, for scoring alone."""
    edges = pl.read_csv(find(source, "tianjin_edges_clean.csv"), infer_schema=False)
    named = pl.concat_list(pl.col(f"edge{n}").str.strip_chars() for n in range(1, 5)).list.drop_nulls()
    ids = named.list.eval(pl.element().filter(pl.element() != ""))
    return edges.select("case_id", known_infectors=pl.when(ids.list.len() > 0).then(ids.list.join(";")))


def _mall(visits: pl.DataFrame) -> pl.DataFrame:
    """One presence in the mall a day, for the days that shoppers and staff gave; the hour is not known."""
    rows = []
    for case_id, words, first, last in visits.sort("case_id").iter_rows():
        if not MALL.search(words) or NOT_INSIDE.search(words) or last is None:
            continue
        for n in range((last - (first or last)).days + 1):
            day = (first or last) + dt.timedelta(days=n)
            rows.append(
                (case_id, "Baodi mall", "venue", dt.datetime.combine(day, OPEN), dt.datetime.combine(day, CLOSED))
            )
    columns = ["person_id", "place_id", "place_kind", "start", "end"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(source=pl.lit("interview"))


def _relations(words_of: dict[str, str]) -> pl.DataFrame:
    """Households, workplaces and other acquaintances, both ways round and whole: no row says who was ill first."""
    groups = {"dwelling": nx.Graph(), "work": nx.Graph(), "other": nx.Graph()}
    for case_id, words in words_of.items():
        named = [f"TJ{n}" for n in re.findall(r"(?:TJ|case )\s*(\d+)", words) if f"TJ{n}" in words_of]
        if named and not THE_ANSWER.search(words):
            kind = "dwelling" if FAMILY.search(words) else "work" if WORK.search(words) else "other"
            groups[kind].add_edges_from((case_id, other) for other in named)
    relation = {"dwelling": "family", "work": "same workplace", "other": "acquaintance"}
    rows = [
        (case_id, person_id, relation[kind], kind)
        for kind, graph in groups.items()
        for members in (nx.connected_components(graph) if kind != "other" else graph.edges)
        for case_id, person_id in itertools.permutations(sorted(members), 2)
    ]
    columns = ["case_id", "person_id", "relation", "place_kind"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort("case_id", "person_id", "place_kind")


if __name__ == "__main__":
    run(convert, __doc__ or "", without_relations="leave out the words that name another case")
