"""What is missing, and what can be done now, follows from what is there."""

from hypothesis import given
from hypothesis import strategies as st

from lianfang.setup.core.steps import STEPS, is_ready, stands

CODES = [step.code for step in STEPS]
COUNTS = st.dictionaries(st.sampled_from(CODES), st.integers(0, 3))


def test_with_nothing_there_are_areas_and_presences_to_begin_with() -> None:
    assert {one.step.code for one in stands({}) if one.state == "next"} == {"areas", "presences"}
    assert not is_ready({})


def test_one_account_is_only_who_set_up() -> None:
    by_code = {one.step.code: one.state for one in stands({"areas": 5, "accounts": 1})}
    assert (by_code["areas"], by_code["accounts"]) == ("done", "next")


@given(COUNTS)
def test_what_is_there_is_done_and_what_lacks_a_step_before_it_waits(counts: dict[str, int]) -> None:
    found = {one.step.code: one for one in stands(counts)}
    assert list(found) == CODES
    for code, one in found.items():
        done = counts.get(code, 0) >= one.step.need
        before = one.step.after
        ready = not before or counts.get(before, 0) >= found[before].step.need
        assert one.state == ("done" if done else "next" if ready else "later")
    assert is_ready(counts) == all(one.state == "done" or one.step.optional for one in found.values())
