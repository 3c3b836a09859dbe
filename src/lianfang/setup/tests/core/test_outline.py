"""An outline becomes a tree: who lies in whom follows from the indents, and what does not fit is said by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.errors import Refused
from lianfang.setup.core.outline import Area, parse_outline


def test_a_county_with_townships_communities_and_grids() -> None:
    text = """
330999 安和县 / Anhe
    城关镇 / Chengguan
        东社区
            一网格
        西社区
    330999105，西山乡
"""
    assert parse_outline(text) == [
        Area("330999", "安和县", "Anhe", "county", ""),
        Area("330999001", "城关镇", "Chengguan", "township", "330999"),
        Area("330999001001", "东社区", "", "community", "330999001"),
        Area("330999001001001", "一网格", "", "grid", "330999001001"),
        Area("330999001002", "西社区", "", "community", "330999001"),
        Area("330999105", "西山乡", "", "township", "330999"),
    ]


def test_tabs_wide_blanks_and_full_width_digits_count_as_plain_ones() -> None:
    tabs = parse_outline("３３０９９９　安和县\n\t城关镇\n\t\t东社区")
    wide = parse_outline("330999 安和县\n　　城关镇\n　　　　东社区")
    assert tabs == wide


def test_an_area_that_is_known_keeps_its_code_when_a_line_comes_before_it() -> None:
    first = parse_outline("33 县\n  甲镇\n  乙镇")
    known = {(area.parent, area.name): area.code for area in first}
    longer = {area.name: area.code for area in parse_outline("33 县\n  新镇\n  甲镇\n  乙镇", known=known)}
    assert longer == {"县": "33", "甲镇": "33001", "乙镇": "33002", "新镇": "33003"}


def test_a_code_that_is_written_further_down_is_not_given_away() -> None:
    codes = [area.code for area in parse_outline("33 县\n  甲镇\n  33001 乙镇")]
    assert codes == ["33", "33002", "33001"]


def test_the_highest_area_may_be_a_city() -> None:
    areas = parse_outline("33 东海市\n  330999 安和县", top="city")
    assert [area.level for area in areas] == ["city", "county"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at least one line"),
        ("  \n\n", "at least one line"),
        ("甲县\n乙县", "line 2: there is one highest area"),
        ("甲县\n    镇\n  村", "line 3: its indent fits no line above"),
        ("甲县\n 镇\n  村\n   网格\n    楼", "line 5: it lies below a grid"),
        ("33 甲县\n  33 镇", "line 2: the code 33 stands in line 1"),
        ("甲县\n  镇\n  镇", "line 3: '镇' stands twice"),
        ("甲县\n  / Town", "line 2: it has no name"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        parse_outline(text)


TREES = st.lists(st.tuples(st.integers(1, 3), st.sampled_from("甲乙丙丁戊")), max_size=8)


@given(TREES, st.integers(1, 4))
def test_an_outline_says_what_a_tree_says(lines: list[tuple[int, str]], step: int) -> None:
    """Write a random tree down, read it back: the obvious way beside ours."""
    wanted, path, text = {("县",)}, ["县"], ["县"]
    for deep, name in lines:
        depth = min(deep, len(path))
        below = [*path[:depth], name]
        if tuple(below) in wanted:
            continue  # a name stands once in an area, and a line that is not written has nothing below it
        path = below
        wanted.add(tuple(path))
        text.append(" " * step * depth + name)
    areas = {area.code: area for area in parse_outline("\n".join(text))}

    def full(area: Area) -> tuple[str, ...]:
        return (*(full(areas[area.parent]) if area.parent else ()), area.name)

    assert {full(area) for area in areas.values()} == wanted
    assert len(areas) == len(wanted)
