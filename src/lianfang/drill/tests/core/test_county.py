"""A county holds together: everybody lives somewhere, areas nest, numbers are right and nobody's."""

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from stdnum import numdb
from stdnum.cn import ric

from lianfang.drill.core.chance import rank_within, shares, weighted_in_ranges
from lianfang.drill.core.county import make_county
from lianfang.drill.core.names import AREA_CODE
from lianfang.drill.seeds import chance
from lianfang.drill.tests.cast import UNTIL, county
from lianfang.kernel.schema import PEOPLE, PLACES
from lianfang.registry.core.estates import estate_kind


@given(
    total=st.integers(0, 5000),
    weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=30),
    least=st.integers(0, 3),
)
def test_shares_sum_and_stay_near_proportion(total: int, weights: list[float], least: int) -> None:
    if total < least * len(weights):
        with pytest.raises(ValueError, match="cannot be split"):
            shares(total, np.array(weights), least=least)
        return
    parts = shares(total, np.array(weights), least=least)
    exact = least + (total - least * len(weights)) * np.array(weights) / sum(weights)
    assert parts.sum() == total
    assert (np.abs(parts - exact) < 1 + 1e-9).all()


@given(st.lists(st.integers(0, 5), max_size=40))
def test_rank_within_counts_those_of_the_group_before(groups: list[int]) -> None:
    assert rank_within(np.array(groups, dtype=int)).tolist() == [groups[:i].count(g) for i, g in enumerate(groups)]


def test_weighted_draw_follows_weights_and_leaves_empty_ranges() -> None:
    weights = np.array([1.0, 3.0, 5.0, 5.0])
    drawn = weighted_in_ranges(chance(1, "day"), weights, np.zeros(40_000, dtype=int), np.full(40_000, 2))
    assert set(drawn) == {0, 1}
    assert abs((drawn == 1).mean() - 0.75) < 0.01
    assert weighted_in_ranges(chance(1, "day"), weights, np.array([2]), np.array([2])).tolist() == [-1]


@settings(max_examples=8, deadline=None)
@given(people=st.integers(200, 3000), seed=st.integers(0, 10**6))
def test_everybody_lives_in_a_dwelling_of_their_grid_and_keys_are_unique(people: int, seed: int) -> None:
    made = make_county(chance(seed, "county"), people=people, today=dt.date(2021, 8, 20))
    assert made.people.height == people
    for frame, key in (
        (made.people, "person_id"),
        (made.people, "id_number"),
        (made.places, "place_id"),
        (made.households, "code"),
        (made.organisations, "code"),
        (made.buildings, "code"),
        (made.estates, "code"),
        (made.areas, "code"),
    ):
        assert frame[key].n_unique() == frame.height, key
        assert frame[key].null_count() == 0
    homes = made.people.join(made.households.select("code", "dwelling"), left_on="household", right_on="code").join(
        made.places, left_on="dwelling", right_on="place_id", suffix="_of_home"
    )
    assert homes.height == people
    assert (homes["place_kind"] == "dwelling").all()
    assert (homes["jurisdiction"] == homes["jurisdiction_of_home"]).all()
    grids = made.areas.filter(pl.col("level") == "grid")["code"]
    assert made.people["jurisdiction"].is_in(grids.implode()).all()
    for frame, column, other, key in (
        (made.people, "organisation", made.organisations, "code"),
        (made.organisations, "place", made.places, "place_id"),
        (made.places, "building", made.buildings, "code"),
        (made.places, "estate", made.estates, "code"),
        (made.buildings, "estate", made.estates, "code"),
        (made.households, "dwelling", made.places, "place_id"),
    ):
        assert frame[column].drop_nulls().is_in(other[key].implode()).all(), column


def test_columns_are_those_that_the_register_loads() -> None:
    made = county()
    assert made.people.columns == [*PEOPLE.names, "household", "organisation"]
    assert made.people.select(PEOPLE.names).schema == PEOPLE.dtypes
    assert made.places.schema == PLACES.dtypes


def test_same_seed_same_county_another_seed_another() -> None:
    made = [make_county(chance(seed, "county"), people=300, today=UNTIL.date()) for seed in (5, 5, 6)]
    for name in ("areas", "estates", "buildings", "places", "organisations", "households", "people"):
        assert_frame_equal(getattr(made[0], name), getattr(made[1], name))
    assert made[0].people["name"].to_list() != made[2].people["name"].to_list()


def test_identity_numbers_are_right_in_form_and_belong_to_no_real_area() -> None:
    for number, born, sex in county().people.select("id_number", "birth_date", "sex").iter_rows():
        assert ric.calc_check_digit(number) == number[-1]
        assert ric.get_birth_date(number) == born
        assert (int(number[16]) % 2 == 1) == (sex == "male")
    listed = numdb.get("cn/loc").info(AREA_CODE)
    assert not any("county" in properties for _, properties in listed)  # no county was ever given this code


def test_telephone_numbers_are_different_and_cannot_exist() -> None:
    phones = county().people["phone"].drop_nulls()
    assert phones.n_unique() == len(phones)
    assert phones.str.contains(r"^129\d{8}$").all()  # mobile numbers begin with 13 to 19


def test_areas_of_each_level_tile_the_area_above() -> None:
    areas = county().areas
    shapes = {code: shapely.from_geojson(text) for code, text in areas.select("code", "geometry").iter_rows()}
    assert (areas["level"] == "township").sum() == 14
    for code, level in areas.select("code", "level").iter_rows():
        children = [shapes[c] for c in areas.filter(pl.col("parent") == code)["code"]]
        if level == "grid":
            assert not children
            continue
        united = shapely.union_all(children, grid_size=1e-6)
        assert united.symmetric_difference(shapes[code], grid_size=1e-6).area < 1e-6 * shapes[code].area
        assert abs(sum(c.area for c in children) - shapes[code].area) < 1e-4 * shapes[code].area  # no overlap
        assert code == "330999" or code.startswith(areas.filter(pl.col("code") == code)["parent"][0])


def test_people_and_buildings_stand_inside_their_grid() -> None:
    made = county()
    shapes = {code: shapely.from_geojson(text) for code, text in made.areas.select("code", "geometry").iter_rows()}
    for code, lon, lat in made.buildings.select("jurisdiction", "longitude", "latitude").iter_rows():
        assert shapes[code].buffer(1e-6).contains(shapely.Point(lon, lat))
    footprint = json.loads(made.buildings["footprint"][0])
    assert footprint["type"] == "Polygon"
    assert footprint["coordinates"][0][0] == footprint["coordinates"][0][-1]


def test_organisations_have_a_long_tail_and_classes_are_no_crowds() -> None:
    made = county(20_000, 3)
    sizes = made.people.filter(~pl.col("occupation").is_in(["student", "nursery_child"])).drop_nulls("organisation")
    staff = sizes["organisation"].value_counts()["count"]
    assert 100 < staff.max() <= 300
    assert staff.median() <= 6
    main = pl.Series(made.habits.main).filter(pl.Series(made.habits.school))
    assert main.value_counts()["count"].max() <= 38
    assert 250 < made.people["jurisdiction"].value_counts()["count"].mean() < 550


def test_dwellings_stand_in_estates_of_their_community_and_workplaces_in_none() -> None:
    made = county(20_000, 3)
    stands = made.buildings.filter(pl.col("estate").is_not_null()).join(
        made.estates.rename({"code": "estate", "jurisdiction": "community"}), on="estate"
    )
    assert stands.height == made.buildings["estate"].count() > 500
    assert (stands["jurisdiction"].str.slice(0, 12) == stands["community"]).all()
    homes = made.places.filter(pl.col("place_kind") == "dwelling")
    assert homes["estate"].null_count() == 0
    assert made.places.filter(pl.col("place_kind") != "dwelling")["estate"].count() == 0
    by_building = homes.select("building", "estate").unique()
    assert by_building["building"].is_unique().all()
    joined = by_building.join(made.buildings, left_on="building", right_on="code")
    assert (joined["estate"] == joined["estate_right"]).all()
    # Every community has a few, each of another name; those of the subdistricts are residential and span two grids.
    communities = made.areas.filter(pl.col("level") == "community")["code"]
    per = made.estates.group_by("jurisdiction").agg(pl.len(), pl.col("name").n_unique())
    assert set(per["jurisdiction"]) == set(communities) and (per["len"] == per["name"]).all()
    assert 1 < per["len"].mean() < 6
    urban = pl.col("jurisdiction").str.slice(0, 9).is_in([f"{AREA_CODE}001", f"{AREA_CODE}002"])
    assert set(made.estates.filter(urban)["kind"]) == {"residential"}
    assert set(made.estates.filter(~urban)["kind"]) == {"village"}
    assert [estate_kind(name) for name in made.estates["name"]] == made.estates["kind"].to_list()
    assert stands.group_by("estate").agg(pl.col("jurisdiction").n_unique(), pl.col("kind").first()).filter(
        pl.col("jurisdiction") > pl.when(pl.col("kind") == "residential").then(2).otherwise(1)
    ).is_empty()  # fmt: skip


def test_estates_draw_nothing_so_the_county_is_the_one_before_them() -> None:
    generator = chance(5, "county")
    made = make_county(generator, people=300, today=dt.date(2021, 8, 20))
    # As drawn by the version before estates: the number that comes next, and what was drawn last.
    assert int(generator.integers(2**31)) == 2_084_597_444
    assert int(made.habits.off_day.sum()) == 926


def test_too_few_people_for_a_county() -> None:
    with pytest.raises(ValueError, match="at least 200"):
        make_county(chance(1, "county"), people=100, today=UNTIL.date())
