"""Found, but not in the register: the list of an outbreak, and registering one of them."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from lianfang.access import audit
from lianfang.access.clock import now
from lianfang.access.words import choices, say
from lianfang.cases.selectors import find_outbreak
from lianfang.kernel.errors import Refused
from lianfang.kernel.vocabulary import Category, PlaceKind
from lianfang.pages import columns, parts
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

    person_id = columns.Text(
        _("Id in the presences"), shown=lambda record, table: selectors.shown_id(record.person_id, table.role)
    )
    case = columns.Link(_("Case"), route="case", args=("case_id",), accessor="case_id", order_by="case_id")
    category = columns.Badge(_("Category"), Category)
    reason = columns.Text(
        _("Why"),
        shown=lambda record, table: selectors.unregistered_reason(record, table.role),
        accessor="pk",
        orderable=False,
        attrs={"td": {"class": "reason"}},
    )
    place_kind = columns.Label(_("Setting"), PlaceKind)
    minutes = columns.Number(_("Time together"), said=duration, digits=2)
    first_contact = columns.Moment(_("First contact"))
    last_contact = columns.Moment(_("Last contact"))
    found_at = columns.Moment(_("Found"))
    register = columns.Link(
        _("Register"),
        route="unregistered-register",
        text=_("Register"),
        permission="case.report",
        accessor="pk",
        orderable=False,
        empty_values=(),
        exclude_from_export=True,
    )

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
        by = request.account
        # Tickets often name people by their identity number: whoever may read it need not type it again.
        is_number = identity_of(row.person_id) and selectors.shown_id(row.person_id, by.role) == row.person_id
        return self._page(request, row, RegisterForm(initial={"id_number": row.person_id if is_number else ""}, by=by))

    def post(self, request: ScopedRequest, found_id: int) -> HttpResponseBase:
        row = self._row(request, found_id)
        by = request.account
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
        role = request.account.role
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
