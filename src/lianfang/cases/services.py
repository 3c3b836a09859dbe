"""The door to changing outbreaks and cases: report, change, classify, isolate.

Each function checks purely first (`cases.core`), then writes in one transaction together with its audit entry. A
report is acknowledged by returning: by then it is committed. Sending it again, with the `client_key` it was first sent
with, returns the same case.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of, system_scope
from lianfang.access.selectors import jurisdictions
from lianfang.access.services import need
from lianfang.access.times import to_aware, to_local
from lianfang.access.turns import writing
from lianfang.cases.core.card import Dates, ReportCard, check_card, date_problems
from lianfang.cases.core.classification import transition_problems
from lianfang.cases.core.marks import mark_of_fact, words_of_fact
from lianfang.cases.models import Case
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CaseSource, Classification, Residence, Word
from lianfang.outbreaks.selectors import open_outbreaks
from lianfang.records.changes import ChangedRow, record_change
from lianfang.records.models import Change
from lianfang.registry.selectors import find_holder, people, people_frame
from lianfang.registry.services import PersonFacts, change_person, register_person

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

_EVERYTHING = system_scope("cases")
_TIMES = ("onset_date", "last_negative_at", "sampled_at", "diagnosed_at", "isolated_at")
_WORDS: dict[str, type[Word]] = {"residence": Residence, "found_by": CaseSource}
_FACTS = (*_TIMES, *_WORDS, "reporting_unit", "reporting_doctor", "note")


class CardRefused(Refused):
    """A report or a change that cannot be accepted.

    Attributes
    ----------
    problems : dict of str to Text
        By field, what is wrong and what to do; under ``""`` what concerns the whole.
    """

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__(Text(";".join(t.zh for t in problems.values()), "; ".join(t.en for t in problems.values())))
        self.problems = dict(problems)


class Overtaken(CardRefused):
    """A change of facts that somebody else changed after the form was opened.

    Attributes
    ----------
    marks : dict of str to str
        Of each of these facts, the mark of how it stands now (see `marks_of`).
    """

    def __init__(self, problems: Mapping[str, Text], marks: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.marks = dict(marks)


@dataclass(frozen=True)
class Reported:
    """What came of a report: the case, and whether this call made it (False: it was there already)."""

    case_id: str
    person_id: str
    outbreak: str
    created: bool


def report_case(*, card: ReportCard, client_key: uuid.UUID, by: Account, at: dt.datetime) -> Reported:
    """Accept a report card: register or find its person, make the case, write the audit entry; all or nothing.

    Parameters
    ----------
    card : ReportCard
        Times naive and local. An empty ``reported_at`` becomes `at`.
    client_key : UUID
        Made by whoever reports, before sending. The same key gives the same case, whatever the card then says.
    by : Account
        Needs ``case.report``, and the card's area inside its scope.
    at : datetime
        Aware.

    Returns
    -------
    Reported

    Raises
    ------
    CardRefused
        With what is wrong by field; nothing is written then.
    """
    need(by, "case.report")
    scope = scope_of(by)
    if (there := _reported_with(client_key, scope)) is not None:
        return there
    moment = to_local(at)
    if card.dates.reported_at is None:
        card = replace(card, dates=replace(card.dates, reported_at=moment))
    problems = check_card(card, as_of=moment)
    outbreak = open_outbreaks(scope).filter(pk=card.outbreak).first()
    if outbreak is None and "outbreak" not in problems:
        problems["outbreak"] = Text("没有这起疫情，或已结束", "there is no such outbreak, or it has ended")
    area = jurisdictions(scope).filter(pk=card.jurisdiction).first()
    if area is None and "jurisdiction" not in problems:
        problems["jurisdiction"] = Text(
            "所选辖区不在您的管辖范围内", "this area is not in your scope: choose one inside it"
        )
    if card.person_id and not people(scope).filter(pk=card.person_id).exists():
        problems["person_id"] = Text(
            "您的辖区内没有此人，请重新查找", "there is no such person in your area: search again"
        )
    if problems or outbreak is None or area is None:
        raise CardRefused(problems)
    with writing():
        # Nobody else writes now: the number of the case and the check for a second report need it.
        if (there := _reported_with(client_key, scope)) is not None:
            return there
        person_id = _person_of(card, by=by, at=at)
        _need_no_other_case(outbreak.pk, person_id)
        dates = {name: to_aware(getattr(card.dates, name)) for name in (*_TIMES, "reported_at")}
        case = Case(
            case_id=_next_id(outbreak),
            client_key=client_key,
            outbreak=outbreak,
            person_id=person_id,
            jurisdiction=area,
            classification=card.classification,
            residence=card.residence,
            found_by=card.found_by,
            reporting_unit=card.reporting_unit.strip(),
            reporting_doctor=card.reporting_doctor.strip(),
            note=card.note.strip(),
            reported_by=by,
            **dates,
        )
        case.save(force_insert=True)
        audit.record(
            actor=scope.name,
            act="write",
            kind="cases.case",
            key=case.case_id,
            detail={"act": "case.report", "person": person_id, "outbreak": outbreak.pk, "client_key": client_key},
            at=at,
        )
    return Reported(case.case_id, person_id, outbreak.pk, created=True)


def _need_no_other_case(outbreak: str, person_id: str, *, but: str = "") -> None:
    """Refuse when a person is an active case of an outbreak already, another than `but`; called inside `writing`."""
    earlier = Case.objects.within(_EVERYTHING).filter(outbreak=outbreak, person_id=person_id).exclude(pk=but)
    if (double := earlier.exclude(classification=Classification.EXCLUDED.value).first()) is not None:
        raise CardRefused(
            {
                "": Text(
                    f"此人在本起疫情中已报告为病例 {double.case_id}，请打开该病例修改",
                    f"this person is case {double.case_id} of this outbreak already: open that case and change it",
                )
            }
        )


def need_one_case_each(rows: Sequence[ChangedRow]) -> None:
    """Refuse to take an exclusion back when the person was reported again since; the check of ``case.classify``."""
    excluded = Classification.EXCLUDED.value
    again = [row["pk"] for row in rows if row["after"].get("classification") == excluded]
    cases = Case.objects.within(_EVERYTHING).filter(pk__in=again).exclude(classification=excluded)
    for case in cases.order_by("outbreak_id", "pk"):
        _need_no_other_case(case.outbreak_id, case.person_id, but=case.pk)


def _reported_with(client_key: uuid.UUID, scope: Scope) -> Reported | None:
    case = Case.objects.within(scope).filter(client_key=client_key).first()
    return None if case is None else Reported(case.case_id, case.person_id, case.outbreak_id, created=False)


def _person_of(card: ReportCard, *, by: Account, at: dt.datetime) -> str:
    contact = {"phone": card.phone, "address": card.address, "occupation": card.occupation}
    person_id = card.person_id
    if not person_id:
        own = find_holder(scope_of(by), card.id_number)
        facts = PersonFacts(
            name=card.name,
            jurisdiction=card.jurisdiction,
            id_number=card.id_number,
            id_type=card.id_type,
            sex=card.sex,
            birth_date=card.birth_date,
            **contact,
        )
        try:
            person_id = register_person(facts=facts, by=by, at=at).person_id
        except Refused as refusal:
            raise CardRefused({"id_number": refusal.text}) from refusal
        if own is None:
            return person_id
    change_person(person_id=person_id, changes=contact, by=by, at=at)
    return person_id


def _next_id(outbreak: "Outbreak") -> str:
    own = Case.objects.within(_EVERYTHING)
    number = own.filter(outbreak=outbreak).count() + 1
    while own.filter(pk=f"{outbreak.code}-{number:04d}").exists():
        number += 1
    return f"{outbreak.code}-{number:04d}"


def marks_of(case: Case) -> dict[str, str]:
    """Return a short mark of each fact that `change_case` changes, for a form that shows them to hand back."""
    return {name: mark_of_fact(name, _told(case, name)) for name in _FACTS}


def _told(case: Case, name: str) -> Any:
    value = getattr(case, name)
    return to_local(value) if name in _TIMES else value


def change_case(
    *,
    case_id: str,
    changes: Mapping[str, Any],
    by: Account,
    at: dt.datetime,
    before_symptoms: bool = False,
    seen: Mapping[str, str] | None = None,
) -> Change | None:
    """Correct facts of a case: times (naive local), residence, found_by, reporting unit and doctor, note.

    Parameters
    ----------
    before_symptoms : bool
        Symptoms began after the first positive sample; only then may the onset be the later one. It is taken as said
        where the stored dates already stand so.
    seen : mapping of str to str, optional
        From `marks_of` when the form was made. A fact that somebody else has changed since is not changed.

    Returns
    -------
    Change or None
        The change, by which it can be undone (`records.changes.undo_change`); None when nothing differs.

    Raises
    ------
    CardRefused
        When the times cannot be true together, a value is not of its list, or there is no such case in the scope.
    Overtaken
        When a fact stands otherwise than it was `seen`; nothing is changed then.
    """
    need(by, "case.change")
    if unknown := set(changes) - set(_FACTS):
        raise ValueError(f"change_case does not change {sorted(unknown)}")
    with writing():
        case = _locked(case_id, by)
        if seen is not None:
            changes = _not_overtaken(case, changes, seen)
        problems: dict[str, Text] = {}
        for name, words in _WORDS.items():
            if name in changes and changes[name] not in words.codes():
                problems[name] = Text("请从列表中选择", "choose one of the list")
        if set(changes) & set(_TIMES):
            problems |= _times_problems(case, changes, at=at, before_symptoms=before_symptoms)
        if problems:
            raise CardRefused(problems)
        new = {n: to_aware(v) if n in _TIMES else str(v).strip() for n, v in changes.items()}
        return _save(case, new, act="case.change", by=by, at=at)


def _not_overtaken(case: Case, changes: Mapping[str, Any], seen: Mapping[str, str]) -> dict[str, Any]:
    """Return the changes that still differ from the case; refuse where somebody else was faster with another value."""
    now = marks_of(case)
    differing = {name: value for name, value in changes.items() if mark_of_fact(name, value) != now[name]}
    overtaken = {name: now[name] for name in differing if name in seen and seen[name] != now[name]}
    if overtaken:
        raise Overtaken({name: _overtaken_text(case, name) for name in overtaken}, overtaken)
    return differing


def _overtaken_text(case: Case, name: str) -> Text:
    value = _told(case, name)
    words = words_of_fact(name, value)[:60]
    stands = Text(words, words) if words else Text("空", "empty")
    if name in _WORDS:
        stands = next((word.label for word in _WORDS[name] if word.value == value), stands)
    return Text(
        f"您打开页面之后，此项已被他人改动，现为“{stands.zh}”。请核对；如仍要改动，请再次提交",
        f"somebody else changed this after you opened the page; it now says '{stands.en}'. Check it, and send again "
        "if it is still to be changed",
    )


def classify_case(
    *,
    case_id: str,
    to: str,
    by: Account,
    at: dt.datetime,
    onset_date: dt.datetime | None = None,
    sampled_at: dt.datetime | None = None,
    note: str = "",
) -> Change | None:
    """Move a case along the table of `cases.core.classification`, with the facts that the move needs.

    An infection without symptoms that becomes a confirmed case brings its onset, which may follow the sample.

    Raises
    ------
    CardRefused
        When there is no such move, a fact is missing, the times cannot be true together, or a case that was excluded is
        taken up again whose person is another case of the outbreak by now.
    """
    need(by, "case.change")
    with writing():
        case = _locked(case_id, by)
        times = {"onset_date": onset_date, "sampled_at": sampled_at}
        given: dict[str, dt.datetime | None] = {name: value for name, value in times.items() if value is not None}
        has = {name for name in times if given.get(name) or getattr(case, name)} | ({"note"} if note.strip() else set())
        problems = transition_problems(case.classification, to, has=has)
        if to == Classification.ASYMPTOMATIC and case.onset_date is not None:
            given["onset_date"] = None  # what was taken for symptoms of this disease was not
        if not problems and to != Classification.EXCLUDED:
            problems = _times_problems(case, given, at=at, classification=to, before_symptoms=True)
        if problems:
            raise CardRefused(problems)
        if case.classification == Classification.EXCLUDED.value:
            _need_no_other_case(case.outbreak_id, case.person_id, but=case.pk)
        new: dict[str, Any] = {"classification": to} | {name: to_aware(value) for name, value in given.items()}
        if note.strip():
            day = to_local(at).date()
            new["note"] = f"{case.note}\n{day:%Y-%m-%d} {note.strip()}".strip()
        return _save(case, new, act="case.classify", by=by, at=at)


def isolate_case(*, case_id: str, isolated_at: dt.datetime, by: Account, at: dt.datetime) -> Change | None:
    """Record when a case was isolated (naive local): its infectious window among others ends there.

    Raises
    ------
    CardRefused
        When the time lies in the future.
    """
    return change_case(case_id=case_id, changes={"isolated_at": isolated_at}, by=by, at=at)


def _locked(case_id: str, by: Account) -> Case:
    case = Case.objects.within(scope_of(by)).filter(pk=case_id).first()
    if case is None:
        raise CardRefused({"": Text(f"您的辖区内没有病例 {case_id}", f"there is no case {case_id} in your area")})
    return cast("Case", case)


def _times_problems(
    case: Case,
    changes: Mapping[str, Any],
    *,
    at: dt.datetime,
    before_symptoms: bool,
    classification: str | None = None,
) -> dict[str, Text]:
    stored = {name: to_local(getattr(case, name)) for name in (*_TIMES, "reported_at")}
    silent = stored["sampled_at"] and stored["onset_date"] and stored["onset_date"] > stored["sampled_at"]
    times = stored | {name: value for name, value in changes.items() if name in _TIMES}
    dates = Dates(**times, before_symptoms=bool(before_symptoms or silent))
    moment = to_local(at)
    problems = date_problems(dates, as_of=moment, classification=classification or case.classification)
    if case.diagnosed_at is None and changes.get("diagnosed_at") is None:
        problems.pop("diagnosed_at", None)  # a case from a list may lack it; a correction must not be kept back by that
    return problems


def _save(case: Case, new: Mapping[str, Any], *, act: str, by: Account, at: dt.datetime) -> Change | None:
    differing = {name: value for name, value in new.items() if getattr(case, name) != value}
    if not differing:
        return None
    before = {name: getattr(case, name) for name in differing}
    for name, value in differing.items():
        setattr(case, name, value)
    case.save(update_fields=list(differing))
    row = {"model": "cases.Case", "pk": case.pk, "before": before, "after": differing}
    return record_change(by=by, at=at, act=act, rows=[row])  # type: ignore[list-item]


def load_cases(*, outbreak: str, cases: pl.DataFrame, by: Scope, at: dt.datetime) -> int:
    """Take over a list of cases, in columns; a case that is there already stays as it is: people decided about it.

    Parameters
    ----------
    outbreak : str
        Code of an outbreak that is there.
    cases : DataFrame
        `kernel.schema.CASES`, and if known ``classification, diagnosed_at, reported_at, found_by, residence,
        reporting_unit, reporting_doctor, note, jurisdiction`` (else the person's); times naive and local.
    by : Scope
        On whose behalf, for the audit trail.

    Returns
    -------
    int
        How many cases were added.

    Raises
    ------
    Refused
        When a person is not in the register.
    """
    ids = cases.select(
        "case_id", person_id=pl.coalesce("person_id", "case_id") if "person_id" in cases.columns else "case_id"
    )
    registered = people_frame(_EVERYTHING, person_ids=ids["person_id"]).select("person_id", home="jurisdiction")
    strange = ids.join(registered, on="person_id", how="anti")
    if strange.height:
        person = strange["person_id"][0]
        raise Refused(
            Text(
                f"{strange.height} 例的人员未登记，例如 {person}；请先导入人员",
                f"{strange.height} cases name a person that is not in the register, such as {person}; load those first",
            )
        )
    with writing():
        there = set(Case.objects.within(_EVERYTHING).filter(pk__in=list(ids["case_id"])).values_list("pk", flat=True))
        rows = cases.with_columns(ids["person_id"]).join(registered, on="person_id", how="left", maintain_order="left")
        made = [_case_of(row, outbreak, at) for row in rows.iter_rows(named=True) if row["case_id"] not in there]
        Case.objects.within(_EVERYTHING).bulk_create(made, batch_size=500)
        detail = {"act": "case.load", "outbreak": outbreak, "rows": len(made)}
        audit.record(actor=by.name, act="write", kind="cases.case", detail=detail, at=at)
    return len(made)


def _case_of(row: Mapping[str, Any], outbreak: str, at: dt.datetime) -> Case:
    texts = {n: row.get(n) or "" for n in ("found_by", "reporting_unit", "reporting_doctor", "note")}
    silent = row.get("onset_date") is None and row.get("sampled_at") is not None
    own = Classification.ASYMPTOMATIC if silent else Classification.CONFIRMED
    return Case(
        case_id=row["case_id"],
        client_key=uuid.uuid5(uuid.NAMESPACE_URL, f"lianfang:{outbreak}:{row['case_id']}"),
        outbreak_id=outbreak,
        person_id=row["person_id"],
        jurisdiction_id=row.get("jurisdiction") or row["home"],
        classification=row.get("classification") or own.value,
        residence=row.get("residence") or Residence.THIS_COUNTY.value,
        reported_at=to_aware(row.get("reported_at")) or at,
        **{name: to_aware(row.get(name)) for name in _TIMES},
        **texts,
    )


__all__ = [
    "CardRefused",
    "Overtaken",
    "Reported",
    "change_case",
    "classify_case",
    "isolate_case",
    "load_cases",
    "marks_of",
    "report_case",
]
