from lianfang.cases.core.classification import TRANSITIONS, transition_problems, ways_from
from lianfang.kernel.vocabulary import Classification

EVERYTHING = {"onset_date", "sampled_at", "note"}


def test_exactly_the_moves_of_the_table_are_allowed():
    table = {(t.before, t.after) for t in TRANSITIONS}
    for before in Classification:
        for after in Classification:
            problems = transition_problems(before, after, has=EVERYTHING)
            assert (not problems) == ((before, after) in table)
            assert not problems or list(problems) == ["classification"]


def test_each_need_is_asked_for():
    for t in TRANSITIONS:
        for need in t.needs:
            assert list(transition_problems(t.before, t.after, has=EVERYTHING - {need})) == [need]


def test_every_classification_can_be_left():
    assert all(ways_from(c) for c in Classification)


def test_a_refusal_says_what_is_possible():
    text = transition_problems("confirmed", "asymptomatic", has=EVERYTHING)["classification"]
    assert "已排除" in text.zh
    assert "excluded" in text.en
