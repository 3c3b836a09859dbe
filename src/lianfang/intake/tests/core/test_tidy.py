"""Text in one form: what a form does to a text is what a list does to its cell."""

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from lianfang.intake.core.cells import tidy_column
from lianfang.kernel.tidy import tidy_text

SNIPPETS = [
    "'",
    '="',
    '"',
    '""',
    "=",
    "\u200b",
    "\ufeff",
    "\u3164",
    "\u00a0",
    "　",
    "张",
    "１",
    "a",
    " ",
    "\0",
    "\x1f",
    "\u2028",
]


@given(
    st.lists(st.one_of(st.sampled_from(SNIPPETS), st.characters(exclude_categories=["Cs"])), max_size=8).map("".join)
)
@example("'00124")
@example('="0001"')
@example("'t Hooft")
def test_one_text_is_tidied_as_a_cell_is(text: str) -> None:
    assert tidy_text(text) == (tidy_column(pl.Series([text], dtype=pl.String))[0] or "")


def test_what_nobody_sees_is_empty() -> None:
    for text in ("\u200b", "\u3164\ufeff", "\x01", "\u2800 ", "\u115f", "\ufe0f", '=""', None):
        assert tidy_text(text) == ""
    assert tidy_text("周\u200b新") == "周新" and tidy_text("Ｐ１") == "P1"
