import pytest

from lianfang.cases.tests.cast import open_cast_outbreak
from lianfang.registry.tests.cast import load_cast_register


@pytest.fixture
def county(cast):
    """The fixed cast with its register and an open outbreak."""
    load_cast_register()
    open_cast_outbreak()
    return cast
