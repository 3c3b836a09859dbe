"""Measures read back, and orders made of them, for the tests of the services."""

from __future__ import annotations

import datetime as dt

from lianfang.measures import services
from lianfang.measures.core.orders import Order
from lianfang.measures.models import Measure
from lianfang.measures.tests.shell.conftest import SCOPE

HOUR = dt.timedelta(hours=1)
CENTRAL = ("P-LI", "central_quarantine")


def row(pk: int) -> Measure:
    return Measure.objects.within(SCOPE).get(pk=pk)


def order(pk: int, **changes: object) -> Order:
    return Order(**{**services.order_of(row(pk)).__dict__, **changes})  # type: ignore[arg-type]
