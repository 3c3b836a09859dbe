"""The door to reading figures: an outbreak's frames with their townships, its figures, its bulletin."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from lianfang.access.scope import Scope
from lianfang.access.selectors import jurisdictions_frame, townships
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.selectors import clocks_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.selectors import measures_frame
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.reports.core.bulletin import Bulletin, bulletin
from lianfang.reports.core.figures import Figure, figures
from lianfang.tracing.selectors import contacts_frame, same_place_total

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak


@dataclass(frozen=True)
class Frames:
    """What the figures of an outbreak are counted from; ``jurisdiction`` is the code of a township everywhere.

    Attributes
    ----------
    cases, contacts, measures, clocks : pl.DataFrame
        As the rooms' selectors give them, inside the scope.
    townships : dict of str to Text
        Code to name of every township of the scope, in the order of the tree; also those that have nothing to report.
    """

    cases: pl.DataFrame
    contacts: pl.DataFrame
    measures: pl.DataFrame
    clocks: pl.DataFrame
    townships: dict[str, Text]


def frames(outbreak: str, scope: Scope) -> Frames:
    """Return the frames of an outbreak inside a scope; six queries, however many rows."""
    areas = jurisdictions_frame(scope)
    towns = list(townships(scope))
    paths = {town.path: town.code for town in towns}
    # The path of everything in a township starts with that of the township: codes of three levels at most.
    lies_in = {
        code: next((paths[p] for p in _prefixes(path) if p in paths), None)
        for code, path in areas.select("code", "path").iter_rows()
    }
    town_of = pl.DataFrame(
        {"jurisdiction": list(lies_in), "town": list(lies_in.values())},
        schema={"jurisdiction": pl.String, "town": pl.String},
    )

    def placed(frame: pl.DataFrame) -> pl.DataFrame:
        joined = frame.join(town_of, on="jurisdiction", how="left", maintain_order="left")
        return joined.drop("jurisdiction").rename({"town": "jurisdiction"})

    return Frames(
        cases=placed(cases_frame(outbreak, scope)),
        contacts=placed(contacts_frame(outbreak, scope)),
        measures=placed(measures_frame(outbreak, scope)),
        clocks=placed(clocks_frame(outbreak, scope)),
        townships={town.code: Text(town.name, town.name_en or town.name) for town in towns},
    )


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]


def figures_for(outbreak: str, scope: Scope, as_of: dt.datetime) -> dict[str, Figure]:
    """Return the figures of an outbreak.

    Parameters
    ----------
    outbreak : str
        Its code.
    scope : Scope
        Rows outside are not counted.
    as_of : datetime
        Naive local. What was reported, proposed, started, located or done later is left out, or counted as it stood.

    Returns
    -------
    dict
        As `lianfang.reports.core.figures.figures`.
    """
    read = _as_it_stood(frames(outbreak, scope), as_of)
    return figures(
        cases=read.cases,
        contacts=read.contacts,
        measures=read.measures,
        clocks=read.clocks,
        as_of=as_of,
        townships=read.townships,
        same_place=_same_place(outbreak, scope, as_of),
    )


def _same_place(outbreak: str, scope: Scope, as_of: dt.datetime) -> int | None:
    """Return the number of people who shared a place and are no contact, for whoever sees the outbreak as a whole.

    It is that of the last response: who asks as of an earlier time gets none. The number cannot be cut to a branch.
    """
    run = last_run(outbreak)
    local = to_local(run.as_of) if run is not None else None
    whole = run is not None and scope.covers(run.outbreak.jurisdiction.path)
    return same_place_total(outbreak) if whole and local is not None and local <= as_of else None


def _as_it_stood(read: Frames, as_of: dt.datetime) -> Frames:
    now = pl.lit(as_of, dtype=pl.Datetime("us"))

    def until(column: str) -> pl.Expr:
        return pl.when(pl.col(column) <= now).then(column).alias(column)

    cases = read.cases.filter(pl.col("reported_at") <= now)
    contacts = read.contacts.filter(pl.col("proposed_at") <= now).with_columns(until("located_at"))
    concerned = pl.concat([cases.select("person_id"), contacts.select("person_id")]).unique()
    return Frames(
        cases=cases,
        contacts=contacts,
        measures=read.measures.join(concerned, on="person_id", how="semi", maintain_order="left"),
        clocks=read.clocks.filter(pl.col("starts") <= now).with_columns(until("done_at"), until("paused_at")),
        townships=read.townships,
    )


def bulletin_for(outbreak: "Outbreak", scope: Scope, as_of: dt.datetime) -> Bulletin:
    """Return the day's bulletin of an outbreak, as the scope sees it; arguments as `figures_for`."""
    made = figures_for(outbreak.code, scope, as_of)
    try:
        book = playbook_of(outbreak)
        policy = Text(f"{book.title.zh}({book.name})", f"{book.title.en} ({book.name})")
        titles = {rule.clock: rule.title.text for rule in reversed(book.clocks)}
    except Refused:  # its file is gone: the figures stand all the same
        policy, titles = Text(outbreak.playbook, outbreak.playbook), {}
    return bulletin(
        made,
        as_of=as_of,
        jurisdiction=Text(outbreak.jurisdiction.name, outbreak.jurisdiction.name_en or outbreak.jurisdiction.name),
        playbook=policy,
        clock_titles=titles,
        township_names={town.code: Text(town.name, town.name_en or town.name) for town in townships(scope)},
    )
