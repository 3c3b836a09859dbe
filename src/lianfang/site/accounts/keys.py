"""Keys for machines: the list with revoking, and making one, whose secret is shown once."""

from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from lianfang.access import selectors
from lianfang.access.api_keys import MOST_DAYS, OWN, make_key, revoke_keys
from lianfang.access.core.roles import PERMISSIONS
from lianfang.access.models import Account, ApiKey
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.house import permissions
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.pages import columns, fields, parts
from lianfang.pages.filters import FilterSet, SearchFilter
from lianfang.pages.lists import BulkAction, Done, Empty, ListPage
from lianfang.pages.tables import Table

STATES = {"active": _("active"), "expired": _("expired"), "revoked": _("revoked")}


def state_of(key: ApiKey) -> str:
    """Return the state of a key as of now: a code of `STATES`."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at <= now() else "active"


def permission_words(code: str) -> str:
    """Return what a permission lets do, in the reader's language; its code where no room declares it any more."""
    found = permissions().get(code)
    return code if found is None else say(found.label)


class KeyTable(Table):
    """Keys, the newest first; never a secret."""

    prefix = columns.Text(
        _("Key"),
        shown=lambda record, table: f"lf_{record.prefix}_…",
        plain=lambda record, table: record.prefix,
        filed=lambda record, table: f"lf_{record.prefix}_…",
    )
    name = columns.Text(_("What for"))
    account = columns.Text(_("Acts as"), accessor="account__username")
    state = columns.Code(
        _("State"),
        words=lambda record, table: STATES[state_of(record)],
        code=lambda record, table: state_of(record),
        shown=lambda record, table: _state_badge(state_of(record)),
        accessor="expires_at",
        orderable=False,
    )
    permissions = columns.Text(
        _("Narrowed to"),
        shown=lambda record, table: say(Text("、", ", ")).join(map(permission_words, record.permissions)),
        orderable=False,
    )
    made_by = columns.Text(_("Made by"))
    made_at = columns.Moment(_("Made"))
    expires_at = columns.Moment(_("Valid until"))
    last_used_at = columns.Moment(_("Last used"))

    facts = {"permissions": "permissions", "revoked_at": "revoked_at"}

    class Meta(Table.Meta):
        model = ApiKey
        fields = (
            "prefix",
            "name",
            "account",
            "state",
            "permissions",
            "made_by",
            "made_at",
            "expires_at",
            "last_used_at",
        )


def _state_badge(state: str) -> str:
    return parts.badge(STATES[state], "good") if state == "active" else parts.badge(STATES[state], "neutral", "no")


class KeyFilter(FilterSet):
    """By prefix, purpose and account, and by state."""

    q = SearchFilter("prefix", "name", "account__username")
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=list(STATES.items()), empty_label=_("all"), method="in_state"
    )

    def in_state(self, rows: QuerySet[ApiKey], name: str, value: str) -> QuerySet[ApiKey]:
        """Keep the keys in a state as of now."""
        if value == "revoked":
            return rows.filter(revoked_at__isnull=False)
        over = Q(expires_at__lte=now())
        return rows.filter(over if value == "expired" else ~over, revoked_at=None)


class KeyList(ListPage):
    """The keys of the accounts that an administrator manages."""

    title = _("Keys for machines")
    audit_kind = "access.apikey"
    table_class = KeyTable
    filterset_class = KeyFilter
    template_name = "account/keys.html"
    actions: ClassVar[tuple[BulkAction, ...]] = (BulkAction("revoke", _("Revoke"), "account.manage", tone="danger"),)
    empty = Empty(
        title=_("There are no keys yet."),
        hint=_("A machine that calls the API needs one; it acts as an account, with its role and area."),
        link=lambda: reverse("key-new"),
        link_label=_("New key"),
        permission="account.manage",
    )

    def get_rows(self) -> QuerySet[ApiKey]:
        return selectors.api_keys(self.request.user)  # type: ignore[arg-type]

    def act(self, action: str, rows: QuerySet[Any], note: str) -> Done:
        ended = revoke_keys(keys=list(rows), at=now(), by=cast("Account", self.request.user))
        return Done(ngettext("%(n)d key is revoked.", "%(n)d keys are revoked.", ended) % {"n": ended})


class KeyForm(forms.Form):
    """A new key: as whom it acts, what for, how long, and to which permissions it is narrowed."""

    account = forms.ChoiceField(label=_("Acts as"), help_text=_("The key sees and may do what this account may."))
    name = fields.Words(label=_("What for"), max_length=80, help_text=_("Which machine, which programme."))
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=MOST_DAYS, initial=365)
    permissions = forms.MultipleChoiceField(
        label=_("Narrowed to"),
        required=False,
        choices=lambda: [(code, permission_words(code)) for code in PERMISSIONS if code != OWN],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick what the machine needs; nothing ticked: everything that the account may."),
    )

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = selectors.accounts(by).filter(is_active=True)
        if by.jurisdiction is not None:
            found = found.exclude(jurisdiction=None)
        self.fields["account"].choices = [(one.username, one.username) for one in found]  # type: ignore[attr-defined]


class NewKey(View):
    """Make a key; it is shown once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, KeyForm(by=cast("Account", request.user)))

    def post(self, request: HttpRequest) -> HttpResponse:
        by = cast("Account", request.user)
        form = KeyForm(request.POST, by=by)
        if form.is_valid():
            data = form.cleaned_data
            try:
                _made, key = make_key(
                    account=selectors.accounts(by).get(username=data["account"]),
                    name=data["name"],
                    days=data["days"],
                    permissions=data["permissions"],
                    at=now(),
                    by=by,
                )
            except Refused as refusal:
                form.add_error(None, say(refusal.text))
            else:
                words = gettext("New key, shown only once: %(key)s")
                messages.success(request, words % {"key": key})
                return redirect("key-list")
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: KeyForm) -> HttpResponse:
        context = {"title": _("New key"), "form": form, "cancel_url": reverse("key-list")}
        return render(request, "pages/formpage.html", context, status=422 if form.errors else 200)
