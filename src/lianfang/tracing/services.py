"""The door to changing contacts: record what tracing found, decide, locate, add what a case told."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import models, transaction

from lianfang.access import audit
from lianfang.access.changes import ChangedRow, record_change
from lianfang.access.clock import to_aware
from lianfang.access.frames import frame_of
from lianfang.access.models import Account, Change
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.cases.selectors import cases_frame, find_case
from lianfang.intake.upsert import upsert_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision, PlaceKind
from lianfang.registry.selectors import areas_of_people, people
from lianfang.tracing.core.proposals import STRICTEST, one_a_person
from lianfang.tracing.models import ChainLink, Contact, Exposure, Interview, SamePlaceCount, TracingRun

KEYS_AT_ONCE = 900
EVIDENCE_LENGTH = 300


@dataclass(frozen=True)
class Recorded:
    """What `record_contacts` came to.

    Attributes
    ----------
    contacts, exposures : int
        Rows made or really changed.
    removed : int
        Proposals that tracing finds no longer and nobody had decided.
    unknown : list of str
        Person ids that tracing found and the register does not know: they cannot be called until they are registered.
    """

    contacts: int
    exposures: int
    removed: int
    unknown: list[str]


def record_contacts(*, contacts: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> Recorded:
    """Store what tracing found as proposals; doing the same twice changes nothing.

    What people did stays: the decision, the category that they chose and who was located. Times, minutes and the way
    of finding follow the facts in every row. A proposal that is found no longer goes, unless somebody decided it or
    located the person.

    Parameters
    ----------
    contacts : pl.DataFrame
        Schema `kernel.schema.CONTACTS`: everything that was found for all cases of the outbreak.
    outbreak : str
        Its code.
    by : Scope
        On whose behalf, usually a named task; it stands in the audit trail.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When a case is not one of the outbreak inside the scope.
    """
    rows = CONTACTS.conform(contacts)
    cases = cases_frame(outbreak, by, with_excluded=True)
    stray = sorted(set(rows["case_id"]) - set(cases["case_id"]))
    if stray:
        named = ", ".join(stray[:5])
        raise Refused(
            Text(
                f"病例 {named} 不属于疫情 {outbreak},未记录接触者;请先报告病例",
                f"no contact was recorded: {named} is not a case of outbreak {outbreak}; report the case first",
            )
        )
    asked = set(rows["person_id"]) | set(rows["via_person_id"].drop_nulls())
    register = areas_of_people(by, asked)
    known = register["person_id"].implode()
    unknown = sorted(asked - set(register["person_id"]))
    rows = rows.filter(pl.col("person_id").is_in(known)).with_columns(
        via_person_id=pl.when(pl.col("via_person_id").is_in(known)).then("via_person_id")
    )
    with transaction.atomic():
        proposed = one_a_person(rows).join(register, on="person_id", maintain_order="left")
        proposed = proposed.with_columns(
            outbreak_id=pl.lit(outbreak),
            proposed_at=pl.lit(at.astimezone(dt.UTC), dtype=pl.Datetime("us", "UTC")),
        )
        judged = ["degree", "category", "rule"]
        facts = ["jurisdiction", "found_by", "first_contact", "last_contact", "minutes", "is_case"]
        key = ("outbreak", "person")
        changed = upsert_frame(Contact, proposed, key=key, update=facts)
        changed += upsert_frame(Contact, proposed, key=key, update=judged, guard={"decision": Decision.PROPOSED.value})
        stored = _stored_contacts(outbreak)
        exposures, stale = _record_exposures(rows, stored, outbreak)
        gone = stored.join(proposed, on="person_id", how="anti").filter(
            (pl.col("decision") == Decision.PROPOSED.value) & pl.col("located_at").is_null()
        )
        _delete(Exposure, "contact_id", gone["contact_id"].to_list())
        _delete(Contact, "pk", gone["contact_id"].to_list())
        if changed or exposures or stale or gone.height:
            detail = {
                "act": "contact.propose",
                "outbreak": outbreak,
                "contacts": changed,
                "exposures": exposures + stale,
                "removed": gone.height,
                "not_in_register": len(unknown),
            }
            audit.record(actor=by.name, act="write", kind="contact", detail=detail, at=at)
    return Recorded(changed, exposures + stale, gone.height, unknown)


def _stored_contacts(outbreak: str) -> pl.DataFrame:
    columns: dict[str, tuple[str, pl.DataType]] = {
        "contact_id": ("pk", pl.Int64()),
        "person_id": ("person_id", pl.String()),
        "decision": ("decision", pl.String()),
        "located_at": ("located_at", pl.Datetime("us")),
    }
    return frame_of(Contact.unscoped.filter(outbreak_id=outbreak), columns)


def _record_exposures(rows: pl.DataFrame, stored: pl.DataFrame, outbreak: str) -> tuple[int, int]:
    """Make the exposures of the contacts that are found equal to the rows; return how many changed, how many went."""
    found = rows.join(stored.select("contact_id", "person_id"), on="person_id")
    key = ["contact_id", "case_id", "degree", "place_kind"]
    told = ["via_id", "minutes", "encounters", "first_contact", "last_contact", "found_by", "rule", "seat_unknown"]
    found = found.rename({"via_person_id": "via_id"}).with_columns(pl.col("seat_unknown").fill_null(False))
    exposures = found.select(*key, *told)
    changed = upsert_frame(Exposure, exposures, key=("contact", "case", "degree", "place_kind"), update=told)
    columns: dict[str, tuple[str, pl.DataType]] = {
        "pk": ("pk", pl.Int64()),
        "contact_id": ("contact_id", pl.Int64()),
        "case_id": ("case_id", pl.String()),
        "degree": ("degree", pl.Int64()),
        "place_kind": ("place_kind", pl.String()),
    }
    kept = frame_of(Exposure.objects.filter(contact__outbreak_id=outbreak), columns)
    # Those of contacts that are found no more are not looked at: they go with a contact, or stay with a decided one.
    kept = kept.join(exposures, on="contact_id", how="semi")
    stale = kept.join(exposures, on=key, how="anti")["pk"].to_list()
    _delete(Exposure, "pk", stale)
    return changed, len(stale)


def record_chains(*, chains: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> int:
    """Make the candidate infectors of an outbreak equal to what was inferred; doing the same twice changes nothing.

    Parameters
    ----------
    chains : pl.DataFrame
        ``infector, infectee, weight, evidence_zh, evidence_en``, as `core.chains.weigh` gives them.
    outbreak : str
        Its code.
    by : Scope
        On whose behalf.
    at : datetime
        Aware.

    Returns
    -------
    int
        Links stored; 0 when nothing has changed.
    """
    columns: dict[str, tuple[str, pl.DataType]] = {
        "infector": ("infector_id", pl.String()),
        "infectee": ("infectee_id", pl.String()),
        "weight": ("weight", pl.Float64()),
        "evidence_zh": ("evidence_zh", pl.String()),
        "evidence_en": ("evidence_en", pl.String()),
    }
    new = chains.select(*columns).sort("infectee", "infector")
    limit: dict[str, int] = dict.fromkeys(("evidence_zh", "evidence_en"), EVIDENCE_LENGTH)
    new = new.with_columns(pl.col(name).fill_null("").str.slice(0, length) for name, length in limit.items())
    with transaction.atomic():
        links = ChainLink.objects.filter(outbreak_id=outbreak)
        old = frame_of(links, columns).with_columns(pl.col(*limit).fill_null("")).sort("infectee", "infector")
        if old.equals(new):
            return 0
        links.delete()
        ChainLink.objects.bulk_create(
            [
                ChainLink(
                    outbreak_id=outbreak,
                    infector_id=row["infector"],
                    infectee_id=row["infectee"],
                    weight=row["weight"],
                    evidence_zh=row["evidence_zh"],
                    evidence_en=row["evidence_en"],
                )
                for row in new.iter_rows(named=True)
            ],
            batch_size=1000,
        )
        detail = {"act": "chain.infer", "outbreak": outbreak, "links": new.height}
        audit.record(actor=by.name, act="write", kind="chain", detail=detail, at=at)
    return new.height


def record_same_place(*, counts: pl.DataFrame | None, outbreak: str) -> int:
    """Make the stored numbers of people who shared a place and are no contact equal to what was counted.

    Numbers without people need no entry in the audit trail; whoever lists the people leaves one.

    Parameters
    ----------
    counts : pl.DataFrame or None
        Columns of `core.general.COUNTS`; None where nothing was counted.
    outbreak : str
        Its code.

    Returns
    -------
    int
        Rows stored; 0 when nothing has changed.
    """
    columns: dict[str, tuple[str, pl.DataType]] = {
        "case_id": ("case_id", pl.String()),
        "place_kind": ("place_kind", pl.String()),
        "people": ("people", pl.Int64()),
    }
    order = {"nulls_last": True}
    empty = pl.DataFrame(schema={name: kind for name, (_, kind) in columns.items()})
    new = (empty if counts is None else counts).with_columns(pl.col("place_kind").fill_null(""))
    new = new.select(*columns).sort("case_id", "place_kind", **order)
    with transaction.atomic():
        stored = SamePlaceCount.objects.filter(outbreak_id=outbreak)
        if frame_of(stored, columns).sort("case_id", "place_kind", **order).equals(new):
            return 0
        stored.delete()
        SamePlaceCount.objects.bulk_create(
            [SamePlaceCount(outbreak_id=outbreak, **row) for row in new.iter_rows(named=True)], batch_size=1000
        )
    return new.height


def record_run(
    *,
    outbreak: str,
    case_id: str | None,
    as_of: dt.datetime,
    playbook: str,
    seconds: float,
    cases: int,
    contacts: int,
    at: dt.datetime,
) -> TracingRun:
    """Note that tracing was carried out.

    Parameters
    ----------
    outbreak, case_id : str
        What was traced, and the case whose report asked for it, where one did.
    as_of, at : datetime
        Aware: the time of reckoning, and when it was done.
    playbook : str
        Name and digest of the policy.
    seconds : float
        How long it took.
    cases, contacts : int
        How many went in and came out.
    """
    return TracingRun.objects.create(
        outbreak_id=outbreak,
        case_id=case_id,
        as_of=to_aware(as_of) or at,
        playbook=playbook,
        seconds=seconds,
        cases=cases,
        contacts=contacts,
        finished_at=at,
    )


def decide_contacts(
    *,
    ids: Iterable[int],
    by: Account,
    at: dt.datetime,
    decision: str | None = None,
    category: str | None = None,
    note: str = "",
) -> Change:
    """Accept or refuse contacts, or give them another category; `access.changes.undo_change` takes it back.

    Parameters
    ----------
    ids : iterable of int
        Keys of contacts inside the account's scope. Those that stand as asked already stay as they are.
    by : Account
        Needs ``contact.decide``.
    at : datetime
        Aware.
    decision : {"accepted", "refused"}, optional
        Where only a category is given, the contact is accepted with it.
    category : str, optional
        One of `core.proposals.STRICTEST`.
    note : str
        The reason; it must be given to refuse and to change a category.

    Raises
    ------
    Refused
        When a reason is missing, nothing is left to decide, or a contact lies outside the account's scope.
    """
    need(by, "contact.decide")
    decision = decision or (Decision.ACCEPTED.value if category else None)
    if decision not in (Decision.ACCEPTED.value, Decision.REFUSED.value) or (
        category is not None and category not in [c.value for c in STRICTEST]
    ):
        raise Refused(Text("没有这样的决定,请刷新页面", "there is no such decision; reload the page"))
    note = note.strip()[:200]
    if not note and (decision == Decision.REFUSED.value or category is not None):
        raise Refused(Text("请先填写理由再决定", "type the reason first: refusing and changing a category need one"))
    with transaction.atomic():
        rows = _locked(ids, by)
        changed = [
            row for row in rows if row.decision != decision or (category is not None and row.category != category)
        ]
        if not changed:
            raise Refused(Text("所选接触者均已这样决定,请刷新页面", "these contacts stand so already; reload the page"))
        after: dict[str, Any] = {
            "decision": decision,
            "decided_at": at,
            "decided_by_id": by.pk,
            "decision_note": note,
        }
        if category is not None:
            after["category"] = category
        act = "contact.categorise" if category is not None else f"contact.{_ACTS[decision]}"
        return _change(changed, after, act=act, by=by, at=at)


_ACTS = {Decision.ACCEPTED.value: "accept", Decision.REFUSED.value: "refuse"}


def locate_contacts(*, ids: Iterable[int], by: Account, at: dt.datetime) -> Change:
    """Record that contacts were found and reached; `access.changes.undo_change` takes it back.

    Parameters
    ----------
    ids : iterable of int
        Keys of contacts inside the account's scope; those located before stay as they are.
    by : Account
        Needs ``contact.locate``.
    at : datetime
        Aware.

    Raises
    ------
    Refused
        When all of them are located already, or a contact lies outside the account's scope.
    """
    need(by, "contact.locate")
    with transaction.atomic():
        changed = [row for row in _locked(ids, by) if row.located_at is None]
        if not changed:
            raise Refused(Text("所选人员均已找到,请刷新页面", "these people are located already; reload the page"))
        return _change(changed, {"located_at": at, "located_by_id": by.pk}, act="contact.locate", by=by, at=at)


def _locked(ids: Iterable[int], by: Account) -> list[Contact]:
    wanted = sorted(set(ids))
    scoped = Contact.objects.within(scope_of(by)).select_for_update(of=("self",))
    rows: list[Contact] = [row for part in _parts(wanted) for row in scoped.filter(pk__in=part).order_by("pk")]
    if len(rows) < len(wanted):
        raise Refused(
            Text("其中的接触者不在您的辖区内,未作改动", "one of the contacts is not in your area; nothing was changed")
        )
    return rows


def _change(rows: Sequence[Contact], after: dict[str, Any], *, act: str, by: Account, at: dt.datetime) -> Change:
    for part in _parts([row.pk for row in rows]):
        Contact.objects.within(scope_of(by)).filter(pk__in=part).update(**after)
    changes: list[ChangedRow] = [
        {
            "model": "tracing.Contact",
            "pk": row.pk,
            "before": {name: getattr(row, name) for name in after},
            "after": after,
        }
        for row in rows
    ]
    return record_change(by=by, at=at, act=act, rows=changes)


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
                "辖区内没有这个人,请先登记",
                "nobody of that id is in your area: register the person",
            )
        )
    if person.pk == case.person_id:
        raise Refused(Text("接触者就是病例本人,请核对", "the contact is the case itself: check both"))
    if place_kind and place_kind not in PlaceKind.codes():
        raise Refused(Text("没有这样的场所类型", "there is no such kind of place"))
    if first_contact and last_contact and first_contact > last_contact:
        raise Refused(Text("末次接触早于首次接触,请核对", "the last contact is before the first: check both"))
    if first_contact and first_contact > at:
        raise Refused(Text("首次接触晚于现在,请核对", "the first contact lies in the future: check it"))
    with transaction.atomic():
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
    with transaction.atomic():
        changed = upsert_frame(Interview, rows, key=("case", "person", "place_kind"), update=update)
        if changed:
            detail = {"act": "interview.load", "outbreak": outbreak, "rows": changed}
            audit.record(actor=by.name, act="write", kind="interview", detail=detail, at=at)
    return changed


def _parts(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[i : i + KEYS_AT_ONCE] for i in range(0, len(keys), KEYS_AT_ONCE))


def _delete(model: type[models.Model], field: str, keys: Sequence[Any]) -> None:
    for part in _parts(keys):
        model._base_manager.filter(**{f"{field}__in": part}).delete()


__all__ = [
    "Recorded",
    "add_interview",
    "decide_contacts",
    "load_interviews",
    "locate_contacts",
    "record_chains",
    "record_contacts",
    "record_run",
    "record_same_place",
]
