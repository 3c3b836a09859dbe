"""Table and filters of the list of contacts."""

import datetime as dt
from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.times import now, to_local
from lianfang.access.words import choices, say
from lianfang.kernel.vocabulary import Category, Decision, FoundBy
from lianfang.outbreaks.selectors import outbreak_choices
from lianfang.pages import columns, parts
from lianfang.pages.filters import DayRangeFilter, FilterSet, ScopeChoiceFilter, SearchFilter, TownshipFilter
from lianfang.pages.tables import Table
from lianfang.tracing.core.priority import Part, score_of, words_of
from lianfang.tracing.core.proposals import SHOWN
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


def _score(contact: Contact, table: "ContactTable") -> int | None:
    return table.score_of(contact)


def _locate_by(contact: Contact, table: "ContactTable") -> dt.datetime | None:
    limit = locating_of(contact)
    return None if limit is None or limit.done_at is not None else limit.due


class ContactTable(Table):
    """Contacts with the reason that each was found; the person's name and phone are covered by role."""

    name = columns.Person(_("Name"), route="contact", otherwise="person_id", accessor="person")
    priority = columns.Number(
        _("Call first"),
        shown=lambda record, table: table.priority_of(record),
        plain=_score,
        accessor="pk",
        order_by=("-priority", "-last_contact"),
        empty_values=(),
    )
    priority_why = columns.Text(
        _("Shares of the score"),
        shown=lambda record, table: table.shares_of(record),
        accessor="pk",
        orderable=False,
        visible=False,
    )
    category = columns.Badge(_("Category"), Category)
    decision = columns.Badge(_("Decision"), Decision)
    reason = columns.Text(
        _("Why"),
        shown=lambda record, table: line_of(record, table.role).reason or "—",
        accessor="rule",
        orderable=False,
        attrs={"td": {"class": "reason"}},
    )
    minutes = columns.Number(
        _("Longest together"), _("min"), said=lambda minutes: duration(minutes) if minutes else "—", digits=2
    )
    last_contact = columns.Moment(_("Last contact"))
    found_by = columns.Label(_("Found by"), FoundBy)
    seat_unknown = columns.YesNo(_("Seat not known"), accessor="seat_unknown", orderable=False, visible=False)
    located_at = columns.Moment(_("Located"), shown=lambda record, table: _located(record, table), empty_values=())
    locate_by = columns.Moment(
        _("To be located by"),
        plain=_locate_by,
        filed=lambda record, table: to_local(_locate_by(record, table)),
        accessor="pk",
        visible=False,
    )
    jurisdiction = columns.Area(_("Area"))
    phone = columns.Person(_("Phone"), field="phone", accessor="person")
    person_id = columns.Text(_("Person id"), accessor="person_id")

    facts = {"outbreak": "outbreak_id", "rule": "rule"}

    class Meta(Table.Meta):
        """The columns in their order; whom to call first stands on top."""

        model = Contact
        fields = (
            "name",
            "priority",
            "priority_why",
            "category",
            "decision",
            "reason",
            "minutes",
            "last_contact",
            "found_by",
            "seat_unknown",
            "located_at",
            "locate_by",
            "jurisdiction",
            "phone",
            "person_id",
        )

    @cached_property
    def shares(self) -> dict[int, list[Part]]:
        """The shares of the score of every row that is shown, reckoned together."""
        page = getattr(self, "page", None)
        return parts_of_contacts(page.object_list.data if page else self.data.data, now())

    def _is_open(self, record: Contact) -> bool:
        return record.pk in self.shares and needs_call(record)

    def priority_of(self, record: Contact) -> str:
        """Return the score of whom to call first, with its shares opening beside it; a dash where no call is open."""
        if not self._is_open(record):
            return "—"
        shares = self.shares[record.pk]
        why = render_to_string("pages/why.html", {"text": say(words_of(shares))})
        return format_html("{} {}", f"{score_of(shares):.0f}", why)

    def score_of(self, record: Contact) -> int | None:
        """Return the score as the page shows it; None where no call is open."""
        return round(score_of(self.shares[record.pk])) if self._is_open(record) else None

    def shares_of(self, record: Contact) -> str:
        """Return the shares of the score in words."""
        return say(words_of(self.shares[record.pk])) if self._is_open(record) else ""


def _located(contact: Contact, table: ContactTable) -> str:
    if contact.decision == Decision.REFUSED.value:
        return "—"
    limit = locating_of(contact)
    if limit is None:
        return parts.moment(contact.located_at)
    return parts.clock(limit.due, table.now, done_at=limit.done_at, paused_at=limit.paused_at, why=limit.why)


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
        choices=[(code, words) for code, words in choices(Category) if code in {c.value for c in SHOWN}],
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
