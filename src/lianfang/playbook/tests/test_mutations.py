"""No text of a playbook makes a traceback, however it is mutated."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.playbook.check import read_overlay, read_playbook
from lianfang.playbook.load import load
from lianfang.playbook.tests.texts import EIGHT, LOCAL

TOKENS = [
    "  ",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    "|",
    ">",
    "&a ",
    "*a",
    "!!int ",
    "---\n",
    "null",
    "~",
    "no",
    "1e999",
    ".inf",
    "0x1F",
    "12:30:00",
    "2021-02-30",
    "2021-05-14T00:00:00",
    "\t",
    "\n",
    "é",
    "密",
    "\ud7ff",
    "<<: ",
    "? ",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_mutation_of_the_text_makes_a_traceback(data) -> None:
    source = data.draw(st.sampled_from([EIGHT, LOCAL]))
    start = data.draw(st.integers(0, len(source) - 1))
    length = data.draw(st.sampled_from([0, 1, 2, 5, 30, 200]))
    new = "".join(data.draw(st.lists(st.sampled_from(TOKENS), max_size=4)))
    text = source[:start] + new + source[start + length :]
    if source is LOCAL:
        overlay, found = read_overlay(text, file="m.yaml", base=load("covid19-cn-8"))
        assert (overlay is None) == bool(found)
    else:
        book, found = read_playbook(text, file="m.yaml")
        assert (book is None) == bool(found)
    for one in found:
        assert 1 <= one.line <= text.count("\n") + 1
        assert one.text.zh and one.text.en


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_mutation_of_the_tree_makes_a_traceback(data) -> None:
    """Values of any type at any place; the file is written anew, so the text is always YAML."""
    tree = yaml.safe_load(data.draw(st.sampled_from([EIGHT, LOCAL])))
    here, steps = tree, 0
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        steps += 1
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.booleans()):
            here = here[key]
            continue
        value = data.draw(
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(),
                st.floats(),
                st.text(max_size=8),
                st.just([]),
                st.just({}),
                st.lists(st.integers(), max_size=2),
                st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
            )
        )
        if data.draw(st.booleans()):
            here[key] = value
        elif isinstance(here, dict):
            del here[key]
        else:
            here.insert(key, value)
        break
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    if "extends" in tree:
        overlay, found = read_overlay(text, file="m.yaml", base=load("covid19-cn-8"))
        assert (overlay is None) == bool(found)
    else:
        book, found = read_playbook(text, file="m.yaml")
        assert (book is None) == bool(found)
