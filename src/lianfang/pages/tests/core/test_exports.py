"""What a spreadsheet would run is written so that it does not."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.pages.exports import neutral, plain


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_could_start_a_formula_gets_an_apostrophe(start: str) -> None:
    assert neutral(f"{start}1+1") == f"'{start}1+1"


@given(st.text())
def test_no_text_starts_a_formula_and_none_loses_a_character(text: str) -> None:
    written = neutral(text)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert written.removeprefix("'") == text or written == text


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
