"""The parts that pages are made of, as functions that return HTML: for templates (by the tags) and for table cells."""

import datetime as dt
import json
from typing import Any, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    """Return a vocabulary by its name: one of `kernel.vocabulary`."""
    found: type[vocabulary.Word] = getattr(vocabulary, name)
    assert issubclass(found, vocabulary.Word)
    return found


def word(name: str, code: str | None) -> str:
    """Return the label of a code in the reader's language; empty for an empty code."""
    return label(words_of(name), code) if code else ""


def badge(text: Any, tone: Tone = "neutral", shape: str = "") -> SafeString:
    """Return a word with a shape and a colour: the colour never stands alone."""
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(shape or _SHAPE[tone]), text)


def word_badge(name: str, code: str | None) -> SafeString:
    """Return the badge of a code of a vocabulary, which is told by its name."""
    return badge_of(words_of(name), code)


def badge_of(words: type[vocabulary.Word], code: str | None) -> SafeString:
    """Return the badge of a code of a vocabulary; a word that has no colour of its own is neutral."""
    if not code:
        return SafeString("")
    tone = _TONE_OF_WORD.get(words.__name__, {}).get(code, "neutral")
    return badge(label(words, code), tone, _SHAPE_OF_WORD.get(code, ""))


def moment(value: dt.datetime | dt.date | None, style: Literal["full", "date", "time"] = "full") -> SafeString:
    """Return a time, local and to the minute, in a ``<time>`` that holds it exactly."""
    if value is None:
        return format_html('<span class="nothing" title="{}">—</span>', _("Not known"))
    if not isinstance(value, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "Y-m-d"))
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    exact = f"{local:%Y-%m-%d %H:%M}"
    text = {"full": exact, "date": exact[:10], "time": exact[11:]}[style]
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), text)


def _units() -> list[tuple[int, str, str]]:
    return [
        (86400, ngettext("%(n)d day", "%(n)d days", 1), ngettext("%(n)d day", "%(n)d days", 2)),
        (3600, _("%(n)d h"), _("%(n)d h")),
        (60, _("%(n)d min"), _("%(n)d min")),
        (1, _("%(n)d s"), _("%(n)d s")),
    ]


def span_words(span: dt.timedelta) -> str:
    """Return a length of time in words, by its two largest units down to minutes: "2 h 5 min", "3 天 4 小时"."""
    rest = int(abs(span).total_seconds())
    shown = []
    for seconds, one, many in _units()[:3]:
        n, rest = divmod(rest, seconds)
        if n:
            shown.append((one if n == 1 else many) % {"n": n})
    return " ".join(shown[:2]) or _("%(n)d min") % {"n": 0}


def clock_words(now: dt.datetime) -> str:
    """Return, as JSON, the forms by which a script keeps the words of `clock` true, and the server's time."""
    marked = {"n": "{n}"}
    return json.dumps(
        {
            "now": now.isoformat(timespec="milliseconds"),
            "left": _("%(span)s left") % {"span": "{t}"},
            "over": _("%(span)s over") % {"span": "{t}"},
            "soon_minutes": SOON.total_seconds() / 60,
            "units": [[form.replace("%(n)d", "%(n)s") % marked for form in (one, many)] for _s, one, many in _units()],
            "states": {
                state: {"word": word, "tone": tone, "shape": icon(shape)}
                for state, (word, tone, shape) in _running_states().items()
            },
        },
        ensure_ascii=False,
    )


def _running_states() -> dict[str, tuple[str, Tone, str]]:
    return {
        "late": (_("overdue"), "bad", "late"),
        "soon": (_("due soon"), "warn", "soon"),
        "running": (_("running"), "info", "running"),
    }


def clock(
    due: dt.datetime | None,
    now: dt.datetime,
    *,
    done_at: dt.datetime | None = None,
    paused_at: dt.datetime | None = None,
    why: str = "",
) -> SafeString:
    """Return a clock: a shape, its state in a word, how long there is left (or over), and when it is due.

    The state follows from `due`, `done_at`, `paused_at` and `now`: done, done late, paused (and `why`), due soon,
    running, overdue. Where scripts run,
    the words count on by themselves (``data-due``).
    """
    if due is None:
        return badge(_("No limit"), "neutral")
    if done_at is not None:
        state, tone, shape = (_("done"), "good", "done") if done_at <= due else (_("done late"), "warn", "done")
        text = _("%(span)s late") % {"span": span_words(done_at - due)} if done_at > due else ""
        return format_html(
            '<span class="clock {}">{}<span class="state">{}</span> {} {}</span>',
            tone,
            icon(shape),
            state,
            text,
            moment(done_at),
        )
    if paused_at is not None:
        return format_html(
            '<span class="clock {}">{}<span class="state">{}</span> {} {}</span>',
            "neutral",
            icon("ring"),
            _("paused"),
            why,
            moment(paused_at),
        )
    left = due - now
    name = "late" if left < dt.timedelta(0) else "soon" if left < SOON else "running"
    state, tone, shape = _running_states()[name]
    words = _("%(span)s over") if name == "late" else _("%(span)s left")
    return format_html(
        '<span class="clock {}" data-due="{}">{}<span class="state">{}</span> <span class="left">{}</span> {}</span>',
        tone,
        due.isoformat(timespec="seconds"),
        icon(shape),
        state,
        words % {"span": span_words(left)},
        moment(due),
    )


def dial(phone: str) -> SafeString:
    """Return a button that calls a number; where it is covered, or none is known, the words alone."""
    if not phone:
        return format_html('<span class="nothing">{}</span>', _("No phone is known."))
    number = phone.replace("-", "").replace(" ", "")
    if not number.removeprefix("+").isdigit():
        return format_html("<span>{}</span>", phone)
    return format_html('<a class="button primary" href="tel:{}">{}{} {}</a>', number, icon("phone"), _("Call"), phone)


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
