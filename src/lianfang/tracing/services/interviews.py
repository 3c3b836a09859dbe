"""Whom cases named: one entered by an investigator, many from a list."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.times import to_local
from lianfang.access.turns import writing
from lianfang.cases.core.possible import impossible_times
from lianfang.cases.selectors import cases_frame, find_case
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.frames import frame_of
from lianfang.records.models import Change
from lianfang.records.upsert import upsert_frame
from lianfang.registry.selectors import areas_of_people, people
from lianfang.tracing.models import Interview

_CONTACTS = {"first_contact": Text("首次接触", "first contact"), "last_contact": Text("末次接触", "last contact")}


@dataclass(frozen=True)
class Entered:
    """What an entry came to.

    Attributes
    ----------
    interview : Interview
        As it stands now.
    change : Change, optional
        By which it can be taken back, where something that was recorded before was said differently.
    """

    interview: Interview
    change: Change | None = None


def add_interview(
    *,
    case_id: str,
    person_id: str,
    by: Account,
    at: dt.datetime,
    place_kind: str = "",
    relation: str = "",
    first_contact: dt.datetime | None = None,
    last_contact: dt.datetime | None = None,
    protected: bool | None = None,
) -> Entered:
    """Record somebody whom a case named; the next response makes a contact of it. Sending it twice makes one row.

    A second entry of the same case, person and setting corrects the first: what it does not say stays as it was, and
    what it says differently can be taken back (`access.changes.undo_change`).

    Parameters
    ----------
    case_id, person_id : str
        Both inside the account's scope.
    by : Account
        Needs ``contact.decide``.
    at : datetime
        Aware.
    place_kind : str
        A code of `kernel.vocabulary.PlaceKind`; empty where the setting is not known: the row then joins the setting in
        which tracing finds the two together longest.
    relation : str
        Who the person is to the case.
    first_contact, last_contact : datetime, optional
        Aware.
    protected : bool, optional
        Whether effective protection was worn; not where nobody ever says so.

    Raises
    ------
    Refused
        When case or person is not in the account's scope, both are one, or the times are out of order.
    """
    need(by, "contact.decide")
    scope = scope_of(by)
    case = find_case(case_id, scope)
    if case is None:
        raise Refused(Text(f"辖区内没有病例 {case_id}", f"there is no case {case_id} in your area"))
    person = people(scope).filter(pk=person_id).first()
    if person is None:
        raise Refused(
            Text(
                "辖区内没有这个人，请先登记",
                "nobody of that id is in your area: register the person",
            )
        )
    if person.pk == case.person_id:
        raise Refused(Text("接触者就是病例本人，请核对", "the contact is the case itself: check both"))
    if place_kind and place_kind not in PlaceKind.codes():
        raise Refused(Text("没有这样的场所类型", "there is no such kind of place"))
    if first_contact and first_contact > at:
        raise Refused(Text("首次接触晚于现在，请核对", "the first contact lies in the future: check it"))
    if last_contact and last_contact > at:
        raise Refused(Text("末次接触晚于现在，请核对", "the last contact lies in the future: check it"))
    times = {"first_contact": to_local(first_contact), "last_contact": to_local(last_contact)}
    for name, problem in impossible_times(times, began=case.outbreak.started_on, born=person.birth_date).items():
        raise Refused(Text("{of}：{problem}", "{of}: {problem}").format(of=_CONTACTS[name], problem=problem))
    told: dict[str, Any] = {
        "relation": relation.strip()[:80],
        "first_contact": first_contact,
        "last_contact": last_contact,
        "protected": protected,
    }
    said = {name: value for name, value in told.items() if value not in (None, "")}
    said["jurisdiction_id"] = person.jurisdiction_id
    with writing():
        interview, created = Interview.unscoped.get_or_create(
            case=case, person=person, place_kind=place_kind, defaults=said
        )
        before = {name: getattr(interview, name) for name, value in said.items() if getattr(interview, name) != value}
        after = {name: said[name] for name in before}
        for name, value in after.items():
            setattr(interview, name, value)
        if interview.first_contact and interview.last_contact and interview.first_contact > interview.last_contact:
            raise Refused(
                Text(
                    f"末次接触（{_moment(interview.last_contact)}）早于首次接触（{_moment(interview.first_contact)}），"
                    "请核对；未填的一项沿用已登记的内容",
                    f"the last contact ({_moment(interview.last_contact)}) is before the first "
                    f"({_moment(interview.first_contact)}): check both; what is left empty stays as recorded",
                )
            )
        if created:
            detail = {"act": "interview.add", "case": case.pk, "setting": place_kind}
            audit.record(actor=scope.name, act="write", kind="registry.person", key=person.pk, detail=detail, at=at)
        if not after:
            return Entered(interview)
        interview.save(update_fields=list(after))
        row: ChangedRow = {"model": "tracing.Interview", "pk": interview.pk, "before": before, "after": after}
        return Entered(interview, record_change(by=by, at=at, act="interview.correct", rows=[row]))


def _moment(moment: dt.datetime) -> str:
    return f"{to_local(moment):%Y-%m-%d %H:%M}"


def load_interviews(*, interviews: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Store many contacts that cases named, from a list; doing the same twice changes nothing.

    What a row of the list leaves empty stays as it was recorded before.

    Parameters
    ----------
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`; rows of unknown cases or persons are left out.
    outbreak : str
        Code of the outbreak of the cases.
    by : Scope
        On whose behalf.
    at : datetime
        Aware.

    Returns
    -------
    int
        Rows made or changed.
    """
    cases = cases_frame(outbreak, by, with_excluded=True).select("case_id", case_person="person_id")
    register = areas_of_people(by, set(interviews["person_id"]))
    rows = (
        interviews.join(cases, on="case_id")
        .join(register, on="person_id")
        .filter(pl.col("person_id") != pl.col("case_person"))
        .select(
            "case_id",
            "person_id",
            "jurisdiction",
            "first_contact",
            "last_contact",
            pl.col("relation").fill_null("").str.strip_chars().str.slice(0, 80),
            pl.col("place_kind").fill_null(""),
            "protected",
        )
    )
    update = ("jurisdiction", "first_contact", "last_contact", "relation", "protected")
    with writing():
        rows = _with_what_was_said(rows, outbreak)
        changed = upsert_frame(Interview, rows, key=("case", "person", "place_kind"), update=update)
        if changed:
            detail = {"act": "interview.load", "outbreak": outbreak, "rows": changed}
            audit.record(actor=by.name, act="write", kind="tracing.interview", detail=detail, at=at)
    return changed


_SAID: dict[str, tuple[str, pl.DataType]] = {
    "case_id": ("case_id", pl.String()),
    "person_id": ("person_id", pl.String()),
    "place_kind": ("place_kind", pl.String()),
    "first_contact": ("first_contact", pl.Datetime("us")),
    "last_contact": ("last_contact", pl.Datetime("us")),
    "relation": ("relation", pl.String()),
    "protected": ("protected", pl.Boolean()),
}


def _with_what_was_said(rows: pl.DataFrame, outbreak: str) -> pl.DataFrame:
    """Fill what rows leave empty with what is stored under their keys; protection that nobody spoke of was not worn."""
    key = ["case_id", "person_id", "place_kind"]
    stored = frame_of(Interview.unscoped.filter(case__outbreak_id=outbreak), _SAID)
    stored = stored.with_columns(pl.col("place_kind").fill_null(""))
    joined = rows.join(stored, on=key, how="left", maintain_order="left", suffix=" stored")
    relation = pl.when(pl.col("relation") == "").then("relation stored").otherwise("relation").fill_null("")
    return joined.select(
        *key,
        "jurisdiction",
        *(pl.coalesce(name, f"{name} stored") for name in ("first_contact", "last_contact")),
        relation.alias("relation"),
        pl.coalesce("protected", "protected stored", pl.lit(False)),
    )
