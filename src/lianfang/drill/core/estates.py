"""The estates of the made-up county: which dwellings stand together, and how the place is called.

Nothing is drawn here: estates follow from the land, so that a county without them is the same county.
"""

import zlib

import numpy as np
import polars as pl
import shapely

from lianfang.drill.core.chance import Bools, Ints, rank_within
from lianfang.drill.core.land import URBAN, Land, to_degrees
from lianfang.kernel.vocabulary import EstateKind

GRIDS_AN_ESTATE = 2
"""A residential estate of the subdistricts spans two grids; elsewhere a grid is a natural village."""

_ESTATE_NAMES = [
    "锦绣", "阳光", "翠湖", "金桂", "和顺", "紫薇", "碧水", "康宁",
    "春晓", "明珠", "杏林", "银杏", "枫林", "百合", "兰亭", "望海",
]  # fmt: skip
_ESTATE_ENDS = ["花园", "家园", "苑", "公寓", "新村", "小区", "里"]
_VILLAGE_NAMES = [
    "王家", "李家", "张家", "陈家", "林家", "吴家", "周家", "徐家",
    "孙家", "朱家", "胡家", "何家", "郭家", "沈家", "郑家", "叶家",
]  # fmt: skip
_VILLAGE_ENDS = ["庄", "村", "屯", "寨", "大村", "新庄", "老庄"]


def make_estates(land: Land) -> tuple[pl.DataFrame, Ints]:
    """Gather the grids of each community into estates of neighbours.

    Parameters
    ----------
    land : Land

    Returns
    -------
    estates : DataFrame
        code, name, kind, jurisdiction (community), longitude, latitude; names differ within a community.
    of_grid : array of int, shape (grids,)
        The estate of each grid, a row of `estates`; those of one community follow each other.
    """
    middles = shapely.get_coordinates(shapely.centroid(land.cells))
    community, is_urban = land.grid_community, land.grid_township < URBAN
    # Along the longer side of its community, so that grids of one estate lie side by side.
    along = np.empty(len(community))
    for number in range(int(community.max()) + 1):
        own = community == number
        sides = np.ptp(middles[own], axis=0)
        along[own] = middles[own, int(np.argmax(sides))]
    rank = np.empty(len(community), dtype=np.int64)
    order = np.lexsort((along, community))
    rank[order] = rank_within(community[order])
    within = np.where(is_urban, rank // GRIDS_AN_ESTATE, rank)
    first = np.concatenate(([0], np.cumsum(_most(community, within))))
    of_grid: Ints = first[community] + within
    total = int(first[-1])
    holds = np.empty(total, dtype=np.int64)
    holds[of_grid] = community
    town = np.zeros(total, dtype=bool)
    town[of_grid] = is_urban
    rank_of = np.arange(total) - first[holds]
    centres = np.array([middles[of_grid == n].mean(axis=0) for n in range(total)])
    degrees = to_degrees(centres)
    codes = {int(c): str(code)[:-3] for c, code in zip(community, land.grid_codes, strict=True)}
    names = [_name(str(land.community_names[c]), int(n), bool(t)) for c, n, t in zip(holds, rank_of, town, strict=True)]
    frame = pl.DataFrame(
        {
            "code": np.char.mod("E%05d", np.arange(1, total + 1)).tolist(),
            "name": names,
            "kind": [EstateKind.RESIDENTIAL.value if t else EstateKind.VILLAGE.value for t in town],
            "jurisdiction": [codes[int(c)] for c in holds],
            "longitude": degrees[:, 0],
            "latitude": degrees[:, 1],
        }
    )
    return frame, of_grid


def estates_of_buildings(estates: pl.DataFrame, of_grid: Ints, grid: Ints, is_home: Bools) -> pl.Series:
    """Return the code of the estate of each building; nothing for workplaces, which stand outside of the estates.

    Parameters
    ----------
    estates, of_grid
        As from `make_estates`.
    grid : array of int, shape (buildings,)
    is_home : array of bool, shape (buildings,)
    """
    codes = estates["code"].gather(of_grid[grid]).alias("estate")
    return codes.set(pl.Series(~is_home), None)


def _most(community: Ints, within: Ints) -> Ints:
    """Return how many estates each community has."""
    most = np.zeros(int(community.max()) + 1, dtype=np.int64)
    np.maximum.at(most, community, within + 1)
    return most


def _name(community: str, number: int, is_urban: bool) -> str:
    """Name the estates of a community one after the other, beginning where the community's own name says."""
    start = zlib.crc32(community.encode())
    firsts, ends = (_ESTATE_NAMES, _ESTATE_ENDS) if is_urban else (_VILLAGE_NAMES, _VILLAGE_ENDS)
    # The end moves on with each round of the beginnings too: 16 × 7 names before one comes again.
    first, end = (start + number) % len(firsts), (start // 16 + 3 * number + number // len(firsts)) % len(ends)
    return firsts[first] + ends[end]
