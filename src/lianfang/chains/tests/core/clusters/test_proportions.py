"""Intervals against scipy's own, and the correction for having looked many times against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lianfang.chains.core.clusters.proportions import clopper_pearson, false_discovery, wilson


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_those_of_scipy(counted: tuple[int, int]) -> None:
    hits, of = counted
    test = stats.binomtest(hits, of)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = test.proportion_ci(0.95, method=method)
        low, high = ours([hits], [of])
        assert (low[0], high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_nobody_was_asked() -> None:
    for interval in (wilson, clopper_pearson):
        low, high = interval([0], [0])
        assert (low[0], high[0]) == (0.0, 1.0)


def test_one_of_one_is_less_than_twenty_of_thirty() -> None:
    low, _ = wilson([1, 20], [1, 30])
    assert low[0] < 0.21 < 0.48 < low[1]


def test_false_discovery_by_its_definition() -> None:
    p = np.array([0.04, 0.001, 0.3, 0.04, 0.02])
    slow = []
    for value in p:
        slow.append(min(other * p.size / (p <= other).sum() for other in p if other >= value))
    assert false_discovery(p) == pytest.approx(slow)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discovery_keeps_the_order_and_never_falls_below_p(values: list[float]) -> None:
    p = np.array(values)
    q = false_discovery(p)
    assert (q >= p - 1e-12).all() and (q <= 1).all()
    assert (np.diff(q[np.argsort(p, kind="stable")]) >= -1e-12).all()
