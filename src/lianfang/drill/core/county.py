"""The made-up county as frames that the register can load, and as numbers that the days are drawn from."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Bools, Floats, Ints, rank_within
from lianfang.drill.core.estates import estates_of_buildings, make_estates
from lianfang.drill.core.families import Families, make_families
from lianfang.drill.core.land import COUNTY, TOWNSHIPS, URBAN, Land, geojson, make_land, to_degrees
from lianfang.drill.core.lots import footprints, lots
from lianfang.drill.core.organisations import TRADES, Organisations, make_organisations, members_of
from lianfang.kernel.schema import PLACES
from lianfang.kernel.vocabulary import PlaceKind

KINDS: tuple[PlaceKind, ...] = tuple(PlaceKind)
"""Place kinds by number, as `Habits` and `Day` hold them."""
LEAST_PEOPLE = 200
FLAT_FLOORS = 6
HOUSEHOLDS_A_FLAT = 24


@dataclass(frozen=True)
class Habits:
    """Where people may be, by number: people and places are rows of the county's frames.

    Attributes
    ----------
    dwelling, township, community : array of int, shape (people,)
        `community` and `township` ascend with the person's number.
    main : array of int, shape (people,)
        The room where the person works or learns, -1 for none.
    main_township : array of int, shape (people,)
    opens : array of int, shape (people, 2)
        Hours between which the person's work begins.
    school, weekdays_only : array of bool, shape (people,)
    off_day : array of int, shape (people,)
        Weekday (0 = Monday) on which those stay away who work six days.
    first_table, tables : array of int, shape (people,)
        Canteen tables of the person's organisation; `tables` 0 for none.
    tests_every : array of int, shape (people,)
        Days between routine tests, 0 for none.
    age : array of int, shape (people,)
    place_kind : array of int, shape (places,)
    venue : array of int, shape (venues,)
        Places that draw visitors, in the order of their communities.
    venue_weight : array of float, shape (venues,)
    venue_of_township, venue_of_community : array of int, shape (townships + 1,), (communities + 1,)
        Where the venues of each begin.
    """

    dwelling: Ints
    township: Ints
    community: Ints
    main: Ints
    main_township: Ints
    opens: Ints
    school: Bools
    weekdays_only: Bools
    off_day: Ints
    first_table: Ints
    tables: Ints
    tests_every: Ints
    age: Ints
    place_kind: Ints
    venue: Ints
    venue_weight: Floats
    venue_of_township: Ints
    venue_of_community: Ints


@dataclass(frozen=True)
class County:
    """A county of made-up people.

    Attributes
    ----------
    areas : DataFrame
        code, name, name_en, level, parent, geometry (GeoJSON text), longitude, latitude; parents first.
    estates : DataFrame
        code, name, kind, jurisdiction (community), longitude, latitude.
    buildings : DataFrame
        code, name, address, jurisdiction (grid), longitude, latitude, footprint (GeoJSON text), floors, estate (of
        dwellings).
    places : DataFrame
        `kernel.schema.PLACES`; dwellings first, by household.
    organisations : DataFrame
        code, name, kind, place, jurisdiction.
    households : DataFrame
        code, dwelling, jurisdiction.
    people : DataFrame
        `kernel.schema.PEOPLE`, then household and organisation.
    habits : Habits
    hospital : str
        Name of the county's hospital, where fever patients are seen.
    """

    areas: pl.DataFrame
    estates: pl.DataFrame
    buildings: pl.DataFrame
    places: pl.DataFrame
    organisations: pl.DataFrame
    households: pl.DataFrame
    people: pl.DataFrame
    habits: Habits
    hospital: str


def make_county(chance: Generator, *, people: int, today: dt.date) -> County:
    """Make a county.

    Parameters
    ----------
    chance : Generator
        The same state gives the same county.
    people : int
        At least 200.
    today : date
        Ages are counted on this day.

    Returns
    -------
    County
        Made in O(people); 20,000 people take about a second, 500,000 about a quarter of a minute.
    """
    if people < LEAST_PEOPLE:
        raise ValueError(f"a county has at least {LEAST_PEOPLE} people, not {people}")
    land = make_land(chance, people)
    families = make_families(chance, land.grid_people, today)
    grid = families.household_grid[families.household]
    organisations = make_organisations(chance, age=families.age, township=land.grid_township[grid])
    org_grid = _grids_of_organisations(chance, land, organisations)
    built = _build(chance, land, families, organisations, org_grid)
    places = _places(land, families, organisations, org_grid, built)
    return _assemble(chance, land, families, organisations, org_grid, built, places)


@dataclass(frozen=True)
class _Built:
    """Buildings with their estates, and which of them holds each household and organisation (-1: none)."""

    frame: pl.DataFrame
    estates: pl.DataFrame
    household_building: Ints
    household_order: Ints
    org_building: Ints


def _grids_of_organisations(chance: Generator, land: Land, organisations: Organisations) -> Ints:
    """Put each organisation into a grid of its township, more likely where more people live."""
    township = np.asarray(organisations.org_township)
    grid = np.zeros(len(township), dtype=np.int64)
    for number in range(len(TOWNSHIPS)):
        own = np.flatnonzero(land.grid_township == number)
        weights = land.grid_people[own] / land.grid_people[own].sum()
        grid[township == number] = chance.choice(own, size=int((township == number).sum()), p=weights)
    return grid


def _build(chance: Generator, land: Land, families: Families, organisations: Organisations, org_grid: Ints) -> _Built:
    """Draw buildings: blocks of flats in the subdistricts, small houses elsewhere, and one for each workplace."""
    grid = families.household_grid
    flat = land.grid_township[grid] < URBAN
    order = rank_within(grid)
    per_house = np.where(flat, HOUSEHOLDS_A_FLAT, chance.integers(1, 5, len(land.cells))[grid])
    local = order // per_house
    homes = np.zeros(len(land.cells), dtype=np.int64)
    np.maximum.at(homes, grid, local + 1)
    works = np.flatnonzero(np.asarray(organisations.org_trade) != "team")
    work_rank = rank_within(org_grid[works])
    work_number = np.bincount(org_grid[works], minlength=len(land.cells))
    total = homes + work_number
    first = np.concatenate(([0], np.cumsum(total)))
    # In each grid the workplaces stand on the inner lots, then the dwellings around them.
    lot = np.concatenate([lots(chance, cell, int(n)) for cell, n in zip(land.cells, total, strict=True)])
    of = np.repeat(np.arange(len(land.cells)), total)
    within = np.arange(len(of)) - first[of]
    is_home = within >= work_number[of]
    is_flat = is_home & (land.grid_township[of] < URBAN)
    width = np.where(is_flat, 52.0, np.where(is_home, 24.0, 34.0))
    depth = np.where(is_flat, 14.0, np.where(is_home, 12.0, 22.0))
    floors = np.where(is_flat, FLAT_FLOORS, np.where(is_home, 2, 1 + of % 4))
    community = land.grid_community[of]
    number = rank_within(community) + 1
    degrees = to_degrees(lot[:, :2])
    names = land.community_names[community] + np.char.mod("%d号", number).astype(object)
    names = np.where(is_flat, names + "楼", names)
    township = np.asarray([t[0] for t in TOWNSHIPS], dtype=object)[land.grid_township[of]]
    estates, of_grid = make_estates(land)
    frame = pl.DataFrame(
        {
            "code": np.char.mod("B%06d", np.arange(1, len(of) + 1)).tolist(),
            "name": names.tolist(),
            "address": (COUNTY[0] + township + names).tolist(),
            "jurisdiction": land.grid_codes[of].tolist(),
            "longitude": degrees[:, 0],
            "latitude": degrees[:, 1],
            "footprint": geojson(footprints(lot, width, depth)),
            "floors": floors.astype(np.int64),
            "estate": estates_of_buildings(estates, of_grid, of, is_home),
        }
    )
    org_building = np.full(len(org_grid), -1)
    org_building[works] = first[org_grid[works]] + work_rank
    return _Built(frame, estates, first[grid] + work_number[grid] + local, order % per_house, org_building)


def _places(
    land: Land, families: Families, organisations: Organisations, org_grid: Ints, built: _Built
) -> pl.DataFrame:
    """List every dwelling, every room and every canteen table."""
    address = built.frame["address"].to_numpy()
    flat = land.grid_township[families.household_grid] < URBAN
    order = built.household_order
    unit, floor, door = order // 12 + 1, order % 12 // 2 + 1, order % 2 + 1
    room = np.char.mod("%d单元", unit).astype(object) + np.char.mod("%d", floor * 100 + door).astype(object) + "室"
    house = np.char.mod("%d户", order + 1).astype(object)
    home = pl.DataFrame(
        {
            "place_id": np.char.mod("D%06d", np.arange(1, len(order) + 1)).tolist(),
            "name": (built.frame["name"].to_numpy()[built.household_building] + np.where(flat, room, house)).tolist(),
            "place_kind": PlaceKind.DWELLING.value,
            "address": (address[built.household_building] + np.where(flat, room, house)).tolist(),
            "jurisdiction": land.grid_codes[families.household_grid].tolist(),
            "building_number": built.household_building,
            "unit": np.where(flat, unit.astype(str).astype(object), "").tolist(),
            "floor": np.where(flat, floor, 1).astype(str).tolist(),
        }
    )
    room_org = np.asarray(organisations.room_org)
    names = np.asarray(organisations.org_name, dtype=object)
    trades = np.asarray(organisations.org_trade)
    kinds = {name: trade.kind.value for name, trade in TRADES.items()}
    within = rank_within(room_org)
    rooms = _rooms("R%06d", room_org, names[room_org] + np.asarray(organisations.room_name, dtype=object),
                   np.asarray([kinds[t] for t in trades[room_org]]), within // 6 + 1)  # fmt: skip
    table_org = np.repeat(np.arange(len(names)), organisations.tables)
    table_name = names[table_org] + "食堂" + np.char.mod("%d号桌", rank_within(table_org) + 1).astype(object)
    tables = _rooms(
        "T%06d", table_org, table_name, np.full(len(table_org), PlaceKind.MEAL.value), np.ones(len(table_org))
    )
    other = pl.concat([rooms, tables])
    org = other["org"].to_numpy()
    grid = org_grid[org]
    middle = to_degrees(np.array([[c.x, c.y] for c in (cell.centroid for cell in land.cells)]))[grid]
    township = np.asarray([t[0] for t in TOWNSHIPS], dtype=object)[land.grid_township[grid]]
    outdoors = COUNTY[0] + township + land.community_names[land.grid_community[grid]]
    building = built.org_building[org]
    other = other.drop("org").with_columns(
        pl.Series("address", np.where(building >= 0, address[building], outdoors).tolist(), dtype=pl.String),
        pl.Series("jurisdiction", land.grid_codes[grid].tolist(), dtype=pl.String),
        pl.Series("building_number", building),
        pl.lit("").alias("unit"),
    )
    places = pl.concat([home, other.select(home.columns)])
    number = places["building_number"].to_numpy()
    outside = np.concatenate([np.zeros((home.height, 2)), middle])
    at = built.frame.select("longitude", "latitude").to_numpy()[number]
    at = np.where(number[:, None] >= 0, at, outside)
    codes = built.frame["code"].to_numpy()
    return places.with_columns(
        pl.Series("longitude", at[:, 0]),
        pl.Series("latitude", at[:, 1]),
        _where_known(codes, number).alias("building"),
        _where_known(built.frame["estate"].to_numpy(), number).alias("estate"),
    ).select(PLACES.names)


def _where_known(words: Array, number: Ints) -> pl.Series:
    """Look words up by number; a negative number gives an empty value."""
    found = pl.Series(words.tolist(), dtype=pl.String).gather(np.maximum(number, 0))
    return found.set(pl.Series(number < 0), None)


def _rooms(pattern: str, org: Ints, names: Array, kinds: Array, floor: Array) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "place_id": np.char.mod(pattern, np.arange(1, len(org) + 1)).tolist(),
            "name": names.tolist(),
            "place_kind": kinds.tolist(),
            "floor": floor.astype(int).astype(str).tolist(),
            "org": org,
        },
        schema={"place_id": pl.String, "name": pl.String, "place_kind": pl.String, "floor": pl.String, "org": pl.Int64},
    )


def _assemble(
    chance: Generator,
    land: Land,
    families: Families,
    organisations: Organisations,
    org_grid: Ints,
    built: _Built,
    places: pl.DataFrame,
) -> County:
    households = len(families.household_grid)
    room_org = np.asarray(organisations.room_org)
    trades = np.asarray(organisations.org_trade)
    first_room = np.searchsorted(room_org, np.arange(len(trades)))
    place_ids = places["place_id"].to_numpy()
    kinds = {name: trade.kind.value for name, trade in TRADES.items()}
    org_codes = np.char.mod("G%06d", np.arange(1, len(trades) + 1)).astype(object)
    orgs = pl.DataFrame(
        {
            "code": org_codes.tolist(),
            "name": organisations.org_name,
            "kind": [kinds[t] for t in trades],
            "place": place_ids[households + first_room].tolist(),
            "jurisdiction": land.grid_codes[org_grid].tolist(),
        }
    )
    dwellings = places.head(households)
    homes = pl.DataFrame(
        {
            "code": np.char.mod("H%06d", np.arange(1, households + 1)).tolist(),
            "dwelling": dwellings["place_id"],
            "jurisdiction": dwellings["jurisdiction"],
        }
    )
    org, _ = members_of(organisations)
    home = pl.Series(families.household)
    people = families.frame.with_columns(
        pl.Series("occupation", organisations.occupation.tolist(), dtype=pl.String),
        dwellings["address"].gather(home),
        dwellings["jurisdiction"].gather(home),
        homes["code"].gather(home).alias("household"),
        _where_known(org_codes, org).alias("organisation"),
    )
    habits = _habits(chance, land, families, organisations, org, org_grid, places)
    hospital = organisations.org_name[organisations.org_trade.index("hospital")]
    return County(land.areas, built.estates, built.frame, places, orgs, homes, people, habits, hospital)


def _habits(
    chance: Generator,
    land: Land,
    families: Families,
    organisations: Organisations,
    org: Ints,
    org_grid: Ints,
    places: pl.DataFrame,
) -> Habits:
    n = len(families.age)
    households = len(families.household_grid)
    grid = families.household_grid[families.household]
    works = org >= 0
    trades = [TRADES[t] for t in organisations.org_trade]
    tests = np.asarray([t.tests_every for t in trades])
    tables = np.asarray(organisations.tables)
    first_table = households + len(organisations.room_org) + np.concatenate(([0], np.cumsum(tables)))[:-1]
    pupil = works & (np.asarray(organisations.org_trade)[org] == "school") & (families.age < 19)
    drawing = np.asarray(organisations.room_drawing)
    rooms = np.flatnonzero(drawing > 0)
    community = land.grid_community[org_grid[np.asarray(organisations.room_org)[rooms]]]
    order = np.argsort(community, kind="stable")
    rooms, community = rooms[order], community[order]
    of = np.zeros(len(land.community_names), dtype=np.int64)
    of[land.grid_community] = land.grid_township
    return Habits(
        dwelling=families.household,
        township=land.grid_township[grid],
        community=land.grid_community[grid],
        main=np.where(works, households + organisations.room, -1),
        main_township=np.where(works, np.asarray(organisations.org_township)[org], -1),
        opens=np.asarray([t.opens for t in trades])[org],
        school=pupil,
        weekdays_only=works & np.asarray([t.weekdays_only for t in trades])[org],
        off_day=chance.integers(0, 7, n),
        first_table=np.where(works, first_table[org], -1),
        tables=np.where(works, tables[org], 0),
        tests_every=np.where(works & ~pupil, tests[org], 0),
        age=families.age,
        place_kind=np.asarray([PlaceKind.codes().index(k) for k in places["place_kind"]]),
        venue=households + rooms,
        venue_weight=drawing[rooms],
        venue_of_township=np.searchsorted(of[community], np.arange(len(TOWNSHIPS) + 1)),
        venue_of_community=np.searchsorted(community, np.arange(len(of) + 1)),
    )
