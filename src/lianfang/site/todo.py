"""The page "to do": what waits for the reader's role, each worklist with its number, leading to its rows."""

from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.core.roles import may
from lianfang.access.times import now, to_local
from lianfang.access.words import say
from lianfang.house import declared
from lianfang.kernel.declare import Worklist
from lianfang.outbreaks.selectors import find_outbreak, open_outbreaks
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.worklists import count_of, query_of


@cache
def worklists() -> tuple[Worklist, ...]:
    """Return every worklist of the house, in the order in which they are shown."""
    return tuple(one for room in declared().values() for one in room.worklists)


@dataclass(frozen=True)
class Line:
    """One worklist as the page shows it.

    Attributes
    ----------
    count : int
        How many rows wait.
    url : str
        The list of exactly these rows.
    """

    worklist: Worklist
    count: int
    url: str

    @property
    def note(self) -> str:
        """Which rows stand in it, and by when they are to be done, in the reader's language."""
        words = say(self.worklist.definition)
        return f"{words} {say(self.worklist.due)}" if self.worklist.due else words


def lines_for(request: ScopedRequest, outbreak: str | None) -> list[Line]:
    """Return the worklists of the reader's role with their numbers: one or two queries each, whatever the rows."""
    at = now().replace(microsecond=0)
    role = request.account.role
    lines = []
    for one in worklists():
        if role in one.roles and may(role, one.permission):
            query = urlencode(query_of(one, at=to_local(at), outbreak=outbreak))
            url = f"{reverse(one.route)}?{query}" if query else reverse(one.route)
            lines.append(Line(one, count_of(one)(request.scope, at, outbreak), url))
    return lines


def todo(request: ScopedRequest) -> HttpResponse:
    """Show what waits for the reader's role; of one outbreak (``outbreak``), or of all."""
    asked = request.GET.get("outbreak", "")
    chosen = find_outbreak(asked, request.scope) if asked else None
    if asked and chosen is None:
        raise Http404
    lines = lines_for(request, chosen.code if chosen else None)
    context = {
        "title": _("To do"),
        "outbreak": chosen,
        "outbreaks": list(open_outbreaks(request.scope)),
        "waiting": [line for line in lines if line.count],
        "done": [line for line in lines if not line.count],
        "seconds": 60,
    }
    return render(request, "site/todo_part.html" if request.htmx else "site/todo.html", context)
