import pytest

from lianfang.registry.tests.cast import load_cast_register


@pytest.fixture
def register(cast):
    """The fixed cast's register, loaded."""
    load_cast_register()
    return cast
