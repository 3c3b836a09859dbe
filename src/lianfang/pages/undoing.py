"""The way back from a change: the button beside what was said to be done."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext

from lianfang.access.rules import ScopedRequest
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.pages.preferences import safe_next
from lianfang.records.changes import undo_change


def undo(request: ScopedRequest, change_id: uuid.UUID) -> HttpResponse:
    """Put back what stood before a change, and go on where the reader was."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        change = undo_change(change_id=change_id, by=request.account, at=now())
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    else:
        messages.info(request, gettext("Undone: %(n)s rows stand as before.") % {"n": len(change.rows)})
    back = redirect(safe_next(request))
    back.status_code = 303
    return back
