"""The epi curve: days without gaps, nothing counted twice, excluded cases left out."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lianfang.headquarters.core.curve import Curve, epi_curve
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


def test_the_order_from_the_axis_up() -> None:
    curve = epi_curve([(DAY, "suspected", 1), (DAY, "confirmed", 2), (DAY, "asymptomatic", 1)], until=DAY)
    assert list(curve.counts) == [Classification.CONFIRMED, Classification.ASYMPTOMATIC, Classification.SUSPECTED]
