"""Forms of the room."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices
from lianfang.kernel.vocabulary import Category, PlaceKind
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
    protected = forms.BooleanField(label=_("Effective protection was worn"), required=False)

    def clean(self) -> dict[str, Any]:
        """Say what is out of order at the field where it is mended."""
        cleaned: dict[str, Any] = super().clean() or {}
        first: dt.datetime | None = cleaned.get("first_contact")
        last: dt.datetime | None = cleaned.get("last_contact")
        if first and last and first > last:
            self.add_error("last_contact", _("The last contact is before the first."))
        return cleaned
