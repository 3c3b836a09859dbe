"""Forms of the room."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.selectors import jurisdictions
from lianfang.access.words import choices
from lianfang.kernel.vocabulary import AreaLevel, Category, IdType, PlaceKind, Sex
from lianfang.registry.core.identity import identity_of, normal_id
from lianfang.registry.selectors import area_name
from lianfang.registry.services import PersonFacts
from lianfang.tracing.core.proposals import STRICTEST


class CategoryForm(forms.Form):
    """Another category for a contact, with the reason."""

    use_required_attribute = False
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[(code, words) for code, words in choices(Category) if code in {c.value for c in STRICTEST}],
    )
    note = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands with the contact from now on."))


class _Moment(forms.DateTimeField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M"]
        super().__init__(required=False, widget=widget, input_formats=formats, **kwargs)


class InterviewForm(forms.Form):
    """Somebody whom a case named: who was chosen, where they met, when, under which protection."""

    use_required_attribute = False
    place_kind = forms.ChoiceField(
        label=_("Setting"),
        required=False,
        choices=[("", _("not known")), *choices(PlaceKind)],
        help_text=_("Not known: it joins the setting in which tracing finds the two together longest."),
    )
    relation = forms.CharField(label=_("Relation to the case"), required=False, max_length=80)
    first_contact = _Moment(label=_("First contact"))
    last_contact = _Moment(label=_("Last contact"))
    protected = forms.TypedChoiceField(
        label=_("Effective protection was worn"),
        required=False,
        choices=[("", _("not said")), ("yes", _("yes")), ("no", _("no"))],
        coerce=lambda code: code == "yes",
        empty_value=None,
        help_text=_("What is left empty stays as it was recorded for this person and setting before."),
    )

    def clean(self) -> dict[str, Any]:
        """Say what is out of order at the field where it is mended."""
        cleaned: dict[str, Any] = super().clean() or {}
        first: dt.datetime | None = cleaned.get("first_contact")
        last: dt.datetime | None = cleaned.get("last_contact")
        if first and last and first > last:
            self.add_error("last_contact", _("The last contact is before the first."))
        return cleaned


class RegisterForm(forms.Form):
    """Somebody whom tracing found and the register does not know: who it is, and which area looks after them."""

    use_required_attribute = False
    name = forms.CharField(label=_("Name"), max_length=80)
    id_type = forms.ChoiceField(label=_("Kind of document"), choices=choices(IdType))
    id_number = forms.CharField(label=_("Identity number"), max_length=40, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=32, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=choices(Sex),
        required=False,
        initial=Sex.UNKNOWN.value,
        help_text=_("A resident identity number tells it, and the birth date."),
    )
    birth_date = forms.DateField(
        label=_("Birth date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    address = forms.CharField(label=_("Present address"), max_length=200, required=False)
    jurisdiction = forms.ChoiceField(
        label=_("Area"), help_text=_("Who calls and looks after the person; for somebody from elsewhere, the county.")
    )

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = (AreaLevel.COUNTY.value, AreaLevel.TOWNSHIP.value, AreaLevel.COMMUNITY.value)
        areas = [area for area in jurisdictions(scope_of(by)) if area.level in levels]
        top = min((area.path.count("/") for area in areas), default=0)
        self.fields["jurisdiction"].choices = [  # type: ignore[attr-defined]
            (area.code, "\u3000" * (area.path.count("/") - top) + area_name(area)) for area in areas
        ]

    def facts(self) -> PersonFacts:
        """Return what was typed; sex and birth date from the number where they were left empty."""
        typed = self.cleaned_data
        number = normal_id(typed["id_number"])
        said = identity_of(number) if number and typed["id_type"] == IdType.RESIDENT.value else None
        sex = typed["sex"] or Sex.UNKNOWN.value
        return PersonFacts(
            name=typed["name"],
            jurisdiction=typed["jurisdiction"],
            id_number=number,
            id_type=typed["id_type"],
            phone=typed["phone"],
            sex=said.sex.value if said and sex == Sex.UNKNOWN.value else sex,
            birth_date=said.birth_date if said and typed["birth_date"] is None else typed["birth_date"],
            address=typed["address"],
        )
