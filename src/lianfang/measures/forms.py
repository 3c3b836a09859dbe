"""The form by which something else is ordered than what is proposed."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from lianfang.kernel.vocabulary import MeasureKind, PlaceClass
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.pages import fields
from lianfang.records.seen import mark_of


class ChangeForm(forms.Form):
    """What is ordered instead, and why."""

    use_required_attribute = False

    kind = fields.Choice(MeasureKind, label=_("Measure"))
    place_class = fields.Choice(PlaceClass, label=_("Where"))
    start = fields.Moment(label=_("From"), required=True)
    end = fields.Moment(label=_("Until"), help_text=_("Empty: until the release conditions hold."))
    test_dates = fields.Days(label=_("Test days"), required=False, help_text=_("Such as 2021-08-06, 2021-08-09."))
    reason = fields.Reason(label=_("Reason"), rows=2, help_text=_("It stays on the measure for everybody to read."))
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(measure: Measure) -> dict[str, Any]:
        """Return what stands in the fields for a measure."""
        return {
            "kind": measure.kind,
            "place_class": measure.place_class,
            "start": measure.start,
            "end": measure.end,
            "test_dates": ", ".join(measure.test_dates),
            "seen": mark_of(measure),
        }

    def show(self, measure: Measure) -> None:
        """Take the measure as seen as it stands now; what was typed stays."""
        sent = cast("QueryDict", self.data).copy()
        sent["seen"] = mark_of(measure)
        self.data = sent

    def order(self) -> Order:
        """Return what was typed, once it is valid."""
        given = self.cleaned_data
        return Order(given["kind"], given["place_class"], given["start"], given["end"], given["test_dates"])
