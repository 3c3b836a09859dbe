"""Fixtures of the rooms that build on contacts: the cast with an outbreak, before and after tracing."""

import pytest

from lianfang.access.tests.cast import AT
from lianfang.tracing.services import record_contacts
from lianfang.tracing.tests.cast import FOUND, SCOPE, contacts, load_cast_outbreak


@pytest.fixture
def outbreak(cast):
    """The fixed cast with the register, one outbreak and one case."""
    load_cast_outbreak(cast)
    return cast


@pytest.fixture
def found(outbreak):
    """The same, after tracing."""
    record_contacts(contacts=contacts(FOUND), outbreak="OB-1", by=SCOPE, at=AT)
    return outbreak
