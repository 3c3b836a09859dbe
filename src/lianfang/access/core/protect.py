"""Masking of protected fields: decided by role in `roles.PLAIN_FIELDS`, carried out here."""

from lianfang.access.core.roles import PLAIN_FIELDS, PROTECTED_FIELDS, Role


def mask(field: str, value: str | None) -> str:
    """Return a value with all but its outline covered.

    A name keeps its first character, a phone its first three and last two digits, an identity number its area code
    (six digits), a birth date its year; an address is covered altogether.
    """
    if not value:
        return ""
    if field == "name":
        return value[0] + "*" * (len(value) - 1)
    if field == "phone":
        return value[:3] + "*" * max(len(value) - 5, 0) + value[-2:] if len(value) > 5 else "*" * len(value)
    if field == "id_number":
        return value[:6] + "*" * max(len(value) - 6, 0) if len(value) > 6 else "*" * len(value)
    if field == "birth_date":
        return value[:4] + "-**-**"
    return "***"


def shown(field: str, value: str | None, role: str) -> str:
    """Return the value as a role may see it: plain where the role's table says so, masked otherwise."""
    if field in PROTECTED_FIELDS and field not in PLAIN_FIELDS[Role.of(role)]:
        return mask(field, value)
    return value or ""
