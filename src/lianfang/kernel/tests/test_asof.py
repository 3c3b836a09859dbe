"""What lies after a time of reckoning is not known."""

import datetime as dt

import polars as pl
import pytest

from lianfang.kernel.asof import has_later_test, is_later, known_tests, later_words, moment_words

AS_OF = dt.datetime(2022, 8, 5, 12)


@pytest.mark.parametrize(
    ("moment", "plain", "ends_its_day"),
    [
        (None, False, False),
        (dt.datetime(2022, 8, 5, 12), False, False),
        (dt.datetime(2022, 8, 5, 12, 1), True, True),
        (dt.datetime(2022, 8, 5), False, False),
        (dt.datetime(2022, 8, 6), True, False),  # the bare date 2022-08-05, whose day has begun
        (dt.datetime(2022, 8, 7), True, True),  # the bare date 2022-08-06
    ],
)
def test_a_bare_date_lies_ahead_only_where_its_day_does(moment, plain, ends_its_day):
    frame = pl.DataFrame({"t": [moment]}, schema={"t": pl.Datetime("us")})
    assert frame.select(is_later(pl.col("t"), AS_OF)).item() is plain
    assert frame.select(is_later(pl.col("t"), AS_OF, ends_its_day=True)).item() is ends_its_day


@pytest.mark.parametrize(
    ("tests", "known", "later"),
    [
        (None, None, False),
        ("", "", False),
        ("2022-08-05:neg", "2022-08-05:neg", False),
        ("2022-08-04:neg;2022-08-06:pos", "2022-08-04:neg", True),
        ("2022-08-06:pos; 2022-08-04:neg", " 2022-08-04:neg", True),
        ("2022-08-06:pos", None, True),
        ("negative", "negative", False),
        ("negative;2022-08-07:pos", "negative", True),
        ("2022/8/4:阴性;2022年8月6日:阳性", "2022/8/4:阴性", True),
    ],
)
def test_tests_of_later_days_are_left_out_and_no_others(tests, known, later):
    frame = pl.DataFrame({"t": [tests]}, schema={"t": pl.String})
    assert frame.select(known_tests(pl.col("t"), AS_OF)).item() == known
    assert frame.select(has_later_test(pl.col("t"), AS_OF)).item() is later


def test_the_words_name_the_fact_its_value_and_the_time_of_reckoning():
    frame = pl.DataFrame({"t": [dt.datetime(2022, 8, 6, 9)]})
    said = later_words("isolated_at", moment_words(pl.col("t")), AS_OF)
    for words in (frame.select(one).item() for one in said):
        assert "isolated_at" in words
        assert "2022-08-06 09:00" in words
        assert "2022-08-05 12:00" in words
