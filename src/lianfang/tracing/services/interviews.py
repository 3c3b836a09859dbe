"""Whom cases named: one entered by an investigator, many from a list."""

import datetime as dt

import polars as pl

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame, find_case
from lianfang.intake.upsert import upsert_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.registry.selectors import areas_of_people, people
from lianfang.tracing.models import Interview


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
    protected: bool = False,
) -> Interview:
    """Record somebody whom a case named; the next response makes a contact of it. Sending it twice makes one row.

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
    protected : bool
        Whether effective protection was worn.

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
    if first_contact and last_contact and first_contact > last_contact:
        raise Refused(Text("末次接触早于首次接触，请核对", "the last contact is before the first: check both"))
    if first_contact and first_contact > at:
        raise Refused(Text("首次接触晚于现在，请核对", "the first contact lies in the future: check it"))
    with writing():
        interview, created = Interview.unscoped.update_or_create(
            case=case,
            person=person,
            place_kind=place_kind,
            defaults={
                "jurisdiction_id": person.jurisdiction_id,
                "relation": relation.strip()[:80],
                "first_contact": first_contact,
                "last_contact": last_contact,
                "protected": protected,
            },
        )
        detail = {"act": "interview.add" if created else "interview.correct", "case": case.pk, "setting": place_kind}
        audit.record(actor=scope.name, act="write", kind="person", key=person.pk, detail=detail, at=at)
    return interview


def load_interviews(*, interviews: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Store many contacts that cases named, from a list; doing the same twice changes nothing.

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
            pl.col("relation").fill_null("").str.slice(0, 80),
            pl.col("place_kind").fill_null(""),
            pl.col("protected").fill_null(False),
        )
    )
    update = ("jurisdiction", "first_contact", "last_contact", "relation", "protected")
    with writing():
        changed = upsert_frame(Interview, rows, key=("case", "person", "place_kind"), update=update)
        if changed:
            detail = {"act": "interview.load", "outbreak": outbreak, "rows": changed}
            audit.record(actor=by.name, act="write", kind="interview", detail=detail, at=at)
    return changed
