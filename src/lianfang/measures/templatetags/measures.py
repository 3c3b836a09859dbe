"""How a measure stands in a template: its state, until when, its next test, and why.

``{% measure_state m %}``, ``{% measure_until m %}``, ``{% measure_next_test m %}``, ``{% measure_why m %}``.
"""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from lianfang.access.times import now, to_local
from lianfang.measures import words
from lianfang.measures.models import Measure

register = template.Library()


@register.simple_tag
def measure_state(measure: Measure) -> SafeString:
    """Show the state of a measure as of now."""
    return words.shown_state(measure, now())


@register.simple_tag
def measure_until(measure: Measure) -> SafeString:
    """Show when a measure ends."""
    return words.until(measure)


@register.simple_tag
def measure_next_test(measure: Measure) -> SafeString:
    """Show the next test day of a measure."""
    return words.next_test(measure, to_local(now()).date())


@register.inclusion_tag("pages/why.html")
def measure_why(measure: Measure) -> dict[str, Any]:
    """Open the reason of a measure's dates, and the rule behind it."""
    return {"url": reverse("measure-why", args=[measure.pk]), "text": words.reason_of(measure), "label": ""}
