"""The epi curve: days without gaps, nothing counted twice, excluded cases left out."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lianfang.headquarters.core.curve import MOST_DAYS, Curve, epi_curve
from lianfang.kernel.vocabulary import Classification

DAY = dt.date(2021, 8, 1)
days = st.dates(DAY, DAY + dt.timedelta(days=30))
counted = st.lists(st.tuples(days, st.sampled_from(Classification.codes()), st.integers(0, 5)), max_size=20)


@given(counted, days)
def test_every_day_from_first_to_last_and_every_case_once(rows: list[tuple[dt.date, str, int]], until: dt.date) -> None:
    curve = epi_curve(rows, until=until)
    real = [(day, code, n) for day, code, n in rows if code != "excluded" and n]
    assert curve.total == sum(n for *_, n in real)
    if not real:
        assert curve == Curve((), {})
        return
    assert curve.days[0] == min(day for day, *_ in real)
    assert curve.days[-1] == max(until, *(day for day, *_ in real))
    assert all(b - a == dt.timedelta(days=1) for a, b in zip(curve.days, curve.days[1:], strict=False))
    for word, counts in curve.counts.items():
        for day, count in zip(curve.days, counts, strict=True):
            assert count == sum(n for d, code, n in real if (d, code) == (day, word.value))


@given(
    st.lists(st.tuples(st.dates(dt.date(202, 1, 1), dt.date(2199, 12, 31)), st.integers(1, 5)), min_size=1, max_size=8),
    st.dates(dt.date(202, 1, 1), dt.date(2199, 12, 31)),
)
def test_whatever_is_stored_the_days_are_bounded_and_no_case_is_lost(
    rows: list[tuple[dt.date, int]], until: dt.date
) -> None:
    curve = epi_curve([(day, "confirmed", n) for day, n in rows], until=until)
    assert 1 <= len(curve.days) <= MOST_DAYS
    assert curve.earlier + curve.total + curve.later == sum(n for _, n in rows)
    # Slow and plain: no other year holds more cases.
    spans = [sum(n for day, n in rows if 0 <= (day - first).days < MOST_DAYS) for first, _ in rows]
    assert curve.total == max(spans)


def test_a_mistyped_year_leaves_the_curve_as_it_is() -> None:
    rows = [(DAY + dt.timedelta(days=n), "confirmed", 2) for n in range(10)]
    plain = epi_curve(rows, until=DAY + dt.timedelta(days=12))
    slips = [
        (dt.date(202, 11, 1), "confirmed", 1),
        (dt.date(1980, 1, 1), "suspected", 1),
        (dt.date(2132, 8, 1), "confirmed", 1),
    ]
    odd = epi_curve([*rows, *slips], until=DAY + dt.timedelta(days=12))
    assert (odd.days, odd.counts, odd.earlier, odd.later) == (plain.days, plain.counts, 2, 1)


def test_an_outbreak_of_long_ago_is_still_seen() -> None:
    curve = epi_curve([(DAY, "confirmed", 3)], until=DAY + dt.timedelta(days=2000))
    assert curve.total == 3 and curve.days[0] == DAY and len(curve.days) == MOST_DAYS


def test_the_order_from_the_axis_up() -> None:
    curve = epi_curve([(DAY, "suspected", 1), (DAY, "confirmed", 2), (DAY, "asymptomatic", 1)], until=DAY)
    assert list(curve.counts) == [Classification.CONFIRMED, Classification.ASYMPTOMATIC, Classification.SUSPECTED]
