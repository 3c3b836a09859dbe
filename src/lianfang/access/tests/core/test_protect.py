"""Who sees which protected field, and what a covered one looks like."""

import pytest

from lianfang.access.core.protect import PROTECTED_FIELDS, mask, shown
from lianfang.access.core.roles import PERMISSIONS, PLAIN_FIELDS, Role, may


@pytest.mark.parametrize(
    ("field", "value", "covered"),
    [
        ("name", "王小明", "王**"),
        ("name", "王", "王"),
        ("phone", "13812345678", "138******78"),
        ("phone", "12345", "*****"),
        ("id_number", "330999199001011234", "330999************"),
        ("id_number", "E1234", "*****"),
        ("birth_date", "1990-01-01", "1990-**-**"),
        ("address", "东河镇东河路1号", "***"),
        ("address", "", ""),
        ("phone", None, ""),
    ],
)
def test_mask(field: str, value: str | None, covered: str) -> None:
    assert mask(field, value) == covered


@pytest.mark.parametrize("role", Role.codes())
@pytest.mark.parametrize("field", PROTECTED_FIELDS)
def test_a_role_sees_plainly_only_what_its_table_names(role: str, field: str) -> None:
    value = "330999199001011234"
    assert (shown(field, value, role) == value) == (field in PLAIN_FIELDS[Role(role)])


def test_neither_administrator_nor_auditor_sees_anybody_plainly() -> None:
    assert PLAIN_FIELDS[Role.ADMINISTRATOR] == PLAIN_FIELDS[Role.AUDITOR] == frozenset()


def test_fields_that_are_not_protected_are_shown_as_they_are() -> None:
    assert shown("occupation", "teacher", "auditor") == "teacher"


def test_an_unknown_role_is_an_error_not_a_right() -> None:
    with pytest.raises(ValueError):
        shown("phone", "13812345678", "root")


def test_a_misspelt_permission_is_an_error() -> None:
    with pytest.raises(KeyError):
        may("commander", "case.veiw")


def test_an_unknown_role_may_nothing() -> None:
    assert not any(may("root", permission) for permission in PERMISSIONS)
