"""Small drawings that carry a state beside its colour and its word: each state has a shape of its own."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_PATHS = {
    "dot": '<circle cx="8" cy="8" r="4"/>',
    "done": '<path d="M2.5 8.5l3.5 3.5 7.5-8" fill="none" stroke="currentColor" stroke-width="2.4"/>',
    "no": '<path d="M3.5 3.5l9 9m0-9l-9 9" fill="none" stroke="currentColor" stroke-width="2.4"/>',
    "late": '<path d="M8 1.5L15 14H1z"/>',
    "soon": '<path d="M8 1l7 7-7 7-7-7z"/>',
    "running": '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2"/>'
    '<path d="M8 4.5V8l2.5 2" fill="none" stroke="currentColor" stroke-width="2"/>',
    "square": '<path d="M3 3h10v10H3z"/>',
    "ring": '<circle cx="8" cy="8" r="4.5" fill="none" stroke="currentColor" stroke-width="2"/>',
    "info": '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    '<path d="M8 7v5M8 4v1.8" stroke="currentColor" stroke-width="1.8"/>',
    "phone": '<path d="M4 1.5l2 3.5-1.6 1.4c.8 2 2.2 3.4 4.2 4.2L10 9l3.5 2-.8 3C7.5 14 2 8.5 2 3.3z"/>',
    "up": '<path d="M8 3l5 9H3z"/>',
    "down": '<path d="M8 13L3 4h10z"/>',
}


def icon(name: str) -> SafeString:
    """Return a drawing by name; it is hidden from screen readers, as a word always stands beside it.

    Raises
    ------
    KeyError
        When there is no such drawing.
    """
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="currentColor">{}</svg>',
        mark_safe(_PATHS[name]),  # noqa: S308 - from the table above
    )
