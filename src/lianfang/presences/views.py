"""The page "Presences": which lists were taken in, what they cover, whether each open outbreak was traced with them.

It holds numbers and names of lists, no person: looking at it is not recorded in the audit trail. An administrator sends
lists from it; they are taken in as tasks (`presences.tasks`).
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.selectors import last_runs, open_outbreaks
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.offers import offers_for
from lianfang.presences import keeping
from lianfang.presences.core.coverage import Coverage
from lianfang.presences.selectors import presences_since
from lianfang.presences.stock import stock_of
from lianfang.presences.tasks import ask_ingest
from lianfang.records.tasks.uploads import NO_FILE

BAR, HEIGHT = 10, 100
"""Width of a day and height of the fullest one in the picture, in its own units."""


class Bar(NamedTuple):
    """A day of the picture."""

    x: int
    y: int
    height: int
    words: str


def presences_page(request: ScopedRequest) -> HttpResponse:
    """Show what the presence store holds, from its manifest; three queries for the outbreaks, whatever there is."""
    context: dict[str, Any] = {"title": _("Presences")}
    try:
        stock = stock_of(keeping.manifest())
    except Refused as refusal:
        context["trouble"] = say(refusal.text)
    except OSError:
        context["trouble"] = _("The store of presences cannot be read. Ask whoever operates the server.")
    else:
        shown = stock.coverage.days
        context |= {
            "stock": stock,
            "figures": [
                (grouped(stock.rows), _("Presences"), ""),
                (grouped(stock.persons), _("People named"), _("different ids")),
                (grouped(stock.places), _("Places named"), _("different ids")),
                (grouped(stock.coverage.covered), _("Days covered"), ""),
                (grouped(stock.retracted), _("People taken out"), ""),
            ],
            "lists": [(one, grouped(one.rows), grouped(one.refused)) for one in stock.lists],
            "more_lists": stock.list_count - len(stock.lists),
            "bars": bars(stock.coverage),
            "width": BAR * len(shown),
            "height": HEIGHT,
            "days": [(one.day, grouped(one.rows)) for one in reversed(shown)],
            "most": grouped(max((one.rows for one in shown), default=0)),
            "earlier": grouped(stock.coverage.earlier),
            "later": grouped(stock.coverage.later),
        }
    context["outbreaks"] = [
        (
            outbreak,
            run,
            "never" if run is None else presences_since(run),
            offers_for(request, "outbreaks.outbreak", outbreak.code),
        )
        for outbreak, run in last_runs(open_outbreaks(request.scope))
    ]
    return render(request, "presences/presences.html", context)


@require_POST
def ingest(request: ScopedRequest) -> HttpResponseBase:
    """Keep a list that was sent, and lead to the task that takes it in."""
    sent = request.FILES.get("list")
    try:
        if sent is None:
            raise Refused(NO_FILE)
        task = ask_ingest(name=sent.name or "", pieces=sent.chunks(), by=request.account, at=now())
    except Refused as refusal:
        messages.error(request, say(refusal.text))
        answer = redirect("presences")
    else:
        answer = redirect(f"{settings.TASK_PAGES}{task.pk}/")
    answer.status_code = 303
    return answer


def bars(known: Coverage) -> list[Bar]:
    """Return the days of a picture as bars; the smallest that has presences can still be seen."""
    drawn = []
    for n, one in enumerate(known.days):
        height = max(round(HEIGHT * one.share), 2) if one.rows else 0
        drawn.append(Bar(BAR * n, HEIGHT - height, height, f"{one.day.isoformat()} · {grouped(one.rows)}"))
    return drawn


def grouped(number: int) -> str:
    """Return a whole number with its thousands parted, as both languages of the pages write it."""
    return f"{number:,}"
