"""How a measure is said on pages, in the reader's language."""

import datetime as dt
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianfang.access.words import current_lang, label, say
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind, PlaceClass
from lianfang.measures.core.orders import Order, exceeds
from lianfang.measures.core.reasons import START_LABELS
from lianfang.measures.core.state import MeasureState, state_of
from lianfang.measures.models import Measure
from lianfang.pages import parts

_TONES: dict[MeasureState, parts.Tone] = {
    MeasureState.PROPOSED: "warn",
    MeasureState.REFUSED: "neutral",
    MeasureState.PLANNED: "info",
    MeasureState.IN_FORCE: "good",
    MeasureState.OVER: "bad",
    MeasureState.RELEASED: "neutral",
    MeasureState.NONE: "neutral",
}
BEYOND = gettext_lazy("beyond the playbook")
CHANGED = gettext_lazy("proposal has changed")


def state_word(measure: Measure, at: dt.datetime) -> MeasureState:
    """Return the state of a measure at a time (aware)."""
    return state_of(
        kind=measure.kind,
        decision=measure.decision,
        start=measure.start,
        end=measure.end,
        released_at=measure.released_at,
        at=at,
    )


def shown_state(measure: Measure, at: dt.datetime) -> SafeString:
    """Return the badge of the state, and of what must stay visible: beyond the playbook, another proposal."""
    state = state_word(measure, at)
    badges = [parts.badge(say(state.label), _TONES[state]), *(parts.badge(one, "warn") for one in _notes(measure))]
    return mark_safe(" ".join(badges))  # noqa: S308 - each part is built by format_html


def state_words(measure: Measure, at: dt.datetime) -> str:
    """Return the same in words, for a file."""
    return say(Text("；", "; ")).join([say(state_word(measure, at).label), *map(str, _notes(measure))])


def _notes(measure: Measure) -> list[Any]:
    """Return what must stay visible beside the state of a measure."""
    told = (BEYOND, is_beyond(measure)), (CHANGED, bool(measure.new_proposal))
    return [words for words, holds in told if holds]


def is_beyond(measure: Measure) -> bool:
    """Tell whether a person ordered more than the playbook asks."""
    if not measure.changed_from:
        return False
    from lianfang.measures.services import order_of

    return exceeds(order_of(measure), Order.from_json(measure.changed_from))


def until(measure: Measure) -> SafeString:
    """Return when a measure ends: a time, or that the release conditions decide."""
    if measure.end is None:
        return format_html("{}", "—" if measure.kind == MeasureKind.NONE else _("until release conditions hold"))
    return parts.moment(measure.end)


def next_test(measure: Measure, today: dt.date) -> SafeString:
    """Return the next test day, today's marked as due, and how many are still to come."""
    left = sorted(day for day in measure.test_dates if day >= today.isoformat())
    if not left or measure.released_at is not None:
        return format_html("—")
    shown = parts.badge(_("today"), "warn") if left[0] == today.isoformat() else format_html("{}", left[0])
    more = len(left) - 1
    return format_html("{} {}", shown, _("(+%(n)d)") % {"n": more}) if more else shown


def reason_of(measure: Measure) -> str:
    """Return why the dates are what they are."""
    return measure.reason_en if current_lang() == "en" else measure.reason_zh


def start_word(code: str) -> str:
    """Return what a period is counted from, as a noun."""
    return say(START_LABELS[code]) if code in START_LABELS else "—"


def order_words(order: dict[str, Any] | None) -> str:
    """Return an order or a proposal as one line: what, where, from, until, tests."""
    if not order:
        return "—"
    if order.get("withdrawn"):
        return _("nothing is proposed any more")
    one = Order.from_json(order)
    tests = ", ".join(day.isoformat() for day in one.test_dates) or "—"
    return _("%(what)s (%(where)s), %(start)s to %(end)s, tests: %(tests)s") % {
        "what": label(MeasureKind, one.kind),
        "where": label(PlaceClass, one.place_class),
        "start": f"{one.start:%Y-%m-%d %H:%M}",
        "end": f"{one.end:%Y-%m-%d %H:%M}" if one.end else _("until release conditions hold"),
        "tests": tests,
    }
