"""Which estate a word means: the columns beside a loop over the rows, and the ground of an estate's buildings."""

import polars as pl
import pytest
import shapely
import shapely.geometry
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.kernel.vocabulary import EstateKind
from lianfang.registry.core.estates import (
    ELSEWHERE,
    NAME_LENGTH,
    NO_COMMUNITY,
    TOO_LONG,
    address_line,
    communities_of,
    estate_code,
    estate_kind,
    estate_name,
    estate_names,
    find_estates,
)
from lianfang.registry.core.outline import hull, united

AREAS = pl.DataFrame(
    [
        ("1", "county", "1/"),
        ("11", "township", "1/11/"),
        ("111", "community", "1/11/111/"),
        ("1111", "grid", "1/11/111/1111/"),
        ("112", "community", "1/11/112/"),
        ("12", "township", "1/12/"),
        ("121", "community", "1/12/121/"),
        ("129", "grid", "1/12/129/"),  # a grid right below its township
    ],
    schema=["code", "level", "path"],
    orient="row",
)
PATHS = dict(AREAS.select("code", "path").iter_rows())
LEVELS = dict(AREAS.select("code", "level").iter_rows())


def community(area: str | None) -> str | None:
    return next((a for a in reversed(PATHS[area].split("/")[:-1]) if LEVELS[a] == "community"), None) if area else None


def meant(area: str | None, cell: str | None, known: list[tuple[str, str, str]]) -> tuple[str | None, str | None]:
    """Say it for one row, as slowly as it reads in the docstring."""
    word, home = estate_name(cell or ""), community(area)
    if not word:
        return None, None
    for code, name, lies in known:
        if home is not None and lies == home and name == word:
            return code, None
    for code, _, lies in known:
        if code == (cell or "").strip():
            own = lies == home if home else area is not None and PATHS[lies].startswith(PATHS[area])
            return (code, None) if own else (None, ELSEWHERE)
    if home is None:
        return None, NO_COMMUNITY
    if len(word) > NAME_LENGTH:
        return None, TOO_LONG
    return estate_code(home, word), None


CELLS = st.none() | st.sampled_from(["", " ", "甲", "甲 ", "乙", "乙　园", "E1", " E2", "E3", "长" * 121])
KNOWN = st.lists(
    st.tuples(st.sampled_from(["E1", "E2", "E3", "甲"]), st.sampled_from(["甲", "乙", "乙 园", "E1"]),
              st.sampled_from(["111", "112", "121"])),
    max_size=4, unique_by=(lambda k: k[0], lambda k: k[1:]),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(st.none() | st.sampled_from(AREAS["code"].to_list()), CELLS), max_size=12), KNOWN)
def test_columns_say_what_a_loop_says(rows, known):
    text = {"jurisdiction": pl.String, "estate": pl.String}
    estates = pl.DataFrame(
        known, schema={"code": pl.String, "name": pl.String, "jurisdiction": pl.String}, orient="row"
    )
    found = find_estates(pl.DataFrame(rows, schema=text, orient="row"), areas=AREAS, known=estates)
    expected = [meant(area, cell, known) for area, cell in rows]
    assert list(zip(found.estate, found.problem, strict=True)) == expected
    fresh = {code for code, _ in expected if code} - {code for code, _, _ in known}
    assert set(found.fresh["code"]) == fresh and found.fresh.height == len(fresh)
    # What was found once is known the second time, and nothing new is made.
    both = pl.concat([estates, found.fresh.select("code", "name", "jurisdiction")])
    again = find_estates(pl.DataFrame(rows, schema=text, orient="row"), areas=AREAS, known=both)
    assert again.estate.equals(found.estate) and again.fresh.height == 0


def test_an_area_lies_in_its_community_or_above_all():
    found = dict(communities_of(AREAS).select("jurisdiction", "community").iter_rows())
    assert found == {code: community(code) for code in PATHS}
    assert (found["1111"], found["111"], found["11"], found["129"]) == ("111", "111", None, None)


# Intake lets no control character in as a cell; Python calls four of them space.
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1c\x1d\x1e\x1f"), max_size=12),
        max_size=8,
    )
)
def test_names_take_one_form(texts):
    assert estate_names(pl.Series(texts, dtype=pl.String)).to_list() == [estate_name(t) for t in texts]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("金桂花园", EstateKind.RESIDENTIAL), ("工人新村", EstateKind.RESIDENTIAL), ("和平里", EstateKind.RESIDENTIAL),
        ("东区3期", EstateKind.RESIDENTIAL), ("王家村", EstateKind.VILLAGE), ("张家屯", EstateKind.VILLAGE),
        ("第三村民小组", EstateKind.VILLAGE), ("Lin Village", EstateKind.VILLAGE), ("火车站", EstateKind.OTHER),
    ],
)  # fmt: skip
def test_a_name_tells_its_kind(name, kind):
    assert estate_kind(name) == kind.value


def test_an_address_says_its_estate_once():
    assert address_line("东街 1 号", "金桂花园") == "东街 1 号 · 金桂花园"
    assert address_line("金桂花园 3 号楼", "金桂花园") == "金桂花园 3 号楼"
    assert (address_line("", "金桂花园"), address_line("东街", ""), address_line("", "")) == ("金桂花园", "东街", "")
    assert address_line("***", "***") == "***"


SPOTS = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 5), st.integers(1, 5))
SCALE = 0.001


@given(st.lists(SPOTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_ground_and_the_hull_of_footprints(spots, chance):
    boxes = [shapely.box(x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE) for x, y, w, h in spots]
    drawn = [shapely.geometry.mapping(b) for b in boxes]
    ground, around = shapely.geometry.shape(united(drawn)), shapely.geometry.shape(hull(drawn))
    # An oracle that knows no geometry: the cells of the lattice that any box covers.
    cells = {(i, j) for x, y, w, h in spots for i in range(x, x + w) for j in range(y, y + h)}
    assert abs(ground.area - len(cells) * SCALE**2) < 1e-9
    for box in boxes:
        assert ground.buffer(1e-9).covers(box) and around.buffer(1e-9).covers(box)
    assert abs(around.convex_hull.area - around.area) < 1e-12 and around.area >= ground.area - 1e-12
    chance.shuffle(drawn)
    assert shapely.equals(shapely.geometry.shape(united(drawn)), ground)


def test_what_covers_no_ground_has_none_and_a_crossed_footprint_is_mended():
    point = {"type": "Point", "coordinates": [120.0, 30.0]}
    assert united([]) is None and united([point]) is None and hull([]) is None
    assert hull([point]) == {"type": "Point", "coordinates": [120.0, 30.0]}
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    assert abs(shapely.geometry.shape(united([bow])).area - 0.5) < 1e-9
