"""The limit to locate a contact, on the contact's page: pause it, let it go on, hand it on."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from lianfang.access.rules import ScopedRequest
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.house import acts
from lianfang.kernel.errors import Refused
from lianfang.pages.acting import Done, tell
from lianfang.tracing import services

_ACTS = {"pause": "clock.pause", "resume": "clock.resume", "escalate": "clock.escalate"}


@require_POST
def change_limit(request: ScopedRequest, contact_id: int) -> HttpResponseBase:
    """Pause, resume or escalate the limit to locate a contact: ``action``, ``note``."""
    act = _ACTS.get(request.POST.get("action", ""), "clock.pause")
    note = request.POST.get("note", "")
    try:
        change = services.act_on_locating(act=act, ids=[contact_id], by=request.account, at=now(), note=note)
        tell(request, Done(say(acts()[act].done.format(n=1)), change.pk))
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    answer = redirect(f"{reverse('contact', args=[contact_id])}?tab=limit")
    answer.status_code = 303
    return answer
