"""The reader's own account, the accounts an administrator manages, and the audit trail."""

from typing import Any, ClassVar

from django.contrib.auth import update_session_auth_hash
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access import audit, selectors, services
from lianfang.access.middleware import IdleSession
from lianfang.access.models import Account, AuditEntry
from lianfang.access.times import now
from lianfang.kernel.text import Counted
from lianfang.pages.acting import Done
from lianfang.pages.formpage import FormPage, Saved
from lianfang.pages.lists import BulkAction, ListPage, ScopedRequest
from lianfang.records.selectors import last_changes
from lianfang.site.accounts import sentences
from lianfang.site.accounts.forms import AccountForm, PasswordForm
from lianfang.site.accounts.tables import AccountFilter, AccountTable, AuditFilter, AuditTable


def own_account(request: ScopedRequest) -> HttpResponse:
    """Show who is signed in, with which role, and what was last done."""
    account = request.account
    context = {
        "title": _("My account"),
        "account": account,
        "changes": [(change, sentences.change_told(change)) for change in last_changes(account)],
    }
    return render(request, "account/own.html", context)


def wall(request: ScopedRequest) -> HttpResponse:
    """Turn this session into that of a wall screen: it stays signed in while it only looks."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    request.session[IdleSession.WALL] = True
    scope = request.scope
    audit.record(actor=scope.name, act="sign-in", kind="session", key="wall screen", at=now())
    return redirect("home")


class OwnPassword(FormPage):
    """Change one's own password."""

    title = _("Change password")
    form_class = PasswordForm
    error_field = "new"

    def get_form_args(self) -> dict[str, Any]:
        return {"account": self.request.account}

    def save(self, form: PasswordForm) -> Saved:
        services.change_password(
            account=self.request.account,
            password=form.cleaned_data["new"],
            at=now(),
            by=self.request.scope,
            keep=self.request.session.session_key,
        )
        update_session_auth_hash(self.request, self.request.account)
        return Saved(reverse("account"), Done(gettext("The password is changed; all other sessions were ended.")))

    def get_cancel_url(self) -> str:
        return reverse("account")


class AccountList(ListPage):
    """The accounts that an administrator manages."""

    title = _("Accounts")
    rows_are = Counted("{n} 人", "{n} person", "{n} people")
    audit_kind = "access.account"
    table_class = AccountTable
    filterset_class = AccountFilter
    template_name = "account/list.html"
    actions: ClassVar[tuple[BulkAction, ...]] = (
        BulkAction("password", _("New password"), "account.manage"),
        BulkAction("enable", _("Enable"), "account.manage"),
        BulkAction("disable", _("Disable"), "account.manage", tone="danger"),
    )

    def get_rows(self) -> QuerySet[Account]:
        return selectors.accounts(self.request.account)

    def act(self, action: str, rows: QuerySet[Any], note: str) -> Done:
        chosen = list(rows[:51])
        if len(chosen) > 50 or (action == "password" and len(chosen) > 1):
            return Done(gettext("Choose fewer accounts: one for a new password, else at most 50."))
        for account in chosen:
            if action == "password":
                password = services.make_password()
                services.change_password(account=account, password=password, at=now(), by=self.request.scope)
                words = gettext("New password of %(name)s, shown only once: %(password)s")
                return Done(words % {"name": account.username, "password": password})
            services.set_account_active(account=account, active=action == "enable", at=now(), by=self.request.scope)
        names = ", ".join(account.username for account in chosen)
        return Done((gettext("Enabled: %s") if action == "enable" else gettext("Disabled: %s")) % names)


class NewAccount(FormPage):
    """Make an account; its first password is shown once."""

    title = _("New account")
    form_class = AccountForm
    error_field = "username"

    def get_form_args(self) -> dict[str, Any]:
        return {"by": self.request.account}

    def save(self, form: AccountForm) -> Saved:
        password = services.make_password()
        data = form.cleaned_data
        account = services.create_account(
            username=data["username"],
            name=data["name"],
            role=data["role"],
            jurisdiction=data["jurisdiction"] or None,
            password=password,
            at=now(),
            by=self.request.scope,
        )
        words = gettext("New password of %(name)s, shown only once: %(password)s")
        return Saved(reverse("account-list"), Done(words % {"name": account.username, "password": password}))

    def get_cancel_url(self) -> str:
        return reverse("account-list")


class AuditTrail(ListPage):
    """Who read, changed, exported or was refused what."""

    title = _("Audit trail")
    audit_kind = "access.auditentry"
    table_class = AuditTable
    filterset_class = AuditFilter
    template_name = "account/audit.html"

    def get_rows(self) -> QuerySet[AuditEntry]:
        return selectors.audit_entries()

    def get_context(self) -> dict[str, Any]:
        return {"head": audit.trail_head()}
