"""What a spreadsheet would run is written so that it does not."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.pages.exports import neutral, plain, typed


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_could_start_a_formula_gets_an_apostrophe(start: str) -> None:
    assert neutral(f"{start}1+1") == f"'{start}1+1"


@given(st.text() | st.from_regex(r"[=+\-@][0-9.]*", fullmatch=True))
def test_no_text_starts_a_formula_and_none_loses_a_character(text: str) -> None:
    written = neutral(text)
    is_number = written.lstrip("+-").replace(".", "", 1).isdigit() and len(written) - len(written.lstrip("+-")) < 2
    assert is_number or written == "-" or not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written.removeprefix("'") == text or written == text


@pytest.mark.parametrize("number", ["-3", "+8613800000001", "-0.5", "-"])
def test_a_text_that_is_a_number_runs_nowhere_and_stays_as_it_is(number: str) -> None:
    assert neutral(number) == number and plain(number) == number


def test_an_empty_cell_and_a_dash_hold_nothing() -> None:
    assert {plain(one) for one in (None, "", "—", float("nan"), float("inf"))} == {""}
    assert typed(dt.datetime(2021, 8, 5, 16, 0, 59, tzinfo=dt.UTC)) == dt.datetime(2021, 8, 6)
    assert typed("=1+1") == "=1+1"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (-3, -3),
        (1.5, 1.5),
        (True, "True"),
        (dt.date(2021, 8, 6), "2021-08-06"),
        (dt.datetime(2021, 8, 6, 9, 5, 30), "2021-08-06 09:05"),
        (dt.datetime(2021, 8, 5, 16, 0, tzinfo=dt.UTC), "2021-08-06 00:00"),
        ("王", "王"),
    ],
)
def test_plain(value: object, written: object) -> None:
    assert plain(value) == written
