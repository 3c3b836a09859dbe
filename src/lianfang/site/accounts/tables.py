"""Tables and filters of accounts and the audit trail."""

import json
from typing import Any

import django_filters
import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import Role
from lianfang.access.models import Account, AuditEntry
from lianfang.access.words import choices
from lianfang.pages import parts
from lianfang.pages.filters import DayRangeFilter, FilterSet, SearchFilter
from lianfang.pages.tables import Table
from lianfang.registry.selectors import area_name

ACTS = {
    "read": _("read"),
    "write": _("changed"),
    "export": _("exported"),
    "sign-in": _("session"),
    "refused": _("refused"),
}


class AccountTable(Table):
    """Accounts: who may do what, where."""

    username = tables.Column(verbose_name=_("User name"))
    name = tables.Column(verbose_name=_("Name"))
    role = tables.Column(verbose_name=_("Role"))
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__name")
    is_active = tables.Column(verbose_name=_("State"))
    last_login = tables.Column(verbose_name=_("Last sign-in"))

    codes = {"role": "role", "jurisdiction": "jurisdiction_id"}
    facts = {"is_active": "is_active"}

    class Meta(Table.Meta):
        model = Account
        fields = ("username", "name", "role", "jurisdiction", "is_active", "last_login")

    def render_role(self, value: str) -> str:
        return parts.word("Role", value)

    def render_jurisdiction(self, value: Any) -> str:
        return area_name(value)

    def render_is_active(self, value: bool) -> str:
        return parts.badge(gettext("active"), "good") if value else parts.badge(gettext("disabled"), "neutral", "no")

    def value_is_active(self, value: bool) -> str:
        return gettext("active") if value else gettext("disabled")

    def render_last_login(self, value: Any) -> str:
        return parts.moment(value)

    def value_last_login(self, value: Any) -> Any:
        return value


class AccountFilter(FilterSet):
    """By name, role and state."""

    q = SearchFilter("username", "name")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=choices(Role), empty_label=_("all"))
    is_active = django_filters.ChoiceFilter(
        label=_("State"), choices=[("True", _("active")), ("False", _("disabled"))], empty_label=_("all")
    )


class AuditTable(Table):
    """The audit trail, line by line."""

    number = tables.Column(verbose_name=_("No."))
    at = tables.Column(verbose_name=_("Time"))
    actor = tables.Column(verbose_name=_("Who"))
    act = tables.Column(verbose_name=_("Act"))
    kind = tables.Column(verbose_name=_("Object"))
    key = tables.Column(verbose_name=_("Key"))
    detail = tables.Column(verbose_name=_("Details"), orderable=False)

    codes = {"act": "act"}
    facts = {"detail": "detail"}

    class Meta(Table.Meta):
        model = AuditEntry
        fields = ("number", "at", "actor", "act", "kind", "key", "detail")

    def render_at(self, value: Any) -> str:
        return parts.moment(value)

    def value_at(self, value: Any) -> Any:
        return value

    def render_act(self, value: str) -> str:
        return parts.badge(ACTS.get(value, value), "bad", "no") if value == "refused" else str(ACTS.get(value, value))

    def value_act(self, value: str) -> str:
        return str(ACTS.get(value, value))

    def render_detail(self, value: dict[str, Any]) -> str:
        text = self.value_detail(value)
        if len(text) <= 60:
            return text
        return format_html("<details><summary>{}…</summary><code>{}</code></details>", text[:40], text)

    def value_detail(self, value: dict[str, Any]) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)


class AuditFilter(FilterSet):
    """By who, act, what and day."""

    q = SearchFilter("actor", "key", "kind", label=_("Who, what or key"))
    act = django_filters.ChoiceFilter(label=_("Act"), choices=list(ACTS.items()), empty_label=_("all"))
    at = DayRangeFilter(label=_("Day"))
