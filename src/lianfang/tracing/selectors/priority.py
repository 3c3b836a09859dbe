"""The order in which to call contacts, in the database: for sorting a list of any length by fixed queries.

What is shown of a contact is reckoned by `tracing.core.priority`, the one that decides; the expression here only sorts,
and a test holds the two equal. Nothing is stored: the order changes with the day, with the facts and with the playbook.
Recency counts whole days, so that a list does not move between two pages of one day.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import polars as pl
from django.db.models import Case as SqlCase
from django.db.models import F, FloatField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from lianfang.access.scope import Scope
from lianfang.access.times import to_local
from lianfang.outbreaks.selectors import find_playbook, outbreaks
from lianfang.playbook.model import PriorityRule
from lianfang.records.where import as_q
from lianfang.tracing.core.priority import FORGOTTEN_AFTER, Part, born_by, parts_of, ranked, settings_of, weights_of
from lianfang.tracing.core.state import NEEDS_CALL
from lianfang.tracing.models import Contact, Exposure

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak


def priority_rule(outbreak: "Outbreak") -> PriorityRule | None:
    """Return the rule by which the contacts of an outbreak are called; None where its playbook tells none."""
    book = find_playbook(outbreak)
    return None if book is None else book.priority


def with_priority(rows: QuerySet[Contact], scope: Scope, at: dt.datetime) -> QuerySet[Contact]:
    """Add ``priority``, between 0 and 1, to contacts; 0 where the playbook of the outbreak does not rank.

    Parameters
    ----------
    rows : QuerySet
        Contacts inside `scope`.
    scope : Scope
        The reader's; its outbreaks are read by one query.
    at : datetime
        Aware.
    """
    by_outbreak = []
    for outbreak in outbreaks(scope):
        rule = priority_rule(outbreak)
        if rule is not None:
            by_outbreak.append(When(outbreak=outbreak, then=_score(rule, at)))
    score = SqlCase(*by_outbreak, default=Value(0.0), output_field=FloatField()) if by_outbreak else Value(0.0)
    return rows.annotate(priority=score)


_SETTLED = as_q(~NEEDS_CALL)
"""Who needs no call any more."""

_ORDER = (F("priority").desc(), F("last_contact").desc(nulls_last=True), "pk")


def needs_call(contact: Contact) -> bool:
    """Tell whether somebody is still to be located: nobody has found them, and nobody refused them."""
    return NEEDS_CALL.holds(contact)


def first_to_call(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Order contacts of `with_priority`: who is still to be located first, by priority; then the others."""
    later = SqlCase(When(_SETTLED, then=Value(1)), default=Value(0))
    return rows.order_by(later, *_ORDER)


def next_to_call(contact: Contact, scope: Scope, at: dt.datetime) -> Contact | None:
    """Return whom to call after a contact, with the person; None where nobody else is to be located.

    Of those inside the scope who are neither located nor refused, the one that stands behind the contact in the order
    of `first_to_call`; behind the last, or where the contact itself needs no call any more, the first of all.

    Notes
    -----
    Three queries, however many contacts there are: the outbreaks, the contact's own priority, the next.
    """
    inside = cast("QuerySet[Contact]", Contact.objects.within(scope).select_related("person"))
    rows: QuerySet[Any] = with_priority(inside, scope, at)
    place = rows.filter(pk=contact.pk).values_list("priority", "last_contact").first()
    waiting = rows.exclude(_SETTLED).exclude(pk=contact.pk)
    if place is None or not needs_call(contact):
        return cast("Contact | None", waiting.order_by(*_ORDER).first())
    priority, last = place
    if last is None:
        behind = Q(last_contact=None, pk__gt=contact.pk)
    else:
        behind = Q(last_contact__lt=last) | Q(last_contact=None) | Q(last_contact=last, pk__gt=contact.pk)
    after = Q(priority__lt=priority) | (Q(priority=priority) & behind)
    passed = SqlCase(When(after, then=Value(0)), default=Value(1))
    return cast("Contact | None", waiting.order_by(passed, *_ORDER).first())


def parts_of_contacts(contacts: Iterable[Contact], at: dt.datetime) -> dict[int, list[Part]]:
    """Return the shares of contacts from `contact_rows`, by key; asks the database nothing."""
    by_outbreak: dict[str, list[Contact]] = {}
    for contact in contacts:
        by_outbreak.setdefault(contact.outbreak_id, []).append(contact)
    found: dict[int, list[Part]] = {}
    for group in by_outbreak.values():
        rule = priority_rule(group[0].outbreak)
        if rule is not None:
            rows = ranked(_frame(group, rule), rule=rule, as_of=to_local(at))
            found |= {row["contact_id"]: parts_of(row, rule) for row in rows.iter_rows(named=True)}
    return found


def _frame(contacts: list[Contact], rule: PriorityRule) -> pl.DataFrame:
    people = pl.DataFrame(
        [(c.pk, c.person_id, c.minutes, to_local(c.last_contact), c.person.birth_date) for c in contacts],
        schema={
            "contact_id": pl.Int64,
            "person_id": pl.String,
            "minutes": pl.Float64,
            "last_contact": pl.Datetime("us"),
            "birth_date": pl.Date,
        },
        orient="row",
    )
    met = [(c.person_id, e.degree, e.place_kind) for c in contacts for e in c.exposures.all()]
    rows = pl.DataFrame(met, schema={"person_id": pl.String, "degree": pl.Int64, "place_kind": pl.String}, orient="row")
    return people.join(settings_of(rows, rule), on="person_id", how="left", maintain_order="left")


def _score(rule: PriorityRule, at: dt.datetime) -> Any:
    weights = weights_of(rule)
    today = timezone.localtime(at).date()
    score: Any = Value(0.0)
    for name, share in (
        ("intensity", _intensity(rule)),
        ("setting", _setting(rule)),
        ("recency", _recency(rule, at)),
        ("vulnerability", _vulnerability(rule, today)),
    ):
        score = score + Value(weights[name]) * share
    return score


def _intensity(rule: PriorityRule) -> Any:
    measured = F("minutes") / (F("minutes") + Value(float(rule.half_minutes)))
    return _case(When(minutes__gt=0, then=measured), default=rule.not_known)


def _setting(rule: PriorityRule) -> Any:
    kinds = [
        When(place_kind=kind.value, degree=degree, then=Value(weight * far))
        for kind, weight in rule.by_place_kind.items()
        for degree, far in ((1, 1.0), (2, rule.second_degree))
    ]
    own = Exposure.objects.filter(contact=OuterRef("pk")).order_by().values("contact")
    heaviest = own.annotate(heaviest=Max(_case(*kinds))).values("heaviest")
    return Coalesce(Subquery(heaviest), Value(0.0), output_field=FloatField())


def _recency(rule: PriorityRule, at: dt.datetime) -> Any:
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [
        When(last_contact__gte=_local_midnight(midnight, n), then=Value(0.5 ** (n / rule.half_days)))
        for n in range(FORGOTTEN_AFTER)
    ]
    unknown = When(last_contact__isnull=True, then=Value(rule.not_known))
    return _case(unknown, *days, default=0.5 ** (FORGOTTEN_AFTER / rule.half_days))


def _local_midnight(midnight: dt.datetime, days_before: int) -> dt.datetime:
    naive = midnight.replace(tzinfo=None) - dt.timedelta(days=days_before)
    return timezone.make_aware(naive, timezone.get_current_timezone())


def _vulnerability(rule: PriorityRule, today: dt.date) -> Any:
    bands = [
        _case(When(person__birth_date__lte=born_by(today, band.from_age), then=Value(float(band.share))))
        for band in rule.ages
    ]
    return Greatest(*bands) if len(bands) > 1 else bands[0] if bands else Value(0.0)


def _case(*whens: When, default: float = 0.0) -> Any:
    return SqlCase(*whens, default=Value(float(default)), output_field=FloatField())
