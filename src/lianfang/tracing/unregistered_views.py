"""Found, but not in the register: the list of an outbreak, and registering one of them."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import choices
from lianfang.kernel.vocabulary import Category, PlaceKind
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.pages import columns, parts
from lianfang.pages.filters import FilterSet
from lianfang.pages.formpage import FormPage, Read, Saved
from lianfang.pages.lists import Done, Empty, ListPage
from lianfang.pages.tables import Table
from lianfang.registry.core.identity import identity_of
from lianfang.tracing import selectors, services
from lianfang.tracing.core.proposals import SHOWN
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
    minutes = columns.Number(_("Time together"), _("min"), said=duration, digits=2)
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
        choices=[(code, words) for code, words in choices(Category) if code in {c.value for c in SHOWN}],
        empty_label=_("all"),
    )
    place_kind = django_filters.ChoiceFilter(label=_("Setting"), choices=choices(PlaceKind), empty_label=_("all"))


class UnregisteredList(ListPage):
    """Everybody of an outbreak whom tracing found and the register does not know."""

    title = _("Found, but not in the register")
    audit_kind = "tracing.unregisteredcontact"
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


class RegisterFound(FormPage):
    """Register somebody under the id by which the presences name them."""

    title = _("Register a person whom tracing found")
    submit = _("Register")
    form_class = RegisterForm
    template_name = "tracing/register.html"

    def prepare(self) -> None:
        row = selectors.find_unregistered(self.kwargs["found_id"], self.request.scope)
        if row is None:
            raise Http404
        self.row = row

    def get_initial(self) -> dict[str, Any]:
        # Tickets often name people by their identity number: whoever may read it need not type it again.
        named = self.row.person_id
        is_number = identity_of(named) and selectors.shown_id(named, self.request.account.role) == named
        return {"id_number": named if is_number else ""}

    def get_form_args(self) -> dict[str, Any]:
        return {"by": self.request.account}

    def save(self, form: RegisterForm) -> Saved:
        services.register_found(found_id=self.row.pk, facts=form.facts(), by=self.request.account, at=now())
        words = gettext("Registered. The next tracing makes a contact of this person.")
        return Saved(self.get_cancel_url(), Done(words))

    def get_read(self) -> Read:
        return Read("tracing.unregisteredcontact", str(self.row.pk), {"for": "register", "case": self.row.case_id})

    def get_cancel_url(self) -> str:
        return reverse("unregistered-list", args=[self.row.outbreak_id])

    def get_context(self) -> dict[str, Any]:
        row, role = self.row, self.request.account.role
        return {
            "facts": [
                (_("Id in the presences"), selectors.shown_id(row.person_id, role)),
                (_("Category"), parts.word_badge("Category", row.category)),
                (_("Why"), selectors.unregistered_reason(row, role)),
                (_("First contact"), parts.moment(row.first_contact)),
                (_("Last contact"), parts.moment(row.last_contact)),
            ]
        }
