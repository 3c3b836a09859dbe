"""Beginning in a real office, step by step: the first account, areas, accounts by role, lists."""

import csv
import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import may
from lianfang.access.selectors import jurisdictions
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import open_outbreaks
from lianfang.pages.acting import Done
from lianfang.pages.fields import NO_CHOICE, Area, area_options
from lianfang.pages.formpage import FormPage, Saved
from lianfang.pages.lists import ScopedRequest
from lianfang.records.tasks.uploads import NO_FILE
from lianfang.setup import services
from lianfang.setup.areas import make_areas
from lianfang.setup.core.steps import is_ready, stands
from lianfang.setup.forms import AccountRows, FirstForm, OutlineForm
from lianfang.setup.kinds import KINDS, Kind
from lianfang.setup.selectors import figures

_WAYS = {
    "areas": ("setup.areas", "setup-areas", ()),
    "accounts": ("account.manage", "setup-accounts", ()),
    "people": ("setup.register", "setup-list", ("people",)),
    "households": ("setup.register", "setup-lists", ()),
    "places": ("setup.register", "setup-list", ("places",)),
    "presences": ("presence.view", "presences", ()),
    "outbreaks": ("outbreak.manage", "outbreak-open", ()),
}
"""Where each step is taken, and who may."""


def show_steps(request: ScopedRequest) -> HttpResponse:
    """Show what is there and what is missing, with what it would bring."""
    counts = figures(request.account)
    role = request.account.role
    rows = []
    for one in stands(counts):
        permission, route, args = _WAYS[one.step.code]
        url = reverse(route, args=args) if one.can_begin and may(role, permission) else ""
        rows.append({"stand": one, "url": url, "count": f"{one.count:,}"})
    context = {"title": _("Set-up"), "rows": rows, "ready": is_ready(counts)}
    return render(request, "setup/steps.html", context)


class FirstAccount(FormPage):
    """Make the first account of an installation; the page is there until somebody has one."""

    title, form_class = _("Set up Lianfang"), FirstForm
    intro = _("You make the first account, the administrator's. With it you make areas and the accounts of the others.")
    submit = _("Make the account")
    error_field = "username"

    def prepare(self) -> None:
        if services.is_begun():
            raise Http404
        if self.request.method != "POST" and not services.is_setup_code(self.request.GET.get("code", "")):
            raise Http404

    def get_initial(self) -> dict[str, Any]:
        return {"code": self.request.GET.get("code", "")}

    def save(self, form: FirstForm) -> Saved:
        data = form.cleaned_data
        made = services.first_account(
            code=data["code"], username=data["username"], name=data["name"], password=data["password"], at=now()
        )
        login(self.request, made, backend="allauth.account.auth_backends.AuthenticationBackend")
        return Saved(reverse("setup"), Done(gettext("Your account is made, and you are signed in.")))


class MakeAreas(FormPage):
    """Type the tree of areas."""

    title, form_class = _("Make areas"), OutlineForm
    template_name = "setup/areas.html"
    submit = _("Make these areas")
    error_field = "outline"

    def get_initial(self) -> dict[str, Any]:
        """Show the tree as it stands, to be lengthened."""
        listed = list(jurisdictions(self.request.scope))
        if not listed:
            return {}
        least = min(area.path.count("/") for area in listed)
        lines = []
        for area in listed:
            english = f" / {area.name_en}" if area.name_en else ""
            lines.append("    " * (area.path.count("/") - least) + f"{area.code} {area.name}{english}")
        return {"outline": "\n".join(lines), "top": listed[0].level}

    def save(self, form: OutlineForm) -> Saved:
        data = form.cleaned_data
        number = make_areas(outline=data["outline"], top=data["top"], by=self.request.account, at=now())
        return Saved(reverse("setup"), Done(gettext("The outline has %(n)s areas, and all are there.") % {"n": number}))

    def get_cancel_url(self) -> str:
        return reverse("setup")


def make_accounts(request: ScopedRequest) -> HttpResponse:
    """Suggest an account for each role and each township; the passwords of those that are made are shown once."""
    made: list[services.Made] = []
    status = 200
    suggested = [{"make": True, **one._asdict()} for one in services.suggested_accounts(request.account)]
    rows = AccountRows(request.POST if request.method == "POST" else None, initial=suggested, prefix="a")
    areas = [NO_CHOICE, *area_options(jurisdictions(request.scope))]
    for form in rows.forms:
        for field in form.fields.values():
            if isinstance(field, Area):
                field.choices = areas
    problem = ""
    if request.method == "POST":
        status = 422
        if rows.is_valid():
            wanted = [
                services.NewAccount(data["username"].strip(), data["name"], data["role"], data["area"])
                for data in rows.cleaned_data
                if data.get("make")
            ]
            try:
                if not wanted:
                    raise Refused(Text("请至少勾选一个账号", "choose one account at least"))
                made = services.make_accounts(wanted=wanted, by=request.account, at=now())
                status = 200
            except Refused as refusal:
                problem = say(refusal.text)
    context = {"title": _("Accounts by role"), "rows": rows, "made": made, "problem": problem}
    answer = render(request, "setup/accounts.html", context, status=status)
    answer["Cache-Control"] = "no-store"  # passwords stand on it
    return answer


def show_lists(request: ScopedRequest) -> HttpResponse:
    """Show which lists can be loaded, with their columns."""
    kinds = [kind for kind in KINDS.values() if may(request.account.role, kind.permission)]
    return render(request, "setup/lists.html", {"title": _("Load lists"), "kinds": [_shown(kind) for kind in kinds]})


def load_list(request: ScopedRequest, kind: str) -> HttpResponseBase:
    """Show the form by which a list is sent; keep what was sent, and lead to the task that loads it."""
    found = _kind(request, kind)
    outbreaks = list(open_outbreaks(request.scope)) if found.into_outbreak else []
    context: dict[str, Any] = {
        "title": _("Load a list"),
        "kind": _shown(found),
        "outbreaks": outbreaks,
        "chosen": request.POST.get("outbreak", ""),
    }
    if request.method != "POST":
        return render(request, "setup/list.html", context)
    sent = request.FILES.get("list")
    try:
        if sent is None:
            raise Refused(NO_FILE)
        task = services.ask_list(
            kind=kind,
            name=sent.name or "",
            pieces=sent.chunks(),
            by=request.account,
            at=now(),
            outbreak=request.POST.get("outbreak", ""),
            url=reverse("setup"),
        )
    except Refused as refusal:
        messages.error(request, say(refusal.text))
        return render(request, "setup/list.html", context, status=422)
    answer = redirect(f"{settings.TASK_PAGES}{task.pk}/")
    answer.status_code = 303
    return answer


def template(request: ScopedRequest, kind: str) -> HttpResponse:
    """Give an empty list of a kind, with its columns, to be filled in."""
    found = _kind(request, kind)
    text = io.StringIO()
    csv.writer(text).writerow(found.schema.names)
    answer = HttpResponse(b"\xef\xbb\xbf" + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.code}.csv"'
    return answer


def _kind(request: ScopedRequest, code: str) -> Kind:
    found = KINDS.get(code)
    if found is None or not may(request.account.role, found.permission):
        raise Http404
    return found


def _shown(kind: Kind) -> dict[str, Any]:
    needed = [column.name for column in kind.schema.columns if column.required]
    others = [column.name for column in kind.schema.columns if not column.required]
    return {"code": kind.code, "title": say(kind.title), "needed": needed, "others": others, "into": kind.into_outbreak}
