"""Carrying out a declared act from a page: what was ticked, what was seen there, a summary where it is much, undo.

Every page posts the same fields: ``action`` (the code of the act), ``keys``, ``seen`` (``key:mark`` of each row that
was shown), ``note``, what the act is given beside it, and ``next``. A list may send ``all=1`` with ``moment`` instead
of the keys. Where more than `SUMMARY_ABOVE` rows would change, the answer is a page that says so and asks again; it
works without scripts.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.rules import record_refusal
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.house import acts, subjects
from lianfang.kernel.declare import Act
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.pages.keys import row_keys, seen_rows
from lianfang.pages.preferences import safe_next
from lianfang.records.acts import NotAgreed, Prepared, carry_out, prepare
from lianfang.records.seen import Seen

PART = "parts"
"""Id of the element of a page that is decided upon and loaded anew by itself: the open tab of `pages.objectpage`."""

SUMMARY_ABOVE = 20
"""So many rows are changed at once without asking again."""


@dataclass(frozen=True)
class Done:
    """What an action came to: a sentence for the reader, and the change by which it is undone, where it can be."""

    text: str
    change_id: uuid.UUID | None = None


def tell(request: HttpRequest, done: Done) -> None:
    """Show what was done on the next page, with a button that undoes it."""
    messages.success(request, done.text, extra_tags=f"undo:{done.change_id}" if done.change_id else "")


def nothing_chosen(request: HttpRequest) -> None:
    """Say on the next page that a button was pressed and nothing was ticked."""
    messages.warning(request, _("No row is chosen. Tick the rows first, then press the button again."))


@require_POST
def act_view(request: HttpRequest) -> HttpResponseBase:
    """Carry out an act upon the rows that a page names, and lead back to the page."""
    act = acts().get(request.POST.get("action", ""))
    if act is None or not act.plan:
        return HttpResponseBadRequest(_("There is no such action on this page."))
    back = safe_next(request)
    target = getattr(getattr(request, "htmx", None), "target", "")
    return answer_act(
        request, act, lambda: sent_keys(act, request.POST), back=back, part=PART if target == PART else ""
    )


def sent_keys(act: Act, post: QueryDict) -> list[Any]:
    """Return the keys that were sent; what is no key of such a row is left out."""
    sent = post.getlist("keys")
    key = apps.get_model(act.subject)._meta.pk
    return list(row_keys(sent)) if isinstance(key, models.IntegerField) else [one for one in sent if one]


def answer_act(
    request: HttpRequest, act: Act, keys: Callable[[], Iterable[Any]], *, back: str, part: str = ""
) -> HttpResponseBase:
    """Carry out an act as a page asks for it, or ask first where much would change.

    Parameters
    ----------
    request : HttpRequest
        Of somebody signed in, with what `lianfang.pages.acting` tells of.
    act : Act
        With a plan.
    keys : callable
        Gives the keys; called once the permission is known.
    back : str
        Address on this site that is shown afterwards; also where the summary leads when it is not agreed to.
    part : str
        Id of the element whose place the summary takes, such as the list; empty: it is a page.

    Raises
    ------
    PermissionDenied
        When the account has not the act's permission; the refusal stands in the audit trail.
    """
    by = cast("Account", request.user)
    if not may(by.role, act.permission):
        record_refusal(request, act.permission)
        raise PermissionDenied(act.permission)
    answer = redirect(back)
    answer.status_code = 303
    chosen = list(keys())
    if not chosen:
        nothing_chosen(request)
        return answer
    try:
        given = {name: request.POST.get(name, "") for name in act.given}
        asked = _Asked(act.code, chosen, by, now(), request.POST.get("note", ""), given, _seen(act, request.POST))
        agreed = request.POST.get("agreed", "") if request.POST.get("confirmed") == "1" else ""
        if not agreed and (prepared := prepare(**asked.words())).rows > SUMMARY_ABOVE:
            return _summary(request, act, prepared, back=back, part=part)
        try:
            done = carry_out(**asked.words(), agreed=agreed)
        except NotAgreed as refusal:
            changed = prepare(**asked.words())
            return _summary(request, act, changed, back=back, part=part, problem=refusal.text)
        tell(request, Done(_joined(done.said), done.change.pk))
    except Refused as refusal:
        messages.error(request, say(refusal.text))
    return answer


@dataclass(frozen=True)
class _Asked:
    act: str
    keys: list[Any]
    by: Account
    at: dt.datetime
    note: str
    given: Mapping[str, Any]
    seen: Seen

    def words(self) -> dict[str, Any]:
        return dict(vars(self))


def _seen(act: Act, post: QueryDict) -> Seen:
    if post.get("all") != "1":
        return Seen(seen_rows(post.getlist("seen")))
    moments = row_keys([post.get("moment", "")])
    if not moments:
        raise Refused(
            Text(
                "无法确认您看到的是哪些记录，请刷新页面后再操作",
                "what you saw is not known; reload the page, then decide",
            )
        )
    return Seen(number=moments[0])


def _summary(
    request: HttpRequest, act: Act, prepared: Prepared, *, back: str, part: str, problem: Text | None = None
) -> HttpResponseBase:
    whole = request.POST.get("all") == "1"
    repeated = ("action", "note", "next", "all", "moment", *act.given) + (() if whole else ("keys", "seen"))
    sent = [(name, value) for name in repeated for value in request.POST.getlist(name)]
    parts = [
        (say(part.act.label), say(_count(part.act).format(n=len(part.changed))))
        for part in (prepared.part, *prepared.followed)
        if part.changed
    ]
    left = [say(text) for part in prepared.followed for text in part.told()]
    if prepared.part.left:
        left.append(_("Stands so already: %(what)s") % {"what": _counted(act, len(prepared.part.left))})
    if prepared.unseen:
        left.append(
            _("Changed after you opened the page, left out: %(what)s") % {"what": _counted(act, prepared.unseen)}
        )
    context = {
        "title": _("Check before you decide: %(act)s") % {"act": say(act.label)},
        "act": act,
        "label": say(act.label),
        "parts": parts,
        "rows": prepared.rows,
        "left": left,
        "note": request.POST.get("note", "").strip(),
        "sent": [*sent, ("confirmed", "1"), ("agreed", prepared.mark)],
        "back": back,
        "address": request.get_full_path(),
        "problem": say(problem) if problem else "",
        "target": part,
    }
    return render(request, "pages/act_part.html" if part else "pages/act.html", context)


def _counted(act: Act, number: int) -> str:
    return say(_count(act).format(n=number))


def _count(act: Act) -> Any:
    return subjects()[act.subject.lower()].count


def _joined(sentences: Iterable[Text]) -> str:
    return " ".join(say(one) for one in sentences)


__all__ = ["SUMMARY_ABOVE", "Done", "act_view", "answer_act", "nothing_chosen", "sent_keys", "tell"]
