"""Found, but not in the register: the list of an outbreak, and registering one of them."""

from typing import Any, cast

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from lianfang.access import audit
from lianfang.access.clock import now
from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.words import choices, label, say
from lianfang.cases.selectors import find_outbreak
from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import Category, PlaceKind
from lianfang.pages import parts
from lianfang.pages.filters import FilterSet
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.pages.tables import Table
from lianfang.registry.core.identity import identity_of
from lianfang.tracing import selectors, services
from lianfang.tracing.core.proposals import STRICTEST
from lianfang.tracing.core.reasons import duration
from lianfang.tracing.forms import RegisterForm
from lianfang.tracing.models import UnregisteredContact


class UnregisteredTable(Table):
    """One row a meeting: who, with which case, how, and since when it is known."""

    person_id = tables.Column(verbose_name=_("Id in the presences"))
    case = tables.Column(verbose_name=_("Case"), accessor="case_id", order_by="case_id")
    category = tables.Column(verbose_name=_("Category"))
    reason = tables.Column(verbose_name=_("Why"), accessor="pk", orderable=False, attrs={"td": {"class": "reason"}})
    place_kind = tables.Column(verbose_name=_("Setting"))
    minutes = tables.Column(verbose_name=_("Time together"))
    first_contact = tables.Column(verbose_name=_("First contact"))
    last_contact = tables.Column(verbose_name=_("Last contact"))
    found_at = tables.Column(verbose_name=_("Found"))
    register = tables.Column(
        verbose_name=_("Register"), accessor="pk", orderable=False, empty_values=(), exclude_from_export=True
    )

    codes = {"category": "category", "place_kind": "place_kind"}

    class Meta(Table.Meta):
        """The columns in their order."""

        model = UnregisteredContact
        fields = (
            "person_id",
            "case",
            "category",
            "reason",
            "place_kind",
            "minutes",
            "first_contact",
            "last_contact",
            "found_at",
            "register",
        )

    def render_person_id(self, value: str) -> str:
        return selectors.shown_id(value, self.role)

    def render_case(self, value: str) -> str:
        return format_html('<a href="{}">{}</a>', reverse("case", args=[value]), value)

    def value_case(self, value: str) -> str:
        return value

    def render_category(self, value: str) -> str:
        return parts.word_badge("Category", value)

    def value_category(self, value: str) -> str:
        return label(Category, value)

    def render_reason(self, record: UnregisteredContact) -> str:
        return selectors.unregistered_reason(record, self.role)

    def render_place_kind(self, value: str) -> str:
        return label(PlaceKind, value)

    def render_minutes(self, value: float) -> str:
        return say(duration(value))

    def value_minutes(self, value: float) -> float:
        return round(value, 2)

    def render_first_contact(self, value: Any) -> str:
        return parts.moment(value)

    def value_first_contact(self, value: Any) -> Any:
        return value

    def render_last_contact(self, value: Any) -> str:
        return parts.moment(value)

    def value_last_contact(self, value: Any) -> Any:
        return value

    def render_found_at(self, value: Any) -> str:
        return parts.moment(value)

    def value_found_at(self, value: Any) -> Any:
        return value

    def render_register(self, record: UnregisteredContact) -> str:
        if not may(self.role, "case.report"):
            return "—"
        return format_html(
            '<a href="{}">{}</a>', reverse("unregistered-register", args=[record.pk]), gettext("Register")
        )


class UnregisteredFilter(FilterSet):
    """By case, category, kind of place."""

    case = django_filters.CharFilter(label=_("Case"), field_name="case_id", max_length=64)
    category = django_filters.ChoiceFilter(
        label=_("Category"),
        choices=[(code, words) for code, words in choices(Category) if code in {c.value for c in STRICTEST}],
        empty_label=_("all"),
    )
    place_kind = django_filters.ChoiceFilter(label=_("Setting"), choices=choices(PlaceKind), empty_label=_("all"))


class UnregisteredList(ListPage):
    """Everybody of an outbreak whom tracing found and the register does not know."""

    title = _("Found, but not in the register")
    audit_kind = "unregistered"
    table_class = UnregisteredTable
    filterset_class = UnregisteredFilter
    template_name = "tracing/unregistered.html"
    export_name = "not-in-the-register"
    empty = Empty(
        title=_("Everybody whom tracing found is in the register."),
        hint=_("Travellers and people of other counties stand here until they are registered."),
    )

    @cached_property
    def outbreak(self) -> Any:
        """The outbreak of the address."""
        found = find_outbreak(self.kwargs["code"], self.request.scope)
        if found is None:
            raise Http404
        return found

    def get_rows(self) -> QuerySet[UnregisteredContact]:
        return selectors.unregistered_rows(self.request.scope, outbreak=self.outbreak.code)

    def get_context(self) -> dict[str, Any]:
        return {
            "outbreak": self.outbreak,
            "unregistered": selectors.count_unregistered(self.request.scope, outbreak=self.outbreak.code),
        }


class RegisterFound(View):
    """Register somebody under the id by which the presences name them."""

    def get(self, request: ScopedRequest, found_id: int) -> HttpResponse:
        row = self._row(request, found_id)
        by = cast("Account", request.user)
        # Tickets often name people by their identity number: whoever may read it need not type it again.
        is_number = identity_of(row.person_id) and selectors.shown_id(row.person_id, by.role) == row.person_id
        return self._page(request, row, RegisterForm(initial={"id_number": row.person_id if is_number else ""}, by=by))

    def post(self, request: ScopedRequest, found_id: int) -> HttpResponseBase:
        row = self._row(request, found_id)
        by = cast("Account", request.user)
        form = RegisterForm(request.POST, by=by)
        if form.is_valid():
            try:
                services.register_found(found_id=row.pk, facts=form.facts(), by=by, at=now())
            except Refused as refusal:
                form.add_error(None, say(refusal.text))
            else:
                messages.success(request, gettext("Registered. The next tracing makes a contact of this person."))
                return redirect("unregistered-list", row.outbreak_id)
        return self._page(request, row, form, status=422)

    @staticmethod
    def _row(request: ScopedRequest, found_id: int) -> UnregisteredContact:
        row = selectors.find_unregistered(found_id, request.scope)
        if row is None:
            raise Http404
        return row

    @staticmethod
    def _page(request: ScopedRequest, row: UnregisteredContact, form: RegisterForm, status: int = 200) -> HttpResponse:
        detail = {"for": "register", "case": row.case_id}
        audit.record(
            actor=request.scope.name, act="read", kind="unregistered", key=str(row.pk), detail=detail, at=now()
        )
        role = cast("Account", request.user).role
        context = {
            "title": gettext("Register a person whom tracing found"),
            "form": form,
            "facts": [
                (_("Id in the presences"), selectors.shown_id(row.person_id, role)),
                (_("Category"), parts.word_badge("Category", row.category)),
                (_("Why"), selectors.unregistered_reason(row, role)),
                (_("First contact"), parts.moment(row.first_contact)),
                (_("Last contact"), parts.moment(row.last_contact)),
            ],
            "submit": gettext("Register"),
            "cancel_url": reverse("unregistered-list", args=[row.outbreak_id]),
        }
        return render(request, "tracing/register.html", context, status=status)
