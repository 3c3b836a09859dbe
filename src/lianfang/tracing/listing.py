"""Table and filters of the list of contacts."""

import datetime as dt
from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now
from lianfang.access.words import choices, label, say
from lianfang.kernel.vocabulary import Category, Decision, FoundBy
from lianfang.outbreaks.selectors import outbreak_choices
from lianfang.pages import parts
from lianfang.pages.filters import DayRangeFilter, FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.registry.selectors import area_line, shown_field
from lianfang.tracing.core.priority import Part, score_of, words_of
from lianfang.tracing.core.proposals import STRICTEST
from lianfang.tracing.core.reasons import duration
from lianfang.tracing.models import Contact
from lianfang.tracing.selectors import (
    counted_contacts,
    line_of,
    locating_of,
    needs_call,
    of_case,
    overdue_contacts,
    parts_of_contacts,
    search_contacts,
    with_seat_unknown,
)

YES_NO = [("yes", _("yes")), ("no", _("no"))]


class ContactTable(Table):
    """Contacts with the reason that each was found; the person's name and phone are covered by role."""

    name = tables.Column(verbose_name=_("Name"), accessor="person", orderable=False)
    priority = tables.Column(
        verbose_name=_("Call first"), accessor="pk", order_by=("-priority", "-last_contact"), empty_values=()
    )
    category = tables.Column(verbose_name=_("Category"))
    decision = tables.Column(verbose_name=_("Decision"))
    reason = tables.Column(verbose_name=_("Why"), accessor="rule", orderable=False, attrs={"td": {"class": "reason"}})
    minutes = tables.Column(verbose_name=_("Longest together"))
    last_contact = tables.Column(verbose_name=_("Last contact"))
    found_by = tables.Column(verbose_name=_("Found by"))
    located_at = tables.Column(verbose_name=_("Located"), empty_values=())
    jurisdiction = tables.Column(verbose_name=_("Area"), order_by="jurisdiction__path")
    phone = tables.Column(verbose_name=_("Phone"), accessor="person", orderable=False)
    person_id = tables.Column(verbose_name=_("Person id"), accessor="person_id")

    class Meta(Table.Meta):
        """The columns in their order; whom to call first stands on top."""

        model = Contact
        fields = (
            "name",
            "priority",
            "category",
            "decision",
            "reason",
            "minutes",
            "last_contact",
            "found_by",
            "located_at",
            "jurisdiction",
            "phone",
            "person_id",
        )

    def render_name(self, value: Any, record: Contact) -> str:
        shown = shown_field(value, "name", self.role) or record.person_id
        return format_html('<a href="{}">{}</a>', reverse("contact", args=[record.pk]), shown)

    def value_name(self, value: Any) -> str:
        return shown_field(value, "name", self.role)

    @cached_property
    def shares(self) -> dict[int, list[Part]]:
        """The shares of the score of every row that is shown, reckoned together."""
        page = getattr(self, "page", None)
        return parts_of_contacts(page.object_list.data if page else self.data.data, now())

    def _is_open(self, record: Contact) -> bool:
        return record.pk in self.shares and needs_call(record)

    def render_priority(self, record: Contact) -> str:
        if not self._is_open(record):
            return "—"
        parts = self.shares[record.pk]
        why = render_to_string("pages/why.html", {"text": say(words_of(parts))})
        return format_html("{} {}", f"{score_of(parts):.0f}", why)

    def value_priority(self, record: Contact) -> Any:
        if not self._is_open(record):
            return ""
        parts = self.shares[record.pk]
        return f"{score_of(parts):.1f} = {say(words_of(parts))}"

    def render_phone(self, value: Any) -> str:
        return shown_field(value, "phone", self.role) or "—"

    def render_category(self, value: str) -> str:
        return parts.word_badge("Category", value)

    def value_category(self, value: str) -> str:
        return label(Category, value)

    def render_decision(self, value: str) -> str:
        return parts.word_badge("Decision", value)

    def value_decision(self, value: str) -> str:
        return label(Decision, value)

    def render_reason(self, record: Contact) -> str:
        return line_of(record, self.role).reason or "—"

    def render_minutes(self, value: float) -> str:
        return say(duration(value)) if value else "—"

    def value_minutes(self, value: float) -> float:
        return round(value, 2)

    def render_last_contact(self, value: dt.datetime) -> str:
        return parts.moment(value)

    def value_last_contact(self, value: Any) -> Any:
        return value

    def render_found_by(self, value: str) -> str:
        return label(FoundBy, value)

    def render_located_at(self, record: Contact) -> str:
        if record.decision == Decision.REFUSED.value:
            return "—"
        limit = locating_of(record)
        if limit is None:
            return parts.moment(record.located_at)
        return parts.clock(limit.due, now(), done_at=limit.done_at, paused_at=limit.paused_at, why=limit.why)

    def value_located_at(self, record: Contact) -> Any:
        return record.located_at

    def render_jurisdiction(self, record: Contact) -> str:
        return area_line(record.jurisdiction)


class ContactSearch(SearchFilter):
    """The search box: by person, through the register's search, or by the id of a case."""

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        request: Any = self.parent.request
        return search_contacts(qs, value or "", request.scope, role=request.user.role)


class ContactFilter(FilterSet):
    """By what is typed, category, decision, township, located, overdue, way of finding, case, outbreak, seat."""

    q = ContactSearch(placeholder=_("Name, pinyin, phone, case"))
    category = django_filters.ChoiceFilter(
        label=_("Category"),
        choices=[(code, words) for code, words in choices(Category) if code in {c.value for c in STRICTEST}],
        empty_label=_("all"),
    )
    decision = django_filters.ChoiceFilter(label=_("Decision"), choices=choices(Decision), empty_label=_("all"))
    township = TownshipFilter()
    located = django_filters.ChoiceFilter(label=_("Located"), choices=YES_NO, empty_label=_("all"), method="by_located")
    overdue = django_filters.ChoiceFilter(
        label=_("Overdue"), choices=[("yes", _("only these"))], empty_label=_("all"), method="by_overdue"
    )
    found_by = django_filters.ChoiceFilter(label=_("Found by"), choices=choices(FoundBy), empty_label=_("all"))
    last_contact = DayRangeFilter(field_name="last_contact", label=_("Last contact"))
    case = django_filters.CharFilter(label=_("Case"), method="by_case", max_length=64)
    outbreak = ScopeChoiceFilter(outbreak_choices, label=_("Outbreak"))
    seat = django_filters.ChoiceFilter(
        label=_("Seat not known"), choices=[("yes", _("only these"))], empty_label=_("all"), method="by_seat"
    )
    counted = django_filters.ChoiceFilter(
        label=_("Counted as contact"), choices=[("yes", _("only these"))], empty_label=_("all"), method="by_counted"
    )

    def by_located(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep who is located, or who is not yet."""
        return rows.filter(located_at__isnull=value == "no")

    def by_overdue(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep who should have been located by now."""
        return overdue_contacts(rows, self.request.scope, now())

    def by_case(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep the contacts of one case."""
        return of_case(rows, value.strip())

    def by_seat(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Keep who counts because a whole vehicle does: whose seat to ask for."""
        return with_seat_unknown(rows)

    def by_counted(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        """Leave out who was refused and who is a case: what the command page counts."""
        return counted_contacts(rows)
