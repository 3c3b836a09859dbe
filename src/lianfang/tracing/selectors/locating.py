"""The limit of time to locate a contact: one evaluator for the contact's page, the lists and the filter "overdue".

A county has a hundred thousand contacts, and the limit follows from when each was proposed: it is derived, not stored.
What people did to it is stored, as a clock of its own (`Contact.locating`), which from then on says when it is due.
When it is done is said by `Contact.located_at` alone.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from lianfang.access.scope import Scope
from lianfang.kernel.vocabulary import WITHOUT_MEASURES, Decision
from lianfang.outbreaks.selectors import find_playbook, outbreaks
from lianfang.playbook.model import ClockRule
from lianfang.records.core.clocks import LIMIT_TO_TRANSFER, due_of, limit_to_locate
from lianfang.records.models import Clock
from lianfang.records.where import as_q
from lianfang.tracing.core.state import IS_CONTACT, NOT_REFUSED, OVERDUE
from lianfang.tracing.models import Contact

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

LIMIT = {"limit_due": "locating__due", "limit_paused_at": "locating__paused_at"}
"""Where the fields of a limit that was kept lie, for `core.state.OVERDUE`."""

CONTACT = "tracing.contact"
"""What such a clock hangs on, as `records.models.Clock.subject_kind` names it."""


@dataclass(frozen=True)
class Locating:
    """How the limit to locate a contact stands.

    Attributes
    ----------
    due : datetime
        Until when; while it is paused, until when it was.
    done_at, paused_at : datetime or None
        When the person was located; since when it stands still.
    why : str
        Why it is paused.
    escalated_to : str
        To whom it was handed on.
    """

    due: dt.datetime
    done_at: dt.datetime | None
    paused_at: dt.datetime | None = None
    why: str = ""
    escalated_to: str = ""


def locate_rule(outbreak: "Outbreak") -> ClockRule | None:
    """Return the rule of the limit to locate a contact (`rules_for`); None where the playbook sets or tells none."""
    book = find_playbook(outbreak)
    return limit_to_locate(book) if book is not None else None


def locating_of(contact: Contact) -> Locating | None:
    """Return the limit to locate a contact from `contact_rows`; None where there is none, or none any more.

    Nobody is sought who was refused, or is no contact. Asks the database nothing.
    """
    if not (NOT_REFUSED & IS_CONTACT).holds(contact):
        return None
    kept = contact.locating
    if kept is not None:
        return Locating(kept.due, contact.located_at, kept.paused_at, kept.pause_reason, kept.escalated_to)
    rule = locate_rule(contact.outbreak)
    return None if rule is None else Locating(due_of(contact.proposed_at, rule.hours), contact.located_at)


def transfer_of(contact: Contact) -> Clock | None:
    """Return the clock of bringing a contact into central quarantine; None where there is none, or none any more.

    The caller has read the contact in a scope.
    """
    if contact.decision == Decision.REFUSED.value or contact.is_case:
        return None
    own = Clock.unscoped.filter(subject_kind=CONTACT, subject=str(contact.pk), clock=LIMIT_TO_TRANSFER)
    return own.first()


def overdue_contacts(rows: QuerySet[Contact], scope: Scope, at: dt.datetime) -> QuerySet[Contact]:
    """Keep the contacts that were not located within the time that the playbook of their outbreak gives.

    Parameters
    ----------
    rows : QuerySet
        Contacts inside `scope`.
    scope : Scope
        The reader's.
    at : datetime
        Aware. As with every clock, one is overdue at its due time.
    """
    late = Q(pk__in=())
    for outbreak in outbreaks(scope):
        late |= Q(outbreak=outbreak) & as_q(OVERDUE, names=LIMIT, at=at, late_before=late_before_of(outbreak, at))
    return rows.filter(late)


def late_before_of(outbreak: "Outbreak", at: dt.datetime) -> dt.datetime | None:
    """Return when a contact was proposed whose limit by the playbook is `at` (aware); None where it sets no limit."""
    rule = locate_rule(outbreak)
    return None if rule is None else at - (due_of(at, rule.hours) - at)


def with_open_contacts(clocks: QuerySet[Any]) -> QuerySet[Any]:
    """Leave out the clocks of contacts of which nothing is due any more.

    They were refused, or are cases or no contacts; or the clock is that to locate them, and they are located.
    """
    no_contact = [category.value for category in WITHOUT_MEASURES]
    is_sought = Q(locating_of__located_at=None, locating_of__is_case=False) & ~Q(
        Q(locating_of__decision=Decision.REFUSED.value) | Q(locating_of__category__in=no_contact)
    )
    over = Contact.unscoped.filter(Q(decision=Decision.REFUSED.value) | Q(is_case=True) | Q(category__in=no_contact))
    gone = over.order_by().annotate(key=Cast("pk", CharField())).values("key")
    return clocks.filter(Q(locating_of=None) | is_sought).exclude(subject_kind=CONTACT, subject__in=gone)
