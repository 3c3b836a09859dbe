"""The door to reading figures: an outbreak's frames with their townships, its figures, its bulletin."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import polars as pl
from django.db.models import QuerySet

from lianfang.access.scope import Scope
from lianfang.access.selectors import jurisdictions_frame, townships
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.selectors import clocks_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.selectors import measures_frame
from lianfang.outbreaks.selectors import last_run, playbook_of
from lianfang.records.batches import in_batches
from lianfang.registry.selectors import boundaries_geojson, people
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.cases import case_lines, curve_of, known_cases, last_moment, new_cases
from lianfang.reports.core.figures import Figure, figures
from lianfang.reports.core.frozen import thawed
from lianfang.reports.core.paper import Bulletin, Masthead, Policy, policy_of
from lianfang.reports.drawings import Area
from lianfang.reports.models import Issue
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

    Midnight as the time of reckoning closes the day before it.

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
    return _counted(_as_it_stood(frames(outbreak, scope), last_moment(as_of)), outbreak, scope, as_of)


def _counted(read: Frames, outbreak: str, scope: Scope, as_of: dt.datetime) -> dict[str, Figure]:
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
    # An order that was given later had not been given yet: until then it was a proposal.
    undecided = (pl.col("decided_at") > now).fill_null(False)
    measures = (
        read.measures.filter((pl.col("proposed_at") <= now).fill_null(True))
        .join(concerned, on="person_id", how="semi", maintain_order="left")
        .with_columns(
            until("released_at"),
            decision=pl.when(undecided).then(pl.lit(Decision.PROPOSED.value)).otherwise("decision"),
        )
    )
    return Frames(
        cases=cases,
        contacts=contacts,
        measures=measures,
        clocks=read.clocks.filter(pl.col("starts") <= now).with_columns(until("done_at"), until("paused_at")),
        townships=read.townships,
    )


@dataclass(frozen=True)
class Paper:
    """A bulletin, and the map that belongs to it.

    Attributes
    ----------
    bulletin : Bulletin
        What it says.
    areas : tuple of Area
        The townships with outline and number; empty where there are no outlines.
    """

    bulletin: Bulletin
    areas: tuple[Area, ...] = ()


def paper_for(outbreak: "Outbreak", scope: Scope, as_of: dt.datetime, *, masthead: Masthead | None = None) -> Paper:
    """Return the day's bulletin of an outbreak with its map, as the scope sees it.

    Parameters
    ----------
    outbreak : Outbreak
    scope, as_of
        As for `figures_for`. Who sees a part of the outbreak's area alone gets a paper that says so in its title.
    masthead : Masthead, optional
        Unit, number, signature.
    """
    read = _as_it_stood(frames(outbreak.code, scope), last_moment(as_of))
    made = _counted(read, outbreak.code, scope, as_of)
    try:
        book = playbook_of(outbreak)
        policy = policy_of(book)
        titles = {rule.clock: rule.title.text for rule in reversed(book.clocks)}
    except Refused:  # its file is gone: the figures stand all the same
        policy, titles = Policy(Text(outbreak.playbook, outbreak.playbook)), {}
    day = last_moment(as_of).date()
    known = known_cases(_told(read.cases, scope, day))
    areas = _areas(read.townships, made, scope)
    whole = Text(outbreak.jurisdiction.name, outbreak.jurisdiction.name_en or outbreak.jurisdiction.name)
    own = None if scope.covers(outbreak.jurisdiction.path) else _own_area(scope)
    paper = bulletin(
        made,
        as_of=as_of,
        jurisdiction=whole if own is None else own,
        part_of=None if own is None else whole,
        policy=policy,
        masthead=masthead,
        cases=case_lines(new_cases(known, day), day=day, townships=read.townships),
        curve=curve_of(known, day),
        clock_titles=titles,
        township_names=read.townships,
        has_map=bool(areas),
    )
    return Paper(paper, areas)


def _own_area(scope: Scope) -> Text | None:
    """Name the areas that a scope is cut to."""
    found = jurisdictions_frame(scope).filter(pl.col("path").is_in(list(scope.paths)))
    names = [Text(name, name_en or name) for name, name_en in found.select("name", "name_en").iter_rows()]
    return Text("、".join(one.zh for one in names), ", ".join(one.en for one in names)) if names else None


def _told(cases: pl.DataFrame, scope: Scope, day: dt.date) -> pl.DataFrame:
    """Add sex and day of birth of the people of the cases."""
    ids = cases["person_id"].unique().to_list()
    rows = [
        row
        for part in in_batches(ids)
        for row in people(scope).filter(pk__in=part).order_by().values_list("pk", "sex", "birth_date")
    ]
    told = pl.DataFrame(
        rows, schema={"person_id": pl.String(), "sex": pl.String(), "birth_date": pl.Date()}, orient="row"
    )
    return cases.join(told, on="person_id", how="left", maintain_order="left")


def _areas(townships: dict[str, Text], made: dict[str, Figure], scope: Scope) -> tuple[Area, ...]:
    """Give the outline of each township that has one, by its number in the table."""
    outlines = {one["properties"]["code"]: one["geometry"] for one in boundaries_geojson(scope)["features"]}
    return tuple(
        Area(number, made[f"township.{code}.cases"].value, outlines[code])
        for number, code in enumerate(townships, start=1)
        if outlines.get(code)
    )


def issues_of(outbreak: str, scope: Scope) -> QuerySet[Issue]:
    """Return the published issues of an outbreak inside a scope, the latest first."""
    rows = Issue.objects.within(scope).filter(outbreak_id=outbreak).select_related("corrects", "jurisdiction")
    return cast("QuerySet[Issue]", rows.order_by("-published_at", "-pk"))


def find_issue(pk: int, scope: Scope) -> Issue | None:
    """Return one published issue; None when it is not in the scope."""
    return Issue.objects.within(scope).filter(pk=pk).select_related("outbreak", "corrects", "jurisdiction").first()


def corrections_of(issue: Issue) -> list[Issue]:
    """Return the issues that correct one that was read in a scope: they are of the same area."""
    return list(Issue.unscoped.filter(corrects=issue).order_by("number"))


def paper_of(issue: Issue) -> Paper:
    """Return a published issue as it was published."""
    return Paper(thawed(issue.paper), tuple(Area(*one) for one in issue.areas))
