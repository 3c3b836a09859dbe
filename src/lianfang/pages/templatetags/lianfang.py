"""Template tags of the shared parts; each part stands on the page of components.

``{% word "Category" code %}``, ``{% word_badge "Decision" code %}``, ``{% badge text tone %}``, ``{% moment time %}``,
``{% clock due done_at=... %}``, ``{% figure value label url %}``, ``{% why url text %}``, ``{% timeline items %}``,
``{% facts items %}``, ``{% refresh url seconds %}``, ``{% icon name %}``, ``{% may "permission" as allowed %}``,
``{{ person.phone|shown:"phone" }}`` needs the role and so is a tag: ``{% shown "phone" person.phone %}``.
``{% mark row %}`` is what a form sends along of a row as ``seen``, ``{% act_label "contact.accept" %}`` is on a button.
``{% colon %}`` and ``{% full_stop %}`` are written as the reader's language writes them.
"""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lianfang.access.core import protect, roles
from lianfang.access.middleware import REFRESH_HEADER
from lianfang.access.times import now as clock_now
from lianfang.access.words import area_name, current_lang, say
from lianfang.house import acts
from lianfang.kernel.text import Text
from lianfang.pages import icons, parts
from lianfang.records.seen import mark_of

register = template.Library()

register.simple_tag(parts.word, name="word")
register.simple_tag(parts.word_badge, name="word_badge")
register.simple_tag(parts.badge, name="badge")
register.simple_tag(parts.moment, name="moment")
register.simple_tag(parts.figure, name="figure")
register.simple_tag(parts.dial, name="dial")
register.simple_tag(icons.icon, name="icon")
register.filter("area_name", area_name)


@register.simple_tag
def clock(
    due: dt.datetime | None,
    now: dt.datetime | None = None,
    done_at: dt.datetime | None = None,
    paused_at: dt.datetime | None = None,
    why: str = "",
) -> SafeString:
    """Show a running, soon due, overdue, paused or stopped clock."""
    return parts.clock(due, now or clock_now(), done_at=done_at, paused_at=paused_at, why=why)


@register.simple_tag
def clock_words() -> str:
    """Give the words by which a script keeps running clocks true."""
    return parts.clock_words(clock_now())


@register.filter
def in_words(text: Text | str | None) -> str:
    """Show a `Text` in the reader's language."""
    return say(text) if isinstance(text, Text) else text or ""


@register.simple_tag(takes_context=True)
def shown(context: dict[str, Any], field: str, value: Any) -> str:
    """Show a protected field as the reader's role may see it."""
    user = context["request"].user
    return protect.shown(field, str(value) if value else "", user.role)


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], permission: str) -> bool:
    """Tell whether the reader's role has a permission."""
    user = context["request"].user
    return bool(user.is_authenticated and roles.may(user.role, permission))


@register.simple_tag
def mark(row: Any) -> str:
    """Write the mark of what a row says, as it is sent along as ``seen`` when the row is chosen."""
    return f"{row.pk}:{mark_of(row)}"


@register.simple_tag
def act_label(code: str) -> str:
    """Show what stands on the button of a declared act."""
    return say(acts()[code].label)


@register.inclusion_tag("pages/why.html")
def why(url: str = "", text: Any = "", label: Any = "") -> dict[str, Any]:
    """Open the reason of a date or a category: `text` stands there at once, the rule behind it is loaded from `url`."""
    return {"url": url, "text": in_words(text), "label": label}


@register.inclusion_tag("pages/timeline.html")
def timeline(items: Iterable[dict[str, Any]], label: Any = "") -> dict[str, Any]:
    """Show what happened in its order: dicts with at, title and, if known, text, tone, url, end."""
    return {"items": list(items), "label": label}


@register.inclusion_tag("pages/facts.html")
def facts(items: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Show pairs of a label and a value as a description list."""
    return {"items": list(items)}


@register.simple_tag
def colon() -> str:
    """Part a label from its value as the reader's language writes it."""
    return "：" if current_lang() == "zh" else ": "


@register.simple_tag
def full_stop() -> str:
    """End a sentence, before the next, as the reader's language writes it."""
    return "。" if current_lang() == "zh" else ". "


@register.simple_tag
def refresh(url: str, seconds: int = 15) -> SafeString:
    """Give the attributes of an element that reloads itself; such a reload does not keep an idle session alive."""
    return format_html(
        'hx-get="{}" hx-trigger="every {}s" hx-swap="outerHTML" hx-headers="{}"',
        url,
        seconds,
        json.dumps({REFRESH_HEADER: "1"}),
    )


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """Return the page's query with some values replaced; an empty value takes one away, and the page starts anew."""
    kept = context["request"].GET.copy()
    for name in {"page", "export"} - changes.keys():
        kept.pop(name, None)
    for name, value in changes.items():
        if value in ("", None):
            kept.pop(name, None)
        else:
            kept[name] = value
    return f"?{kept.urlencode()}"


@register.filter
def starts(text: str, beginning: str) -> bool:
    """Tell whether a text starts with another."""
    return str(text or "").startswith(beginning)


@register.filter
def after(text: str, beginning: str) -> str:
    """Return what follows `beginning` in a text."""
    return str(text or "").removeprefix(beginning)


@register.filter
def sheet_numbers(sheet: Page[Any]) -> list[int]:
    """Return the numbers of the pages around a page; 0 stands for those left out between them."""
    shown = sheet.paginator.get_elided_page_range(sheet.number, on_each_side=2, on_ends=1)
    return [number if isinstance(number, int) else 0 for number in shown]
