"""Tracing, carried out: cases and presences in, contacts out. Opens an engine, knows no database and no Django.

``import lianfang; lianfang.trace(cases, presences)`` is this module's `trace`.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from lianfang.cases.core.window import in_doubt, infectious_windows, plain_lookback, problems, sound
from lianfang.kernel.errors import Misused
from lianfang.kernel.schema import CASES
from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import Category, PlaceKind
from lianfang.playbook.model import LookbackRule, Playbook
from lianfang.presences.core.seats import seat_rules
from lianfang.presences.finders import Finder, FinderName, open_finder
from lianfang.presences.opened import Opened, Sources, read_frame
from lianfang.tracing.between import carriers_by, turned_positive
from lianfang.tracing.known import known_of_list, late_end
from lianfang.tracing.meetings import find_meetings as find_meetings

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend

    from lianfang.presences.store import PresenceStore
    from lianfang.presences.store.snapshot import Snapshot

Degrees = Literal[1, 2]

_OF_CASES = {*CASES.names, "found_by", "reported_at"}
"""What tracing reads of a list of cases."""


@dataclass(frozen=True)
class Traced:
    """What a run gives.

    Attributes
    ----------
    contacts : pl.DataFrame
        Schema `kernel.schema.TRACED`.
    refused : pl.DataFrame
        Rows of the input that were not used; schema `kernel.schema.REFUSALS`.
    without_window : list
        Case ids that have no infectious window, each with the reason.
    as_of : datetime or None
        The time of reckoning that was used.
    notes : tuple of Text
        What looks like a slip: presences that end long after everything that is known of the cases.
    """

    contacts: pl.DataFrame
    refused: pl.DataFrame
    without_window: list[tuple[str, Text]]
    as_of: dt.datetime | None
    notes: tuple[Text, ...] = ()


def trace(
    cases: pl.DataFrame | str | Path,
    presences: "Sources | PresenceStore",
    *,
    lookback: int | Sequence[LookbackRule] = 2,
    min_minutes: float = 15,
    degrees: Degrees = 1,
    second_kinds: Sequence[str] | None = None,
    latent_hours: float = 0,
    as_of: dt.datetime | None = None,
    isolations: pl.DataFrame | None = None,
    engine: FinderName | None = None,
) -> pl.DataFrame:
    """Find the contacts of cases among presences.

    Parameters
    ----------
    cases : pl.DataFrame, path or address
        Columns of `kernel.schema.CASES`.
    presences : pl.DataFrame, path, address (``s3://…``), a sequence of them, or PresenceStore
        Columns of `kernel.schema.PRESENCES`; Parquet files are scanned where they lie.
    lookback : int or sequence of LookbackRule
        Days before onset (or sampling), or the rules of a playbook.
    min_minutes : float
        Minutes from which shared presence counts; in a dwelling any overlap does.
    degrees : {1, 2}
        Whether contacts of contacts are sought too.
    second_kinds : sequence of str, optional
        Place kinds of a contact's presences that count for the second degree; all, when not given.
    latent_hours : float
        Hours from a contact's first contact until the contact counts as a source.
    as_of : datetime, optional
        Naive local time of reckoning; the latest end in `presences`, when not given.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at`` of contacts that are isolated already.
    engine : {"index", "duckdb", "spark"}, optional
        What carries the query out. When not given: what ``LIANFANG_ENGINE`` names, or else the index of a presence
        store, and DuckDB over files and frames.

    Returns
    -------
    pl.DataFrame
        Columns and order of `kernel.schema.TRACED`, see `docs/algorithms/tracing.md`.

    Raises
    ------
    Refused
        When an input as a whole cannot be used. Single rows that cannot be used are counted in a warning; the command
        ``lianfang trace`` lists them.
    """
    done = trace_tables(
        cases,
        presences,
        lookback=lookback,
        min_minutes=min_minutes,
        degrees=degrees,
        second_kinds=second_kinds,
        latent_hours=latent_hours,
        as_of=as_of,
        isolations=isolations,
        engine=engine,
        lang="en",
    )
    if done.refused.height:
        first = done.refused.row(0, named=True)
        warnings.warn(
            f"{done.refused.height} rows were not used; the first: "
            f"{first['file']} line {first['line']}: {first['reason']}",
            stacklevel=2,
        )
    for note in done.notes:
        warnings.warn(note.en, stacklevel=2)
    for case_id, reason in done.without_window:
        warnings.warn(f"case {case_id}: {reason.en}", stacklevel=2)
    return done.contacts


def trace_tables(
    cases: pl.DataFrame | str | Path,
    presences: "Sources | PresenceStore",
    *,
    lookback: int | Sequence[LookbackRule],
    min_minutes: float,
    degrees: Degrees,
    second_kinds: Sequence[str] | None,
    latent_hours: float,
    as_of: dt.datetime | None,
    isolations: pl.DataFrame | None = None,
    engine: FinderName | None = None,
    lang: Lang = "zh",
    progress: Callable[[Text], None] | None = None,
) -> Traced:
    """Do what `trace` does and hand back, beside the contacts, all that could not be used.

    `progress` is told what is being done, and an empty `Text` at the end.
    """
    tell = progress or (lambda step: None)
    if second_kinds is not None and (unknown := sorted(set(second_kinds) - set(PlaceKind.codes()))):
        words, known = ", ".join(unknown), ", ".join(PlaceKind.codes())
        raise Misused(Text(f"没有这样的场所类型：{words}；可用：{known}", f"no such place kind: {words}; use {known}"))
    if not min_minutes >= 0:
        raise Misused(Text(f"最少分钟数不能是 {min_minutes}", f"min_minutes cannot be {min_minutes}: give 0 or more"))
    if degrees not in (1, 2):
        raise Misused(Text(f"层数只能是 1 或 2，不是 {degrees}", f"degrees is 1 or 2, not {degrees}"))
    from lianfang.presences.core.contact_rows import CARRIERS, SECOND, assemble, carriers, plain_thresholds

    rules = plain_lookback(lookback) if isinstance(lookback, int) else lookback
    thresholds = plain_thresholds(min_minutes)
    tell(Text("读取病例 …", "reading cases …"))
    _, used, refused = read_frame(cases, CASES, lang=lang)
    # Whatever else the list tells must not stand for a column that tracing makes for itself.
    used = used.select(name for name in used.columns if name in _OF_CASES)
    tell(Text("读取在场记录 …", "reading presences …"))
    with open_finder(presences, engine=engine, lang=lang) as (finder, unread):
        at = as_of or finder.latest_end()
        if as_of is not None:
            used, later = known_of_list(used, as_of, lang)
            refused = pl.concat([refused, later])
        windows = infectious_windows(
            used, lookback=rules, as_of=at, onset_first=isinstance(lookback, int), capped=as_of is not None
        )
        tell(Text("查找接触者 …", "finding contacts …"))
        first = finder.first(_spans(windows), thresholds)
        carried, second = pl.DataFrame(schema=CARRIERS), pl.DataFrame(schema=SECOND)
        if degrees == 2:
            tell(Text("查找密接的密接 …", "finding contacts of contacts …"))
            carried = carriers(first, cases=used, latent_hours=latent_hours, as_of=at, isolations=isolations)
            # Every contact is a case or somebody through whom the second degree is sought.
            excluded = pl.concat([carried["person_id"], used["person_id"]])
            second = finder.second(carried, excluded, thresholds, second_kinds)
    tell(Text("", ""))
    contacts = assemble(first, second, carried, cases=used, ordered=finder.is_ordered)
    notes = () if as_of is not None else late_end(used, at)
    return Traced(contacts, pl.concat([refused, unread]), problems(windows), at, notes)


def find_contacts(
    cases: pl.DataFrame,
    presences: "Sources | Opened | PresenceStore | Snapshot | None",
    interviews: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    isolations: pl.DataFrame | None = None,
    decisions: pl.DataFrame | None = None,
    positive: pl.Series | None = None,
    degrees: Degrees = 2,
    session: "SQLBackend | None" = None,
    joined: Callable[[int], None] = lambda number: None,
) -> pl.DataFrame:
    """Find every contact that a playbook knows, from presences and interviews together.

    Parameters
    ----------
    cases : pl.DataFrame
        Schema `kernel.schema.CASES` (and ``found_by`` where the playbook's look-back asks for it).
    presences : frame, path, a sequence of them, PresenceStore, a Snapshot of one, Opened or None
        Schema `kernel.schema.PRESENCES`; what `open_presences` gave when `session` is handed in.
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`.
    playbook : Playbook
        Look-back, thresholds by place kind, the second degree, categories.
    as_of : datetime
        Naive local time of reckoning.
    isolations : pl.DataFrame, optional
        ``person_id, isolated_at`` of contacts that are isolated already.
    decisions : pl.DataFrame, optional
        ``person_id, decision, category, rule``: which contacts investigators accepted or refused, as what, and by which
        rule they had been proposed. It says through whom the second degree is sought (`core.contacts.close_only`); the
        rows of the first degree keep the category that the playbook gives.
    positive : pl.Series, optional
        Ids of people who have a positive test and are no cases: whoever met such a contact met an infected person.
    degrees : {1, 2}
        1 leaves contacts of contacts out, whatever the playbook says: for a first answer.
    session : SQLBackend, optional
        An open engine; one is opened when it is not given.
    joined : callable
        Told how many meetings of the first degree were counted once because two records told of one stay.

    Returns
    -------
    pl.DataFrame
        Schema `kernel.schema.CONTACTS`: one row a case, person, degree and place kind. Rows known by interview alone
        have empty minutes and encounters. Whom a case named outside of its infectious window is there with the
        category `OUTSIDE_WINDOW`, whom a case without a sound window named or met with `UNDECIDED`.

    Notes
    -----
    The second degree is sought through contacts of the first whom an investigator, or where none decided the playbook,
    calls close contacts; not through general contacts, and through nobody who was refused. A close contact who is a
    case by now, or has tested positive, takes nobody along: those whom he met from his own first contact on stay.
    """
    from lianfang.tracing.core.contacts import assemble_contacts, thresholds_of

    with open_finder(presences, session=session) as (finder, _):
        first, aside = _first_degree(finder, cases, interviews, playbook, as_of, joined)
        second_rule = playbook.tracing.second_degree
        carried = carriers_by(
            pl.concat([first, aside]), cases, playbook, second_rule.latent_hours, as_of, isolations, decisions
        )
        carried = carried if second_rule.traced and degrees == 2 else carried.clear()
        far, seats = thresholds_of(playbook, degree=2), seat_rules(playbook)
        excluded = _excluded(first, cases)
        second = finder.second(carried, excluded, far, second_rule.place_kinds, seats, latest=True)
        if turned := turned_positive(carried, cases, positive, playbook):
            # Whoever met one who turned positive is there by that meeting, whomever else they met before.
            own = carried.filter(pl.col("person_id").is_in(turned))
            near = finder.second(own, excluded, far, second_rule.place_kinds, seats, latest=True)
            second = pl.concat([near, second.join(near, on="person_id", how="anti")])
    rows = pl.concat([first, aside])
    return assemble_contacts(rows, second, carried, cases=cases, playbook=playbook, positive=positive)


def find_second_by_kind(
    cases: pl.DataFrame,
    presences: "Sources | Opened | PresenceStore | Snapshot | None",
    interviews: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    latent_hours: float,
    isolations: pl.DataFrame | None = None,
    decisions: pl.DataFrame | None = None,
    session: "SQLBackend | None" = None,
) -> dict[str, pl.Series]:
    """Find whom the second degree would reach through each kind of place alone, with other latent hours.

    Parameters
    ----------
    cases, presences, interviews, playbook, as_of, isolations, decisions, session
        As for `find_contacts`; place kinds and latent hours of the playbook's second degree are not looked at.
    latent_hours : float
        Hours from a contact's first contact until the contact counts as a source.

    Returns
    -------
    dict
        Place kind → ids of persons, each once; kinds without a threshold for the second degree are not there.
    """
    from lianfang.tracing.core.contacts import thresholds_of

    with open_finder(presences, session=session) as (finder, _):
        first, aside = _first_degree(finder, cases, interviews, playbook, as_of)
        carried = carriers_by(pl.concat([first, aside]), cases, playbook, latent_hours, as_of, isolations, decisions)
        excluded, seats = _excluded(first, cases), seat_rules(playbook)
        far = thresholds_of(playbook, degree=2)
        return {kind: finder.second(carried, excluded, far, [kind], seats)["person_id"] for kind in far}


def _first_degree(
    finder: Finder,
    cases: pl.DataFrame,
    interviews: pl.DataFrame,
    playbook: Playbook,
    as_of: dt.datetime,
    joined: Callable[[int], None] = lambda number: None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first degree by a playbook: met and told, with categories; and whom a case named or met without being one."""
    from lianfang.presences.core.contact_rows import long_enough
    from lianfang.tracing.core.by_window import by_window, without_category
    from lianfang.tracing.core.contacts import (
        categorise,
        join_interviews,
        thresholds_of,
        usable_interviews,
    )

    windows = infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
    thresholds, seats = thresholds_of(playbook, degree=1), seat_rules(playbook)
    met = finder.first(_spans(windows), thresholds, seats, one_stay=True)
    joined(int(met["joined"].sum()))
    met = long_enough(met, thresholds).drop("joined")
    told = by_window(interviews.filter(usable_interviews(interviews, cases=windows)), windows=windows)
    inside = told.filter(pl.col("standing").is_null()).select(interviews.columns)
    first = categorise(join_interviews(met, inside, windows=windows), degree=1, playbook=playbook)
    doubt = in_doubt(windows, lookback=playbook.lookback, as_of=as_of)
    in_between = met.clear()
    if doubt.height:
        in_between = finder.first(doubt, thresholds, seats, one_stay=True)
        in_between = long_enough(in_between, thresholds).drop("joined")
    if inside.height == told.height and not in_between.height:
        return first, first.clear()
    return first, without_category(told, in_between, first=first)


def find_general(
    cases: pl.DataFrame,
    presences: "Sources | Opened | PresenceStore | None",
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    session: "SQLBackend | None" = None,
    one_stay: bool = True,
) -> pl.DataFrame:
    """List who shared a place with a case in its window and is no contact, where the playbook has a rule for them.

    Parameters
    ----------
    cases, presences, playbook, as_of, session
        As for `find_contacts`.
    contacts : pl.DataFrame
        ``person_id`` of every contact, whatever the case and degree; neither they nor cases are listed.
    one_stay : bool
        Whether two records of one stay count once. It changes minutes and encounters, not who is listed.

    Returns
    -------
    pl.DataFrame
        Columns of `core.general.PEOPLE`; no rows where the playbook has no rule.
    """
    from lianfang.tracing.core.general import PEOPLE, any_time, listed

    rule = playbook.tracing.general
    if rule is None:
        return pl.DataFrame(schema=PEOPLE)
    windows = infectious_windows(cases, lookback=playbook.lookback, as_of=as_of)
    with open_finder(presences, session=session) as (finder, _):
        together = finder.first(_spans(windows), any_time(rule), one_stay=one_stay).drop("joined", strict=False)
    return listed(together, pl.concat([cases["person_id"], contacts["person_id"]]))


def count_general(
    cases: pl.DataFrame,
    presences: "Sources | Opened | PresenceStore | None",
    contacts: pl.DataFrame,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    session: "SQLBackend | None" = None,
) -> pl.DataFrame | None:
    """Count whom `find_general` lists.

    Returns
    -------
    pl.DataFrame or None
        Columns of `core.general.COUNTS`, sorted; None where the playbook has no rule.
    """
    from lianfang.tracing.core.general import counted

    if playbook.tracing.general is None:
        return None
    people = find_general(cases, presences, contacts, playbook=playbook, as_of=as_of, session=session, one_stay=False)
    return counted(people)


def _spans(windows: pl.DataFrame) -> pl.DataFrame:
    """The sound windows, as a finder takes them."""
    return sound(windows)[["case_id", "person_id", "infectious_from", "infectious_to"]]


def _excluded(first: pl.DataFrame, cases: pl.DataFrame) -> pl.Series:
    """Who is nobody's contact of the second degree: every case and every close contact of the first.

    A general contact may be one: meeting a case under protection takes nobody out of a stricter category.
    """
    close = first.filter(pl.col("category") == Category.CLOSE_CONTACT.value)
    return pl.concat([close["person_id"].unique(), cases["person_id"]]).unique()
