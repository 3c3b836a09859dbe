"""Contacts as pages show them: what a role may see of the person, why it is a contact, where the decision stands."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from lianfang.access.words import label, say
from lianfang.kernel.vocabulary import FoundBy
from lianfang.pages import parts
from lianfang.registry.selectors import PersonCard, area_line, shown_field
from lianfang.tracing.core.priority import LABELS, score_of, words_of
from lianfang.tracing.core.reasons import duration, reason
from lianfang.tracing.models import Contact, Interview
from lianfang.tracing.selectors.locating import Locating, locating_of
from lianfang.tracing.selectors.priority import needs_call, parts_of_contacts, priority_rule
from lianfang.tracing.selectors.rows import meetings, rule_words
from lianfang.tracing.selectors.windows import windows_of_outside


@dataclass(frozen=True)
class ContactLine:
    """One contact, ready to be shown.

    Attributes
    ----------
    contact : Contact
        The row.
    name, phone : str
        As the reader's role may see them.
    area : str
        Where the person belongs.
    reasons : list of str
        Each meeting in words, the strongest first.
    rule : str
        What the rule says that gave the category.
    locating : Locating or None
        The limit of time to locate the person; None where the playbook sets none, or nobody is sought.
    score, shares : str
        Out of 100, how early to call, and how that comes about; empty where no call is due, or nobody asked.
    """

    contact: Contact
    name: str
    phone: str
    area: str
    reasons: list[str]
    rule: str
    locating: Locating | None
    score: str = ""
    shares: str = ""

    @property
    def reason(self) -> str:
        """The strongest reason; it says how many more there are."""
        if not self.reasons:
            return ""
        more = len(self.reasons) - 1
        return f"{self.reasons[0]} · +{more}" if more else self.reasons[0]


def line_of(contact: Contact, role: str, *, case_id: str | None = None) -> ContactLine:
    """Return a contact from `selectors.contact_rows` as a page shows it; with `case_id` only that case's reasons."""
    return ContactLine(
        contact=contact,
        name=shown_field(contact.person, "name", role) or contact.person_id,
        phone=shown_field(contact.person, "phone", role),
        area=area_line(contact.jurisdiction),
        reasons=[say(reason(met)) for met in meetings(contact, case_id=case_id)],
        rule=rule_words(contact.outbreak, contact.rule),
        locating=locating_of(contact),
    )


def lines_of(
    contacts: Iterable[Contact], role: str, *, case_id: str | None = None, at: dt.datetime | None = None
) -> list[ContactLine]:
    """Return many contacts as a page shows them, with `at` how early to call too; no query beyond those of the rows."""
    rows = list(contacts)
    parts = parts_of_contacts(rows, at) if at is not None else {}
    lines = []
    for contact in rows:
        line = line_of(contact, role, case_id=case_id)
        shares = parts.get(contact.pk)
        if shares is not None and needs_call(contact):
            line = replace(line, score=f"{score_of(shares):.0f}", shares=say(words_of(shares)))
        lines.append(line)
    return lines


@dataclass(frozen=True)
class MetLine:
    """One meeting as a row of the contact's page."""

    words: str
    found_by: str
    minutes: str
    encounters: int | None
    first_contact: dt.datetime | None
    last_contact: dt.datetime | None
    case_id: str
    rule: str


def met_lines(contact: Contact) -> list[MetLine]:
    """Return every meeting of a contact, the strongest first."""
    return [
        MetLine(
            words=say(reason(met)),
            found_by=label(FoundBy, met.found_by),
            minutes="" if met.minutes is None else say(duration(met.minutes)),
            encounters=met.encounters,
            first_contact=met.first_contact,
            last_contact=met.last_contact,
            case_id=met.case_id,
            rule=rule_words(contact.outbreak, met.rule),
        )
        for met in meetings(contact, windows=windows_of_outside(contact))
    ]


@dataclass(frozen=True)
class CallLines:
    """Why a contact is called before others, as the contact's page shows it.

    Attributes
    ----------
    score : str
        Out of 100.
    rule : str
        What the playbook's rule says of itself.
    parts : list of tuple
        Of each share: its name, itself, its weight out of 100, the points it gives.
    """

    score: str
    rule: str
    parts: list[tuple[str, str, str, str]]


def call_lines(contact: Contact, at: dt.datetime) -> CallLines | None:
    """Return the score of a contact with each share; None where the playbook of its outbreak does not rank."""
    rule, parts = priority_rule(contact.outbreak), parts_of_contacts([contact], at).get(contact.pk)
    if rule is None or parts is None:
        return None
    rows = [(say(LABELS[p.name]), f"{p.share:.2f}", f"{100 * p.weight:g}", f"{p.points:.1f}") for p in parts]
    return CallLines(f"{score_of(parts):.0f}", say(rule.title.text), rows)


def contact_facts(contact: Contact, card: PersonCard) -> list[tuple[Any, Any]]:
    """Return how a contact stands, as pairs of label and value."""
    decided = contact.decided_by
    located = contact.located_by
    pairs: list[tuple[Any, Any]] = [
        (_("Outbreak"), contact.outbreak.name),
    ]
    if decided is not None:
        who = f"{decided.name or decided.username}"
        pairs.append((_("Decided by"), f"{who} · {contact.decision_note}" if contact.decision_note else who))
        pairs.append((_("Decided at"), parts.moment(contact.decided_at)))
    pairs += [
        (_("Found by"), label(FoundBy, contact.found_by)),
        (_("First contact"), parts.moment(contact.first_contact)),
        (_("Last contact"), parts.moment(contact.last_contact)),
        (_("Longest together"), say(duration(contact.minutes)) if contact.minutes else "—"),
        (_("Area"), area_line(contact.jurisdiction)),
        (_("Workplace or school"), card.organisation or "—"),
        (_("Person id"), contact.person_id),
        (_("Located"), parts.moment(contact.located_at)),
    ]
    if located is not None:
        pairs.append((_("Located by"), located.name or located.username))
    return pairs


def interview_words(interview: Interview) -> str:
    """Return what a case said of a person, in one line."""
    setting = parts.word("PlaceKind", interview.place_kind) or _("setting not known")
    protected = _("protected") if interview.protected else _("not protected")
    return " · ".join(part for part in (interview.relation, setting, protected) if part)
