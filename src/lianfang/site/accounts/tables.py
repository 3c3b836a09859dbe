"""Tables and filters of accounts and the audit trail."""

import json
from functools import cached_property

import django_filters
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import Role
from lianfang.access.models import Account, AuditEntry
from lianfang.access.words import choices, say
from lianfang.house import audit_kinds
from lianfang.kernel.text import Text
from lianfang.pages import columns, parts
from lianfang.pages.filters import DayRangeFilter, FilterSet, SearchFilter
from lianfang.pages.tables import Table
from lianfang.site.accounts import sentences

ACTS = {
    "read": _("read"),
    "write": _("changed"),
    "export": _("exported"),
    "sign-in": _("session"),
    "refused": _("refused"),
}


class AccountTable(Table):
    """Accounts: who may do what, where."""

    username = columns.Text(_("User name"))
    name = columns.Text(_("Name"))
    role = columns.Label(_("Role"), Role)
    jurisdiction = columns.Area(_("Area"), short=True, order_by="jurisdiction__name")
    is_active = columns.YesNo(_("State"), yes=_("active"), no=_("disabled"), badge=True)
    last_login = columns.Moment(_("Last sign-in"))

    class Meta(Table.Meta):
        model = Account
        fields = ("username", "name", "role", "jurisdiction", "is_active", "last_login")


class AccountFilter(FilterSet):
    """By name, role and state."""

    q = SearchFilter("username", "name")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=choices(Role), empty_label=_("all"))
    is_active = django_filters.ChoiceFilter(
        label=_("State"), choices=[("True", _("active")), ("False", _("disabled"))], empty_label=_("all")
    )


def _kind(entry: AuditEntry) -> str:
    """Return what an entry is about, in words; its code where no room declares it any more."""
    known = audit_kinds().get(entry.kind)
    return say(known.label) if known else entry.kind


class AuditTable(Table):
    """The audit trail, line by line."""

    number = columns.Number(_("No."))
    at = columns.Moment(_("Time"))
    said = columns.Text(
        _("What was done"),
        shown=lambda record, table: table.sentence_of(record),
        plain=lambda record, table: table.sentence_of(record),
        accessor="pk",
        orderable=False,
        attrs={"td": {"class": "reason"}},
    )
    actor = columns.Text(_("Who"))
    act = columns.Code(
        _("Act"),
        words=lambda record, table: _act(record),
        shown=lambda record, table: parts.badge(_act(record), "bad", "no") if record.act == "refused" else _act(record),
    )
    kind = columns.Code(_("Object"), words=lambda record, table: _kind(record))
    key = columns.Text(_("Key"))
    detail = columns.Text(
        _("Details"),
        shown=lambda record, table: _folded(_detail(record)),
        plain=lambda record, table: _detail(record),
        orderable=False,
    )

    facts = {"detail": "detail"}

    class Meta(Table.Meta):
        model = AuditEntry
        fields = ("number", "at", "said", "actor", "act", "kind", "key", "detail")

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of accounts, by user name; one query for all rows."""
        return dict(Account.objects.exclude(name="").values_list("username", "name"))

    def sentence_of(self, record: AuditEntry) -> str:
        """Return who did what, as a sentence."""
        who, what = say(sentences.who(record.actor, self.names)), say(sentences.told(record))
        return say(Text("{who}{what}。", "{who} {what}.")).format(who=who, what=what)


def _act(entry: AuditEntry) -> str:
    return str(ACTS.get(entry.act, entry.act))


def _detail(entry: AuditEntry) -> str:
    return json.dumps(entry.detail, ensure_ascii=False, sort_keys=True)


def _folded(text: str) -> str:
    if len(text) <= 60:
        return text
    return format_html("<details><summary>{}…</summary><code>{}</code></details>", text[:40], text)


class AuditFilter(FilterSet):
    """By who, act, what and day."""

    q = SearchFilter("actor", "key", "kind", label=_("Who, what or key"))
    act = django_filters.ChoiceFilter(label=_("Act"), choices=list(ACTS.items()), empty_label=_("all"))
    at = DayRangeFilter(label=_("Day"))
