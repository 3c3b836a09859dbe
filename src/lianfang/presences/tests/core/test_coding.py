"""Numbers for texts are those of a dictionary that is filled text by text, whatever the hashes are."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.presences.store import coder
from lianfang.presences.store.coder import Coder

texts = st.lists(st.lists(st.text(max_size=20), max_size=30), max_size=5)


@pytest.mark.parametrize("spread", [None, 1, 3])
@settings(max_examples=60, deadline=None)
@given(batches=texts)
def test_every_text_has_one_number_and_gets_it_back(spread, batches):
    """`spread`: so few different hashes that most texts share theirs with others."""
    with pytest.MonkeyPatch.context() as patch:
        if spread:
            patch.setattr(coder, "_hashes", lambda given: (given.str.len_chars().to_numpy() % spread).astype(np.int64))
        own, given = Coder(), []
        for batch in batches:
            codes = own.codes(pl.Series(batch, dtype=pl.String))
            given += list(zip(batch, codes.tolist(), strict=True))
        number = dict(given)
        assert all(number[text] == code for text, code in given)
        assert own.texts.to_list() == sorted(number, key=number.get) and len(set(number.values())) == len(number)
        again = Coder()
        again.restore(own.texts)
        everything = pl.Series([text for batch in batches for text in batch], dtype=pl.String)
        assert again.codes(everything).tolist() == [number[text] for text in everything]
        assert again.codes(pl.Series(["not there before ✓"])).tolist() == [len(number)]


def test_more_texts_than_the_first_table_holds():
    own = Coder()
    many = pl.Series([f"p{n}" for n in range(50_000)])
    assert np.array_equal(own.codes(many.head(3)), np.arange(3))
    assert np.array_equal(own.codes(many.reverse()), np.r_[np.arange(3, 50_000), 2, 1, 0])
    assert np.array_equal(own.codes(many.slice(10, 5)), np.arange(49_992, 49_987, -1))
    assert own.texts.len() == 50_000
