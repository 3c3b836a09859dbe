"""Panels as sections: those above the tabs, and those of the tab that is open."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from lianfang.access.core.roles import may
from lianfang.access.rules import ScopedRequest
from lianfang.kernel.declare import Panel, load_named
from lianfang.kernel.text import Text
from lianfang.pages.panels import Content


@dataclass(frozen=True)
class Section:
    """A panel as it stands on the page."""

    code: str
    title: Text
    html: SafeString | str
    content: Content | None

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width."""
        return self.content is not None and self.content.wide

    @property
    def heading(self) -> bool:
        """Whether the page writes the heading."""
        return self.content is None or self.content.heading

    @property
    def count(self) -> int | None:
        """The number behind the heading."""
        return None if self.content is None else self.content.count


def _html_of(shown: Content | str, request: ScopedRequest) -> SafeString | str:
    """Return what a panel shows as HTML; a text is escaped unless it is marked as safe."""
    if isinstance(shown, Content):
        return render_to_string(shown.template, dict(shown.context), request=request)
    return conditional_escape(shown)


def sections_of(request: ScopedRequest, panels: Iterable[Panel], key: str) -> list[Section]:
    """Return the panels that the reader may see as sections, in order; those with nothing to show are left out."""
    found: list[Section] = []
    for panel in panels:
        if not may(request.account.role, panel.permission):
            continue
        shown = load_named(panel.content)(request, key)
        if shown:
            content = shown if isinstance(shown, Content) else None
            found.append(Section(panel.code, panel.title, _html_of(shown, request), content))
    return found


def named_in(sections: Iterable[Section]) -> dict[str, list[Any]]:
    """Return what the audit trail names of what sections show, each once; keys of rows by the code of their panel."""
    found: dict[str, set[Any]] = {}
    for one in sections:
        if one.content is None:
            continue
        if one.content.keys:
            found.setdefault(one.code, set()).update(one.content.keys)
        for what, keys in one.content.named.items():
            found.setdefault(what, set()).update(keys)
    return {what: sorted(keys) for what, keys in found.items()}


def scripts_of(sections: Iterable[Section]) -> list[str]:
    """Return the modules that sections need, each once, in the order in which they are named."""
    return list(dict.fromkeys(name for one in sections if one.content for name in one.content.scripts))


__all__ = ["Section", "named_in", "scripts_of", "sections_of"]
