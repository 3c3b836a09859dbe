"""The parts that pages are made of, as functions that return HTML: for templates (by the tags) and for table cells."""

import datetime as dt
from typing import Any, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.core.roles import Role
from lianfang.access.words import label
from lianfang.kernel import vocabulary
from lianfang.pages.icons import icon

Tone = Literal["neutral", "info", "good", "warn", "bad"]

_SHAPE: dict[str, str] = {"neutral": "ring", "info": "dot", "good": "done", "warn": "soon", "bad": "late"}
_TONE_OF_WORD: dict[str, dict[str, Tone]] = {
    "Decision": {"proposed": "warn", "accepted": "good", "refused": "neutral"},
    "Classification": {"confirmed": "bad", "suspected": "warn", "asymptomatic": "info", "excluded": "neutral"},
    "Category": {"case": "bad", "close_contact": "warn", "secondary_contact": "info"},
}
_SHAPE_OF_WORD = {"refused": "no", "confirmed": "square", "case": "square"}

SOON = dt.timedelta(minutes=30)
"""A clock with less than this left is shown as due soon."""


def words_of(name: str) -> type[vocabulary.Word]:
    """Return a vocabulary by its name: one of `kernel.vocabulary`, or ``Role``."""
    found = Role if name == "Role" else getattr(vocabulary, name)
    assert issubclass(found, vocabulary.Word)
    return found


def word(name: str, code: str | None) -> str:
    """Return the label of a code in the reader's language; empty for an empty code."""
    return label(words_of(name), code) if code else ""


def badge(text: Any, tone: Tone = "neutral", shape: str = "") -> SafeString:
    """Return a word with a shape and a colour: the colour never stands alone."""
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(shape or _SHAPE[tone]), text)


def word_badge(name: str, code: str | None) -> SafeString:
    """Return the badge of a code of a vocabulary."""
    if not code:
        return SafeString("")
    tone = _TONE_OF_WORD.get(name, {}).get(code, "neutral")
    return badge(word(name, code), tone, _SHAPE_OF_WORD.get(code, ""))


def moment(value: dt.datetime | dt.date | None, style: Literal["full", "date", "time"] = "full") -> SafeString:
    """Return a time, local and with its year only where it is not this year's, in a ``<time>`` that holds it exactly."""
    if value is None:
        return format_html('<span class="nothing" title="{}">—</span>', _("Not known"))
    if not isinstance(value, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "Y-m-d"))
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    exact = f"{local:%Y-%m-%d %H:%M}"
    text = {"full": exact, "date": exact[:10], "time": exact[11:]}[style]
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


def span_words(span: dt.timedelta) -> str:
    """Return a length of time in words, by its two largest units: "2 h 5 min", "3 天 4 小时"."""
    minutes = int(abs(span).total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        (days, ngettext("%(n)d day", "%(n)d days", days)),
        (hours, _("%(n)d h")),
        (minutes, _("%(n)d min")),
    ]
    shown = [words % {"n": n} for n, words in parts if n][:2]
    return " ".join(shown) or _("%(n)d min") % {"n": 0}


def clock(
    due: dt.datetime | None, now: dt.datetime, *, done_at: dt.datetime | None = None, late_is_bad: bool = True
) -> SafeString:
    """Return a clock: a shape, its state in a word, how long there is left (or over), and when it is due.

    The state follows from `due`, `done_at` and `now`: done, done late, due soon, running, overdue. Where scripts run,
    the words count on by themselves (``data-due``).
    """
    if due is None:
        return badge(_("No limit"), "neutral")
    if done_at is not None:
        state, tone, shape = (_("done"), "good", "done") if done_at <= due else (_("done late"), "warn", "done")
        text = _("%(span)s late") % {"span": span_words(done_at - due)} if done_at > due else ""
        return format_html(
            '<span class="clock {}">{}<span class="state">{}</span> {} {}</span>', tone, icon(shape), state, text, moment(done_at)
        )
    left = due - now
    if left < dt.timedelta(0):
        state, tone, shape = _("overdue"), "bad" if late_is_bad else "warn", "late"
        text = _("%(span)s over") % {"span": span_words(left)}
    elif left < SOON:
        state, tone, shape = _("due soon"), "warn", "soon"
        text = _("%(span)s left") % {"span": span_words(left)}
    else:
        state, tone, shape = _("running"), "info", "running"
        text = _("%(span)s left") % {"span": span_words(left)}
    return format_html(
        '<span class="clock {}" data-due="{}">{}<span class="state">{}</span> <span class="left">{}</span> {}</span>',
        tone,
        due.isoformat(timespec="seconds"),
        icon(shape),
        state,
        text,
        moment(due),
    )


def figure(value: Any, label_text: Any, url: str = "", tone: Tone | str = "", note: Any = "") -> SafeString:
    """Return a number with its words; with a `url` it leads to the list behind it."""
    inner = format_html(
        '<span class="value">{}</span> <span class="label">{}</span>{}',
        value,
        label_text,
        format_html(' <span class="note">{}</span>', note) if note else "",
    )
    if url:
        return format_html('<a class="figure {}" href="{}">{}</a>', tone, url, inner)
    return format_html('<div class="figure {}">{}</div>', tone, inner)
