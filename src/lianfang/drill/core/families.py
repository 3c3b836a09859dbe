"""The people of the county in their households: ages, sexes, names, numbers.

Households are of a few kinds (alone, couple, couple with children, three generations …); sizes and ages follow what
is usual in a Chinese county, an average of 2.7 people a household. They are for a drill, not for demography.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Bools, Ints, rank_within
from lianfang.drill.core.names import draw_given_names, draw_surnames, make_id_numbers, make_phones
from lianfang.kernel.vocabulary import Sex

# Members by role. Ages of the others follow from the head's.
_HEAD, _SPOUSE, _CHILD, _SECOND_CHILD, _GRANDPARENT, _OTHER_GRANDPARENT = range(6)
_KINDS: tuple[tuple[float, tuple[int, ...], tuple[int, int]], ...] = (
    # share of households, roles, range of the head's age
    (0.10, (_HEAD,), (23, 45)),
    (0.10, (_HEAD,), (45, 88)),
    (0.10, (_HEAD, _SPOUSE), (24, 45)),
    (0.19, (_HEAD, _SPOUSE), (45, 86)),
    (0.25, (_HEAD, _SPOUSE, _CHILD), (26, 56)),
    (0.05, (_HEAD, _CHILD, _GRANDPARENT), (28, 54)),
    (0.10, (_HEAD, _SPOUSE, _CHILD, _SECOND_CHILD), (29, 50)),
    (0.05, (_HEAD, _SPOUSE, _CHILD, _GRANDPARENT), (28, 54)),
    (0.04, (_HEAD, _SPOUSE, _CHILD, _GRANDPARENT, _OTHER_GRANDPARENT), (28, 52)),
    (0.02, (_HEAD, _SPOUSE, _CHILD, _SECOND_CHILD, _GRANDPARENT, _OTHER_GRANDPARENT), (30, 48)),
)


@dataclass(frozen=True)
class Families:
    """People by number (0 …), in the order of their households, grid after grid.

    Attributes
    ----------
    household, age : array of int, shape (people,)
    household_grid : array of int, shape (households,)
    male : array of bool, shape (people,)
    frame : DataFrame
        person_id, name, id_number, phone, sex, birth_date.
    """

    household: Ints
    household_grid: Ints
    age: Ints
    male: Bools
    frame: pl.DataFrame


def make_families(chance: Generator, grid_people: Ints, today: dt.date) -> Families:
    """Fill every grid with exactly its number of people.

    Parameters
    ----------
    chance : Generator
    grid_people : array of int, shape (grids,)
    today : date
        Ages are counted on this day.

    Returns
    -------
    Families
    """
    role, household, household_grid, kind = _households(chance, grid_people)
    age, male = _ages_and_sexes(chance, role, household, kind)
    birth = _birth_dates(chance, age, today)
    surname = _surnames(chance, role, household, len(household_grid))
    given = draw_given_names(chance, male=male, born=birth.dt.year().to_numpy().astype(np.int64))
    n = len(role)
    phones = make_phones(chance, n)
    frame = pl.DataFrame(
        {
            "person_id": [f"P{i:06d}" for i in range(1, n + 1)],
            "name": (surname + given).tolist(),
            "id_number": make_id_numbers(birth, male).tolist(),
            # Small children have no telephone of their own.
            "phone": pl.Series(phones.tolist(), dtype=pl.String).set(pl.Series(age < 8), None),
            "sex": np.where(male, Sex.MALE.value, Sex.FEMALE.value).tolist(),
            "birth_date": birth,
        }
    )
    return Families(household, household_grid, age, male, frame)


def _households(chance: Generator, grid_people: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw households until each grid is full; the last one of a grid loses the members that are too many."""
    weights = np.array([kind[0] for kind in _KINDS])
    sizes = np.array([len(kind[1]) for kind in _KINDS])
    table = np.full((len(_KINDS), int(sizes.max())), -1)
    for number, (_, roles, _) in enumerate(_KINDS):
        table[number, : len(roles)] = roles
    drawn: list[Ints] = []
    for people in grid_people:
        kinds = chance.choice(len(_KINDS), size=int(people), p=weights / weights.sum())
        drawn.append(kinds[: int(np.searchsorted(np.cumsum(sizes[kinds]), people)) + 1])
    kind = np.concatenate(drawn)
    household_grid = np.repeat(np.arange(len(grid_people)), [len(d) for d in drawn])
    household = np.repeat(np.arange(len(kind)), sizes[kind])
    role = table[kind][table[kind] >= 0]
    fits = rank_within(household_grid[household]) < np.asarray(grid_people)[household_grid[household]]
    return role[fits], household[fits], household_grid, kind


def _ages_and_sexes(chance: Generator, role: Ints, household: Ints, kind: Ints) -> tuple[Ints, Bools]:
    ranges = np.array([k[2] for k in _KINDS])[kind]
    head = ranges[:, 0] + np.floor(chance.random(len(kind)) * (ranges[:, 1] - ranges[:, 0])).astype(np.int64)
    of = head[household]
    n = len(role)
    born_at = np.clip(np.round(chance.normal(27, 3.5, n)), 20, 40).astype(np.int64)
    first_child = np.clip(of - born_at, 0, 24)
    age = np.select(
        [role == _HEAD, role == _SPOUSE, role == _CHILD, role == _SECOND_CHILD],
        [
            of,
            np.clip(of + np.round(chance.normal(-1, 2.5, n)).astype(np.int64), 22, 92),
            first_child,
            np.clip(first_child - chance.integers(2, 7, n), 0, 24),
        ],
        default=np.clip(of + born_at, 46, 95),
    )
    head_male = chance.random(len(kind)) < 0.6
    male = np.select(
        [role == _HEAD, role == _SPOUSE, role == _GRANDPARENT, role == _OTHER_GRANDPARENT],
        [head_male[household], ~head_male[household], chance.random(n) < 0.4, chance.random(n) < 0.5],
        default=chance.random(n) < 0.52,
    )
    return age.astype(np.int64), male


def _birth_dates(chance: Generator, age: Ints, today: dt.date) -> pl.Series:
    """Draw a birthday on which each person has the age that was drawn, counted on `today`."""
    days = np.floor(age * 365.2425).astype(np.int64) + 1 + chance.integers(0, 363, len(age))
    born = np.datetime64(today) - days
    return pl.Series("birth_date", born.astype("datetime64[D]"))


def _surnames(chance: Generator, role: Ints, household: Ints, households: int) -> Array:
    """Children bear the head's name, and so does one grandparent; the others bring their own."""
    of_household = draw_surnames(chance, households)
    own = draw_surnames(chance, len(role))
    family = np.isin(role, (_HEAD, _CHILD, _SECOND_CHILD, _GRANDPARENT))
    return np.where(family, of_household[household], own)
