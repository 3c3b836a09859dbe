"""The report card: which fields it must have, and whether they can be true together.

Fields and their obligation follow the national report card (2019 revision): name, valid identity number, sex, birth
date, residence, address, population class, case class, date of onset (first test for an infection without symptoms)
and date of diagnosis with its hour. Times are naive and local; `as_of` is the moment of reporting.
"""

import datetime as dt
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise

from lianfang.cases.core.possible import impossible_times
from lianfang.kernel.phones import phone_problem
from lianfang.kernel.text import Text
from lianfang.kernel.tidy import tidy_text, without_invisible
from lianfang.kernel.vocabulary import CaseSource, Classification, IdType, Occupation, Residence, Sex, Word
from lianfang.registry.core.identity import birth_problem, disagreements, id_problem


@dataclass(frozen=True)
class Dates:
    """The times of a case that stand in an order.

    Attributes
    ----------
    onset_date : datetime or None
        00:00 of the day, or a time; empty without symptoms.
    before_symptoms : bool
        The first positive sample was taken before symptoms began: only then may the onset be the later one.
    """

    onset_date: dt.datetime | None = None
    last_negative_at: dt.datetime | None = None
    sampled_at: dt.datetime | None = None
    diagnosed_at: dt.datetime | None = None
    reported_at: dt.datetime | None = None
    isolated_at: dt.datetime | None = None
    before_symptoms: bool = False


@dataclass(frozen=True)
class ReportCard:
    """One report card as it was filled in, cleaned but not yet checked.

    Attributes
    ----------
    person_id : str
        A person of the register; the identity fields (name to birth date) are then not asked for again.
    id_number, phone : str
        In stored form (`registry.core`).
    jurisdiction : str
        Code of the area that the case belongs to.
    """

    outbreak: str = ""
    person_id: str = ""
    name: str = ""
    id_type: str = IdType.RESIDENT.value
    id_number: str = ""
    sex: str = ""
    birth_date: dt.date | None = None
    phone: str = ""
    occupation: str = ""
    residence: str = ""
    address: str = ""
    jurisdiction: str = ""
    classification: str = ""
    dates: Dates = field(default_factory=Dates)
    found_by: str = ""
    reporting_unit: str = ""
    reporting_doctor: str = ""
    note: str = ""


_IDENTITY = ("name", "id_number", "sex")
_REQUIRED = (
    "outbreak",
    "occupation",
    "residence",
    "address",
    "jurisdiction",
    "classification",
    "found_by",
    "reporting_unit",
)
_CHOICES: dict[str, type[Word]] = {
    "id_type": IdType,
    "sex": Sex,
    "occupation": Occupation,
    "residence": Residence,
    "classification": Classification,
    "found_by": CaseSource,
}
_MISSING = Text("此项必填", "this is required")
_LIMITS = {"name": 80, "address": 200, "reporting_unit": 120, "reporting_doctor": 80}


def tidied_card(card: ReportCard) -> ReportCard:
    """Return a card with its texts as a list would have them (`kernel.tidy`); the note as it was written."""
    return replace(
        card,
        name=tidy_text(card.name),
        address=tidy_text(card.address),
        reporting_unit=tidy_text(card.reporting_unit),
        reporting_doctor=tidy_text(card.reporting_doctor),
        note=without_invisible(card.note),
    )


def check_card(
    card: ReportCard, *, as_of: dt.datetime, began: dt.date | None = None, born: dt.date | None = None
) -> dict[str, Text]:
    """Check a report card.

    Parameters
    ----------
    card : ReportCard
    as_of : datetime
        Naive local moment of reporting; nothing may lie after it.
    began : date, optional
        When the outbreak began; see `impossible_times`.
    born : date, optional
        Birth date of a person of the register.

    Returns
    -------
    dict of str to Text
        By field, the first thing that is wrong and what to do; empty when the card can be accepted.
    """
    known = bool(card.person_id)
    asked = (*(() if known else _IDENTITY), *_REQUIRED)
    problems = {name: _MISSING for name in asked if not tidy_text(str(getattr(card, name)))}
    if not known and card.birth_date is None:
        problems["birth_date"] = _MISSING
    for name, words in _CHOICES.items():
        value = getattr(card, name)
        if value and value not in words.codes() and not (known and name in (*_IDENTITY, "id_type")):
            problems[name] = Text("请从列表中选择", "choose one of the list")
    for name, longest in _LIMITS.items():
        if len(getattr(card, name)) > longest:
            problems[name] = Text(f"请不要超过 {longest} 个字", f"write no more than {longest} characters")
    if card.classification == Classification.EXCLUDED:
        problems["classification"] = Text(
            "已排除的不必报告；请选择疑似、确诊或无症状", "what is excluded is not reported: choose another class"
        )
    if not known:
        problems |= {name: text for name, text in _identity_problems(card, as_of).items() if name not in problems}
    if card.phone and "phone" not in problems and (text := phone_problem(card.phone)):
        problems["phone"] = text
    times = {name: getattr(card.dates, name) for name in _NAMES}
    if not known:
        born = None if "birth_date" in problems else card.birth_date
    for found in (
        impossible_times(times, began=began, born=born),
        date_problems(card.dates, as_of=as_of, classification=card.classification),
    ):
        problems = found | problems
    order = [f.name for f in fields(ReportCard)] + [f.name for f in fields(Dates)]
    return dict(sorted(problems.items(), key=lambda item: order.index(item[0])))


def _identity_problems(card: ReportCard, as_of: dt.datetime) -> dict[str, Text]:
    found: dict[str, Text] = {}
    born = card.birth_date
    if born is not None and (text := birth_problem(born, today=as_of.date())):
        found["birth_date"] = text
    if card.id_number and card.id_type in IdType.codes():
        if text := id_problem(card.id_number, card.id_type):
            found["id_number"] = text
        elif card.id_type == IdType.RESIDENT:
            found = disagreements(card.id_number, birth_date=born, sex=card.sex) | found
    return found


_NAMES = {
    "onset_date": Text("发病日期", "onset"),
    "last_negative_at": Text("末次阴性采样时间", "the last negative sample"),
    "sampled_at": Text("首次阳性采样时间", "the first positive sample"),
    "diagnosed_at": Text("诊断时间", "the diagnosis"),
    "reported_at": Text("报告时间", "the report"),
    "isolated_at": Text("隔离时间", "the isolation"),
}


def date_problems(dates: Dates, *, as_of: dt.datetime, classification: str) -> dict[str, Text]:
    """Check that the times of a case can be true: none in the future, and onset ≤ sample ≤ diagnosis ≤ report.

    A last negative sample lies before the first positive one. Onset counts as a day: a sample on the same day is in
    order. With `Dates.before_symptoms` the onset may follow the sample; it still may not lie in the future.

    Parameters
    ----------
    dates : Dates
    as_of : datetime
        Nothing may lie after it.
    classification : str
        Symptomatic classes need an onset, an infection without symptoms has none and needs its first positive sample.

    Returns
    -------
    dict of str to Text
        By field (the later one of a pair), what is wrong and what to do.
    """
    problems: dict[str, Text] = {}
    silent = classification == Classification.ASYMPTOMATIC
    if silent and dates.onset_date is not None:
        problems["onset_date"] = Text(
            "无症状感染者没有发病日期；已出现症状的请改为确诊病例",
            "an infection without symptoms has no onset: leave it empty, or report a confirmed case",
        )
    if not silent and dates.onset_date is None:
        problems["onset_date"] = Text(
            "此项必填；没有症状的请选择“无症状感染者”", "required; without symptoms choose that class"
        )
    if silent and dates.sampled_at is None:
        problems["sampled_at"] = Text(
            "无症状感染者须填写首次阳性采样时间", "required for an infection without symptoms"
        )
    if dates.diagnosed_at is None:
        problems["diagnosed_at"] = _MISSING
    for name, words in _NAMES.items():
        value = getattr(dates, name)
        if value is not None and value > as_of:
            problems[name] = Text(f"{words.zh}不能晚于现在", "this lies in the future")
    chain = ["sampled_at", "diagnosed_at", "reported_at"]
    _check_order(dates, chain, problems)
    _check_order(dates, ["last_negative_at", "sampled_at"], problems)
    onset = dates.onset_date
    if onset is not None:
        first = next((n for n in chain if getattr(dates, n) is not None), None)
        if first == "sampled_at" and dates.before_symptoms:
            first = None
        if first and onset.date() > getattr(dates, first).date():
            hint = first == "sampled_at"
            problems.setdefault(
                first,
                Text(
                    f"{_NAMES[first].zh}早于发病日期（{onset:%Y-%m-%d}）"
                    + ("，请核对；如采样时尚无症状，请勾选“采样时尚无症状”" if hint else "，请核对"),
                    f"this lies before onset ({onset:%Y-%m-%d}): check both"
                    + ("; if symptoms began after the sample, tick 'sampled before symptoms'" if hint else ""),
                ),
            )
    return problems


def _check_order(dates: Dates, names: list[str], problems: dict[str, Text]) -> None:
    filled = [n for n in names if getattr(dates, n) is not None]
    for earlier, later in pairwise(filled):
        if getattr(dates, earlier) > getattr(dates, later):
            moment = getattr(dates, earlier)
            problems.setdefault(
                later,
                Text(
                    f"{_NAMES[later].zh}早于{_NAMES[earlier].zh}（{moment:%Y-%m-%d %H:%M}），请核对",
                    f"this lies before {_NAMES[earlier].en} ({moment:%Y-%m-%d %H:%M}): check both",
                ),
            )
