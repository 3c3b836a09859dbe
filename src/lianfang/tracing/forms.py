"""Forms of the room."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.selectors import jurisdictions
from lianfang.kernel.vocabulary import AreaLevel, Category, IdType, PlaceKind, Sex
from lianfang.pages import fields
from lianfang.registry.core.identity import identity_of, normal_id
from lianfang.registry.services import PersonFacts
from lianfang.tracing.core.proposals import STRICTEST


class CategoryForm(forms.Form):
    """Another category for a contact, with the reason."""

    use_required_attribute = False
    category = fields.Choice(Category, label=_("Category"), only={c.value for c in STRICTEST})
    note = fields.Reason(label=_("Reason"), help_text=_("It stands with the contact from now on."))


class InterviewForm(forms.Form):
    """Somebody whom a case named: who was chosen, where they met, when, under which protection."""

    use_required_attribute = False
    place_kind = fields.Choice(
        PlaceKind,
        label=_("Setting"),
        empty=_("not known"),
        required=False,
        help_text=_("Not known: it joins the setting in which tracing finds the two together longest."),
    )
    relation = fields.Words(label=_("Relation to the case"), required=False, max_length=80)
    first_contact = fields.Moment(aware=True, label=_("First contact"))
    last_contact = fields.Moment(aware=True, label=_("Last contact"))
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
    name = fields.Words(label=_("Name"), max_length=80)
    id_type = fields.Choice(IdType, label=_("Kind of document"))
    id_number = fields.Words(label=_("Identity number"), max_length=40, required=False)
    phone = fields.Phone(label=_("Phone"), max_length=32)
    sex = fields.Choice(
        Sex,
        label=_("Sex"),
        required=False,
        initial=Sex.UNKNOWN.value,
        help_text=_("A resident identity number tells it, and the birth date."),
    )
    birth_date = fields.Day(label=_("Birth date"))
    address = fields.Words(label=_("Present address"), max_length=200, required=False)
    jurisdiction = forms.ChoiceField(
        label=_("Area"), help_text=_("Who calls and looks after the person; for somebody from elsewhere, the county.")
    )

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = (AreaLevel.COUNTY.value, AreaLevel.TOWNSHIP.value, AreaLevel.COMMUNITY.value)
        areas = fields.area_options(area for area in jurisdictions(scope_of(by)) if area.level in levels)
        self.fields["jurisdiction"].choices = areas  # type: ignore[attr-defined]

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
