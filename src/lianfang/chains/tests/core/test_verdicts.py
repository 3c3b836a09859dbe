"""What people decided is laid over what was inferred, against the arithmetic of conditional probability."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.chains.core.verdicts import VERDICTS, settle


def chains(*rows: tuple[str, str, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["infector", "infectee", "weight"], orient="row")
    return frame.with_columns(evidence_zh=pl.lit("x"), evidence_en=pl.lit("x"))


def verdicts(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=VERDICTS, orient="row")


INFERRED = chains(("a", "z", 0.5), ("b", "z", 0.25), ("a", "y", 0.4))


def weights(frame: pl.DataFrame) -> dict[tuple[str, str], float]:
    return {(i, j): w for i, j, w in frame.select("infector", "infectee", "weight").iter_rows()}


def test_a_confirmed_link_weighs_one_and_the_others_of_that_case_nothing():
    said = settle(INFERRED, verdicts(("b", "z", "confirmed")))
    assert weights(said) == {("b", "z"): 1.0, ("a", "z"): 0.0, ("a", "y"): 0.4}
    assert said.filter(infectee="z")["infector"].to_list() == ["b", "a"]
    assert said.filter(pl.col("verdict").is_not_null())["verdict"].to_list() == ["confirmed"]


def test_a_link_ruled_out_leaves_its_weight_to_the_others_and_to_outside():
    said = weights(settle(INFERRED, verdicts(("a", "z", "refused"))))
    assert said["a", "z"] == 0.0 and said["b", "z"] == pytest.approx(0.5) and said["a", "y"] == 0.4


def test_a_confirmed_link_that_was_not_inferred_is_there():
    assert weights(settle(INFERRED, verdicts(("q", "z", "confirmed"))))["q", "z"] == 1.0


def test_nothing_decided_changes_nothing():
    assert (
        settle(INFERRED, verdicts())
        .drop("verdict")
        .equals(INFERRED.sort("infectee", "weight", "infector", descending=[False, True, False]))
    )


@given(
    shares=st.lists(st.integers(0, 300_000), min_size=1, max_size=3),
    out=st.sets(st.integers(0, 2)),
)
def test_weights_of_a_case_never_exceed_one(shares, out):
    frame = chains(*((f"i{n}", "z", share / 1e6) for n, share in enumerate(shares)))
    said = settle(frame, verdicts(*((f"i{n}", "z", "refused") for n in out if n < len(shares))))
    total, left = 1 - sum(shares[n] for n in out if n < len(shares)) / 1e6, weights(said)
    assert said["weight"].sum() <= 1 + 1e-9
    for n, share in enumerate(shares):
        assert left[f"i{n}", "z"] == pytest.approx(0 if n in out else share / 1e6 / total, abs=2e-6)
