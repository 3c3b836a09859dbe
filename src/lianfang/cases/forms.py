"""Forms of the room. They only read what was typed; what is wrong with it is said by `cases.core`."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.selectors import jurisdictions
from lianfang.access.times import now, to_local
from lianfang.access.words import choices, current_lang, label, say
from lianfang.cases.core.card import Dates, ReportCard
from lianfang.cases.core.classification import ways_from
from lianfang.cases.core.marks import mark_of_fact
from lianfang.cases.core.possible import earliest_of
from lianfang.cases.models import Case
from lianfang.cases.services import CardRefused, Overtaken, marks_of
from lianfang.cases.services.facts import TIMES
from lianfang.kernel.phones import normal_phone
from lianfang.kernel.vocabulary import AreaLevel, CaseSource, Classification, IdType, Occupation, Residence, Sex
from lianfang.outbreaks.selectors import open_outbreaks
from lianfang.pages import fields
from lianfang.registry.core.identity import OLDEST_YEARS, normal_id
from lianfang.registry.selectors import area_name


class CheckedForm(forms.Form):
    """A form whose fields are checked by the core; it marks the required ones and shows each problem at its field."""

    use_required_attribute = False
    asked_for: tuple[str, ...] = ()

    def offer_times(self, began: dt.date | None) -> None:
        """Have the pickers offer the times that a case can have: until today, and not long before the outbreak."""
        today = to_local(now()).date()
        for name in TIMES:
            if name in self.fields:
                first = fields.FIRST_DAY if began is None else earliest_of(name, began)
                self.fields[name].offer(first, today)  # type: ignore[attr-defined]
        if "birth_date" in self.fields:
            self.fields["birth_date"].offer(dt.date(today.year - OLDEST_YEARS, 1, 1), today)  # type: ignore[attr-defined]

    def show_required(self) -> None:
        """Mark the required fields, after reading: whether they are filled is said by the core, in one place."""
        self.errors  # noqa: B018 - reads the form before the marks are set
        for name in self.asked_for:
            if name in self.fields:
                self.fields[name].required = True

    def take_problems(self, refusal: CardRefused) -> None:
        """Show what a service refused, each problem at its field; what has no field here stands at the top."""
        for name, text in refusal.problems.items():
            shown = name in self.fields and not self.fields[name].widget.is_hidden
            if not (shown and name in self.errors):
                self.add_error(name if shown else None, say(text))


class ReportForm(CheckedForm):
    """The report card. With a `person_id` the identity fields are shown from the register and not asked for."""

    asked_for = (
        "outbreak",
        "name",
        "id_number",
        "sex",
        "birth_date",
        "occupation",
        "residence",
        "address",
        "jurisdiction",
        "classification",
        "diagnosed_at",
        "found_by",
        "reporting_unit",
    )
    identity = ("id_type", "id_number", "name", "sex", "birth_date")
    contact = ("phone", "occupation", "residence", "address", "jurisdiction")
    illness = (
        "classification",
        "onset_date",
        "sampled_at",
        "before_symptoms",
        "diagnosed_at",
        "last_negative_at",
        "isolated_at",
    )
    report = ("outbreak", "found_by", "reporting_unit", "reporting_doctor", "note")

    client_key = forms.UUIDField(widget=forms.HiddenInput)
    person_id = forms.CharField(widget=forms.HiddenInput, required=False)
    outbreak = forms.ChoiceField(label=_("Outbreak"), required=False)
    id_type = fields.Choice(IdType, label=_("Kind of document"), required=False)
    id_number = fields.Words(label=_("Identity number"), max_length=40, required=False)
    name = fields.Words(label=_("Name"), required=False, help_text=_("For a child, add the parent's name in the note."))
    sex = fields.Choice(Sex, label=_("Sex"), empty="—", required=False)
    birth_date = fields.Day(label=_("Birth date"))
    phone = fields.Phone(label=_("Phone"))
    occupation = fields.Choice(Occupation, label=_("Population class"), empty="—", required=False)
    residence = fields.Choice(Residence, label=_("Belongs to"), required=False, initial=Residence.THIS_COUNTY.value)
    address = fields.Words(label=_("Present address"), required=False, help_text=_("Down to the door number."))
    jurisdiction = forms.ChoiceField(label=_("Area"), required=False, help_text=_("Who is responsible for the case."))
    classification = fields.Choice(
        Classification,
        label=_("Classification"),
        empty="—",
        without=(Classification.EXCLUDED.value,),
        required=False,
    )
    onset_date = fields.StartOfDay(
        label=_("Date of onset"), help_text=_("Leave it empty for an infection without symptoms.")
    )
    sampled_at = fields.Moment(
        label=_("First positive sample"), help_text=_("Required for an infection without symptoms.")
    )
    before_symptoms = forms.BooleanField(label=_("Sampled before symptoms began"), required=False)
    diagnosed_at = fields.Moment(label=_("Diagnosed"), help_text=_("To the hour."))
    last_negative_at = fields.Moment(label=_("Last negative sample"))
    isolated_at = fields.Moment(
        label=_("Isolated"), help_text=_("Empty: still about; the infectious window stays open.")
    )
    found_by = fields.Choice(CaseSource, label=_("Found by"), empty="—", required=False)
    reporting_unit = fields.Words(label=_("Reporting unit"), required=False)
    reporting_doctor = fields.Words(label=_("Reporting doctor"), required=False)
    note = fields.Sentence(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, by: Account, person: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = scope_of(by)
        outbreaks = list(open_outbreaks(scope))
        self.fields["outbreak"].choices = [(one.code, one.name) for one in outbreaks]  # type: ignore[attr-defined]
        self.offer_times(min((one.started_on for one in outbreaks), default=None))
        levels = (AreaLevel.COUNTY.value, AreaLevel.TOWNSHIP.value, AreaLevel.COMMUNITY.value)
        own = "" if person is None else person.area_code
        areas = [a for a in jurisdictions(scope) if a.level in levels or a.code == own]
        self.fields["jurisdiction"].choices = [fields.NO_CHOICE, *_grouped(areas)]  # type: ignore[attr-defined]
        if person is not None:
            for name in self.identity:
                del self.fields[name]

    def card(self) -> ReportCard:
        """Return what was typed; a value that could not be read is empty, and stands in `errors`."""
        data = self.cleaned_data
        text = {n: str(data.get(n) or "").strip() for n in ReportCard.__dataclass_fields__ if n in self.fields}
        text["id_number"] = normal_id(data.get("id_number"))
        text["phone"] = normal_phone(data.get("phone"))
        text.pop("birth_date", None)
        times = {n: data.get(n) for n in Dates.__dataclass_fields__ if n in self.fields}
        times["before_symptoms"] = bool(data.get("before_symptoms"))
        return ReportCard(birth_date=data.get("birth_date"), dates=Dates(**cast("Any", times)), **cast("Any", text))

    @property
    def key(self) -> uuid.UUID:
        """The client key of a form that was read."""
        return cast("uuid.UUID", self.cleaned_data["client_key"])


def _grouped(areas: list[Any]) -> list[tuple[str, Any]]:
    """Return areas as options, communities grouped under their township."""
    groups: list[tuple[str, Any]] = []
    for area in areas:
        if area.level in (AreaLevel.COMMUNITY, AreaLevel.GRID) and groups and area.path.startswith(groups[-1][1][0][2]):
            groups[-1][1].append((area.code, area_name(area), area.path))
        else:
            groups.append((area_name(area), [(area.code, area_name(area), area.path)]))
    return [
        (name, [(code, words) for code, words, _path in own]) if len(own) > 1 else (own[0][0], own[0][1])
        for name, own in groups
    ]


class ChangeForm(CheckedForm):
    """The facts of a case that may be corrected."""

    onset_date = fields.StartOfDay(label=_("Date of onset"))
    sampled_at = fields.Moment(label=_("First positive sample"))
    before_symptoms = forms.BooleanField(label=_("Sampled before symptoms began"), required=False)
    diagnosed_at = fields.Moment(label=_("Diagnosed"))
    last_negative_at = fields.Moment(label=_("Last negative sample"))
    isolated_at = fields.Moment(label=_("Isolated"))
    found_by = fields.Choice(CaseSource, label=_("Found by"), required=False)
    residence = fields.Choice(Residence, label=_("Belongs to"), required=False)
    reporting_unit = fields.Words(label=_("Reporting unit"), required=False, max_length=120)
    reporting_doctor = fields.Words(label=_("Reporting doctor"), required=False, max_length=80)
    note = fields.Sentence(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def facts_of(case: Case) -> dict[str, Any]:
        """Return the facts of a case as the form shows them."""
        times = ("onset_date", "sampled_at", "diagnosed_at", "last_negative_at", "isolated_at")
        texts = ("found_by", "residence", "reporting_unit", "reporting_doctor", "note")
        silent = case.onset_date and case.sampled_at and case.onset_date > case.sampled_at
        return {
            **{n: getattr(case, n) for n in (*times, *texts)},
            "onset_date": to_local(case.onset_date),
            "before_symptoms": bool(silent),
        }

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        kwargs["initial"] = {**self.facts_of(case), "shown": _as_text(marks_of(case))}
        super().__init__(*args, **kwargs)
        self.case = case
        self.offer_times(case.outbreak.started_on)
        if case.found_by not in CaseSource.codes():
            self.fields["found_by"].choices = [(case.found_by, label(CaseSource, case.found_by)), *choices(CaseSource)]  # type: ignore[attr-defined]

    def seen(self) -> dict[str, str]:
        """Return the marks of the facts that the form showed; of one that is not told, how it stands now."""
        now = marks_of(self.case)
        parted = (told.partition(":") for told in self.cleaned_data.get("shown", "").split())
        return now | {name: mark for name, _, mark in parted if name in now}

    def changes(self) -> dict[str, Any]:
        """Return what was typed other than it was shown; a time of the same minute is the same."""
        seen = self.seen()
        return {n: v for n, v in self.cleaned_data.items() if n in seen and mark_of_fact(n, v) != seen[n]}

    def take_problems(self, refusal: CardRefused) -> None:
        """Show what a service refused; what somebody else changed is taken as shown from now on."""
        super().take_problems(refusal)
        if isinstance(refusal, Overtaken):
            sent = cast("QueryDict", self.data).copy()
            sent["shown"] = _as_text(self.seen() | refusal.marks)
            self.data = sent


def _as_text(marks: Mapping[str, str]) -> str:
    return " ".join(f"{name}:{mark}" for name, mark in marks.items())


class ClassifyForm(CheckedForm):
    """Where the classification of a case may move, and what the move needs."""

    to = forms.ChoiceField(label=_("Change to"))
    onset_date = fields.StartOfDay(label=_("Date of onset"))
    sampled_at = fields.Moment(label=_("First positive sample"))
    note = fields.Reason(label=_("Reason"), required=False)

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lang = current_lang()
        ways = [(way.value, way.label.in_language(lang)) for way in ways_from(case.classification)]
        self.fields["to"].choices = ways  # type: ignore[attr-defined]
        if case.onset_date is not None:
            del self.fields["onset_date"]
        if case.sampled_at is not None:
            del self.fields["sampled_at"]
        self.offer_times(case.outbreak.started_on)

    def take_problems(self, refusal: CardRefused) -> None:
        """Show what a service refused; the classification stands in the field ``to``."""
        refusal.problems = {("to" if name == "classification" else name): t for name, t in refusal.problems.items()}
        super().take_problems(refusal)


class IsolateForm(CheckedForm):
    """When a case was isolated."""

    asked_for = ("isolated_at",)

    isolated_at = fields.Moment(label=_("Isolated"))


__all__ = ["ChangeForm", "CheckedForm", "ClassifyForm", "IsolateForm", "ReportForm"]
