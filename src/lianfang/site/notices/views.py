"""What the reader should know: the page, the count in the head of every page, and marking as read."""

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from lianfang.access.models import Account
from lianfang.access.times import now
from lianfang.pages.preferences import safe_next
from lianfang.records.notices import selectors, services

PER_PAGE = 50


def notice_page(request: HttpRequest) -> HttpResponse:
    """Show the reader's notices, newest first, those not yet read marked."""
    account, at = cast("Account", request.user), now()
    only_new = request.GET.get("new") == "1"
    rows = selectors.unread_for(account, at=at) if only_new else selectors.notices_for(account, at=at)
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Notices"),
        "shown": shown,
        "only_new": only_new,
        "unread": selectors.unread_count(account, at=at),
    }
    return render(request, "site/notices.html", context)


def count_part(request: HttpRequest) -> HttpResponse:
    """Show how many notices are not read yet; loaded by every page after it stands, so that no page waits for it."""
    unread = selectors.unread_count(cast("Account", request.user), at=now())
    return render(request, "site/notice_count.html", {"unread": unread})


def read(request: HttpRequest) -> HttpResponseBase:
    """Mark one notice as read and go where it leads, or all of them."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    account, sent = cast("Account", request.user), request.POST.get("notice", "")
    if request.POST.get("all") == "1":
        services.mark_read(account=account, at=now())
    elif sent.isascii() and sent.isdigit() and len(sent) < 19:
        notice = selectors.notices_for(account, at=now()).filter(pk=int(sent)).first()
        services.mark_read(account=account, at=now(), ids=[int(sent)])
        if notice is not None and notice.url and request.POST.get("go") == "1":
            return _to(notice.url)
    return _to(safe_next(request))


def _to(address: str) -> HttpResponseBase:
    answer = redirect(address)
    answer.status_code = 303
    return answer
