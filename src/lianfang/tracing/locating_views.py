"""The limit to locate a contact, on the contact's page: pause it, let it go on, hand it on."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.access.models import Account
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.pages.lists import Done, tell
from lianfang.tracing import services


@require_POST
def change_limit(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """Pause, resume or escalate the limit to locate a contact: ``action``, ``note``."""
    by, at = cast("Account", request.user), now()
    action, note = request.POST.get("action", ""), request.POST.get("note", "")
    try:
        if action == "escalate":
            change, words = services.escalate_locating(ids=[contact_id], by=by, at=at, to=note), _("It is escalated.")
        elif action == "resume":
            change, words = services.resume_locating(ids=[contact_id], by=by, at=at), _("The clock goes on.")
        else:
            change = services.pause_locating(ids=[contact_id], by=by, at=at, reason=note)
            words = _("The clock is paused.")
        tell(request, Done(words, change.pk))
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    answer = redirect("contact", contact_id)
    answer.status_code = 303
    return answer
