"""The form by which something else is ordered than what is proposed."""

import datetime as dt
import re
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import to_local
from lianfang.access.words import choices
from lianfang.kernel.vocabulary import MeasureKind, PlaceClass
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.records.seen import mark_of

_CONTROL = {"type": "datetime-local"}
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class DaysField(forms.CharField):
    """Days, separated by commas or spaces; its value is a sorted tuple of dates."""

    def to_python(self, value: Any) -> tuple[dt.date, ...]:  # type: ignore[override]
        words = [word for word in re.split(r"[,,;;、\s]+", value or "") if word]
        try:
            return tuple(sorted({dt.date.fromisoformat(word) for word in words}))
        except ValueError:
            raise forms.ValidationError(_("Write days as 2021-08-06, separated by commas.")) from None


class ChangeForm(forms.Form):
    """What is ordered instead, and why."""

    use_required_attribute = False

    kind = forms.ChoiceField(label=_("Measure"), choices=choices(MeasureKind))
    place_class = forms.ChoiceField(label=_("Where"), choices=choices(PlaceClass))
    start = forms.DateTimeField(
        label=_("From"),
        widget=forms.DateTimeInput(attrs=_CONTROL, format="%Y-%m-%dT%H:%M"),
        input_formats=_FORMATS,
    )
    end = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs=_CONTROL, format="%Y-%m-%dT%H:%M"),
        input_formats=_FORMATS,
        help_text=_("Empty: until the release conditions hold."),
    )
    test_dates = DaysField(label=_("Test days"), required=False, help_text=_("Such as 2021-08-06, 2021-08-09."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stays on the measure for everybody to read."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, measure: Measure) -> "ChangeForm":
        """Return the form as it stands for a measure."""
        return cls(
            initial={
                "kind": measure.kind,
                "place_class": measure.place_class,
                "start": measure.start,
                "end": measure.end,
                "test_dates": ", ".join(measure.test_dates),
                "seen": mark_of(measure),
            }
        )

    def show(self, measure: Measure) -> None:
        """Take the measure as seen as it stands now; what was typed stays."""
        sent = cast("QueryDict", self.data).copy()
        sent["seen"] = mark_of(measure)
        self.data = sent

    def order(self) -> Order:
        """Return what was typed, once it is valid."""
        given = self.cleaned_data
        start = to_local(given["start"])
        assert start is not None
        return Order(given["kind"], given["place_class"], start, to_local(given["end"]), given["test_dates"])
