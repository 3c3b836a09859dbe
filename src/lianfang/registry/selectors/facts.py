"""What is known of a person as pairs of a label and a value, for pages."""

from typing import Any

from django.utils.translation import gettext as _

from lianfang.registry.selectors.persons import PersonCard


def person_facts(card: PersonCard) -> list[tuple[str, Any]]:
    """Return who and where, as pairs of label and value; what is masked stays masked."""
    age = "" if card.age is None else f" ({card.age})"
    return [
        (_("Name"), card.name or "—"),
        (card.id_type, card.id_number or "—"),
        (_("Sex"), card.sex),
        (_("Birth date (age)"), f"{card.birth_date or '—'}{age}"),
        (_("Phone"), card.phone or "—"),
        (_("Population class"), card.occupation or "—"),
        (_("Present address"), card.address_line or "—"),
        (_("Area"), card.area),
        (_("Workplace or school"), card.organisation or "—"),
        (_("Person id"), card.person_id),
    ]
