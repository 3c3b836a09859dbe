"""The page on which every shared part is shown, with made-up content: for whoever builds a page, and for the tests."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.times import now
from lianfang.kernel.vocabulary import Category, Classification, Decision
from lianfang.pages import fields
from lianfang.pages.parts import figure


class _SampleForm(forms.Form):
    """A form with a fault in it, so that its summary is seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = fields.Words(label=_("Name"), help_text=_("As on the identity card."))
        self.fields["onset"] = fields.Day(label=_("Onset"))
        self.fields["decision"] = forms.ChoiceField(
            label=_("Decision"), choices=[(d.value, d.label.zh) for d in Decision], widget=forms.RadioSelect
        )


def components(request: HttpRequest) -> HttpResponse:
    """Show each part once, in each of its states."""
    moment = now()
    hour = dt.timedelta(hours=1)
    context = {
        "title": _("Components"),
        "now": moment,
        "clocks": [
            (moment + 3 * hour, None),
            (moment + hour / 4, None),
            (moment - 2 * hour, None),
            (moment, moment - hour),
            (moment - 2 * hour, moment - hour),
            (None, None),
        ],
        "tones": ("neutral", "info", "good", "warn", "bad"),
        "categories": Category.codes(),
        "decisions": Decision.codes(),
        "classifications": Classification.codes(),
        "figures": [
            figure(12, _("cases"), "#list"),
            figure(348, _("contacts"), "#list"),
            figure(7, _("overdue"), "#list", "bad"),
            figure("96%", _("located"), note=_("of 348")),
        ],
        "events": [
            {"at": moment - 60 * hour, "title": _("Onset"), "tone": "warn"},
            {"at": moment - 20 * hour, "title": _("Sampled"), "text": _("Fever clinic")},
            {"at": moment - 8 * hour, "end": moment - 7 * hour, "title": _("Investigated on site"), "tone": "good"},
        ],
        "pairs": [(_("Name"), "王**"), (_("Phone"), "138******78"), (_("Address"), "***")],
        "form": _SampleForm({"name": "", "decision": "proposed"}),
        "rule_url": reverse("components-rule"),
    }
    return render(request, "pages/components.html", context)


def sample_rule(request: HttpRequest) -> HttpResponse:
    """Answer what a rule's page answers to the why-popover."""
    return HttpResponse(f"<p>{_('Close contacts are quarantined from the day of their last exposure.')}</p>")
