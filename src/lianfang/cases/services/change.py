"""The door to changing outbreaks and cases: report, change, classify, isolate.

Each function checks purely first (`cases.core`), then writes in one transaction together with its audit entry. A
report is acknowledged by returning: by then it is committed. Sending it again, with the `client_key` it was first sent
with, returns the same case.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.times import to_aware, to_local
from lianfang.access.turns import writing
from lianfang.cases.core.card import Dates, date_problems
from lianfang.cases.core.classification import transition_problems
from lianfang.cases.core.marks import mark_of_fact, words_of_fact
from lianfang.cases.core.possible import impossible_times
from lianfang.cases.models import Case
from lianfang.cases.services.facts import TIMES, CardRefused
from lianfang.cases.services.one_each import need_no_other_case
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CaseSource, Classification, Residence, Word
from lianfang.records.changes import record_change
from lianfang.records.models import Change

_WORDS: dict[str, type[Word]] = {"residence": Residence, "found_by": CaseSource}


_FACTS = (*TIMES, *_WORDS, "reporting_unit", "reporting_doctor", "note")


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


def marks_of(case: Case) -> dict[str, str]:
    """Return a short mark of each fact that `change_case` changes, for a form that shows them to hand back."""
    return {name: mark_of_fact(name, _told(case, name)) for name in _FACTS}


def _told(case: Case, name: str) -> Any:
    value = getattr(case, name)
    return to_local(value) if name in TIMES else value


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
        if set(changes) & set(TIMES):
            problems |= _times_problems(case, changes, at=at, before_symptoms=before_symptoms)
        if problems:
            raise CardRefused(problems)
        new = {n: to_aware(v) if n in TIMES else str(v).strip() for n, v in changes.items()}
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
            need_no_other_case(case.outbreak_id, case.person_id, but=case.pk)
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
    stored = {name: to_local(getattr(case, name)) for name in (*TIMES, "reported_at")}
    silent = stored["sampled_at"] and stored["onset_date"] and stored["onset_date"] > stored["sampled_at"]
    times = stored | {name: value for name, value in changes.items() if name in TIMES}
    dates = Dates(**times, before_symptoms=bool(before_symptoms or silent))
    moment = to_local(at)
    problems = date_problems(dates, as_of=moment, classification=classification or case.classification)
    typed = {name: value for name, value in changes.items() if name in TIMES}
    problems |= impossible_times(typed, began=case.outbreak.started_on, born=case.person.birth_date)
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
