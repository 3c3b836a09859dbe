"""The made-up county's land: an outline, areas that tile it, and lots for its buildings.

The county of Yunting (云汀县) is no real county: it lies in the open East China Sea, and its codes belong to nobody.
A lowest area (grid) is a Voronoi cell of its centre, cut to the outline; communities, townships and the county are
unions of the areas below them, so every level tiles the county exactly.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Floats, Ints, shares
from lianfang.drill.core.names import AREA_CODE
from lianfang.kernel.vocabulary import AreaLevel

LONGITUDE, LATITUDE = 124.30, 28.60


"""The middle of the county, in WGS 84: open sea, so that no real place is meant."""


METRES_A_DEGREE = 111_320.0


RADIUS = 15_000.0


COUNTY = ("云汀县", "Yunting County")


PEOPLE_A_GRID = 400


PEOPLE_A_COMMUNITY = 1800


TOWNSHIPS = (
    # Chinese, English, share of the people (the first is the county town).
    ("云汀街道", "Yunting Subdistrict", 20.0),
    ("望汀街道", "Wangting Subdistrict", 14.0),
    ("青禾镇", "Qinghe Town", 10.0),
    ("石埠镇", "Shibu Town", 9.0),
    ("柳渡镇", "Liudu Town", 8.0),
    ("白鹭镇", "Bailu Town", 7.0),
    ("松涧镇", "Songjian Town", 6.0),
    ("槐荫镇", "Huaiyin Town", 5.5),
    ("南汀镇", "Nanting Town", 5.0),
    ("沙洲镇", "Shazhou Town", 4.5),
    ("竹溪乡", "Zhuxi Township", 3.5),
    ("麦岭乡", "Mailing Township", 3.0),
    ("鹿鸣乡", "Luming Township", 2.5),
    ("梅坞乡", "Meiwu Township", 2.0),
)


URBAN = 2
"""So many of the first townships are subdistricts: denser, and built of flats."""


_FIRST = (
    "东dong 西xi 南nan 北bei 上shang 下xia 新xin 古gu 长chang 大da 金jin 玉yu 清qing 永yong 安an "
    "福fu 文wen 景jing 丰feng 和he"
)


_SECOND = (
    "园yuan 河he 岭ling 桥qiao 塘tang 湾wan 溪xi 泉quan 坪ping 湖hu 林lin 冈gang 田tian 浦pu 门men "
    "井jing 庄zhuang 渡du 洲zhou 屏ping"
)


@dataclass(frozen=True)
class Land:
    """The areas of the county.

    Attributes
    ----------
    areas : DataFrame
        code, name, name_en, level, parent, geometry (GeoJSON text, WGS 84), longitude, latitude; parents first.
    grid_codes : array of str, shape (grids,)
    grid_people : array of int, shape (grids,)
        How many people live in each grid.
    grid_township, grid_community : array of int, shape (grids,)
        Their township (0 …) and community (0 …); both ascend.
    community_names : array of str, shape (communities,)
    cells : array of shapely geometry, shape (grids,)
        In metres from the middle of the county.
    """

    areas: pl.DataFrame
    grid_codes: Array
    grid_people: Ints
    grid_township: Ints
    grid_community: Ints
    community_names: Array
    cells: Array


def to_degrees(xy: Floats) -> Floats:
    """Turn metres from the middle of the county (n, 2) into longitude and latitude (n, 2), to 0.1 m."""
    east = METRES_A_DEGREE * np.cos(np.radians(LATITUDE))
    degrees: Floats = np.round(np.asarray(xy) / [east, METRES_A_DEGREE] + [LONGITUDE, LATITUDE], 6)
    return degrees


def geojson(geometries: Array) -> list[str]:
    """Write geometries in metres as GeoJSON geometries in WGS 84, one text each."""
    return list(shapely.to_geojson(shapely.transform(geometries, to_degrees)))


def make_land(chance: Generator, people: int) -> Land:
    """Lay out county, townships, communities and grids for a number of people.

    Parameters
    ----------
    chance : Generator
    people : int
        At least 200. A grid holds about 400 people (fewer in a county below 6,000), a community about 1,800.

    Returns
    -------
    Land
    """
    outline = _outline(chance)
    township_people = shares(people, np.array([t[2] for t in TOWNSHIPS]), least=8)
    centres = _township_centres(chance)
    points: list[Floats] = []
    communities: list[Ints] = []
    for number, inhabitants in enumerate(township_people):
        wanted = max(1, round(inhabitants / PEOPLE_A_COMMUNITY), min(2, int(inhabitants) // 300))
        grids = max(wanted, round(inhabitants / PEOPLE_A_GRID))
        placed, of = _grid_points(chance, outline, centres, number, grids, wanted)
        points.append(placed)
        communities.append(of)
    grid_township = np.repeat(np.arange(len(TOWNSHIPS)), [len(p) for p in points])
    offsets = np.cumsum([0, *[int(c.max()) + 1 for c in communities]])
    grid_community = np.concatenate([c + o for c, o in zip(communities, offsets, strict=False)])
    cells = _cells(np.concatenate(points), outline)
    grid_people = np.concatenate(
        [
            shares(int(n), 0.7 + 0.6 * chance.random(len(p)), least=max(1, int(n) // len(p) // 2))
            for n, p in zip(township_people, points, strict=True)
        ]
    )
    names, names_en = _community_names(chance, grid_township, grid_community)
    areas, codes = _areas(cells, grid_township, grid_community, names, names_en)
    return Land(areas, codes, grid_people, grid_township, grid_community, names, cells)


def _outline(chance: Generator) -> shapely.Polygon:
    """Draw an irregular coast: a circle whose radius wavers by smooth chance."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(2, 14):
        radius += 0.16 / wave * chance.normal() * np.cos(wave * angle + chance.random() * 2 * np.pi)
    radius = RADIUS * np.clip(radius, 0.7, 1.35)
    return shapely.Polygon(np.column_stack([1.15 * radius * np.cos(angle), 0.9 * radius * np.sin(angle)]))


def _township_centres(chance: Generator) -> Floats:
    """Two subdistricts in the middle, four townships around them, eight on the rim."""
    rings = [(0.09, 2), (0.46, 4), (0.82, 8)]
    centres = []
    for distance, number in rings:
        turn = chance.random() * 2 * np.pi
        angle = turn + np.arange(number) * 2 * np.pi / number + chance.normal(0, 0.08, number)
        reach = RADIUS * distance * (1 + chance.normal(0, 0.05, number))
        centres.append(np.column_stack([1.15 * reach * np.cos(angle), 0.9 * reach * np.sin(angle)]))
    return np.concatenate(centres)


def _grid_points(
    chance: Generator, outline: shapely.Polygon, centres: Floats, number: int, grids: int, wanted: int
) -> tuple[Floats, Ints]:
    """Choose grid centres inside a township's land and gather them into communities of neighbours."""
    spread = RADIUS * (0.10 if number < URBAN else 0.22)
    # Best-candidate sampling: of several draws the one furthest from those that stand, so that cells are of like size.
    chosen = [centres[number]]
    for _ in range(grids - 1):
        candidates = centres[number] + chance.normal(0, spread, (24, 2))
        nearest = np.argmin(np.linalg.norm(candidates[:, None] - centres[None], axis=2), axis=1)
        inside = shapely.contains_xy(outline, candidates[:, 0], candidates[:, 1]) & (nearest == number)
        if not inside.any():
            candidates, inside = centres[number] + chance.normal(0, spread / 6, (24, 2)), np.ones(24, dtype=bool)
        candidates = candidates[inside][:8]
        gaps = np.linalg.norm(candidates[:, None] - np.asarray(chosen)[None], axis=2).min(axis=1)
        chosen.append(candidates[np.argmax(gaps)])
    points = np.asarray(chosen)
    # Communities: slices by angle around the township's centre, of like numbers of grids.
    angle = np.arctan2(*(points - centres[number]).T[::-1])
    community = np.empty(grids, dtype=np.int64)
    community[np.argsort(angle, kind="stable")] = np.repeat(np.arange(wanted), shares(grids, np.ones(wanted), least=1))
    order = np.argsort(community, kind="stable")
    return points[order], community[order]


def _cells(points: Floats, outline: shapely.Polygon) -> Array:
    """Cut the county into the Voronoi cells of the grid centres, in the order of the centres."""
    # Coordinates on a millimetre lattice: neighbours then share their corners exactly.
    diagram = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline.buffer(RADIUS)))
    cut = shapely.intersection(shapely.set_precision(diagram, 0.001), outline, grid_size=0.001)
    tree = shapely.STRtree(diagram)
    at_point, cell = tree.query(shapely.points(points), predicate="within")
    of_point = np.empty(len(points), dtype=np.int64)
    of_point[at_point] = cell
    cells: Array = cut[of_point]
    return cells


def _community_names(chance: Generator, township: Ints, community: Ints) -> tuple[Array, Array]:
    """Name every community, differently within the county."""
    split = [[(entry[0], entry[1:]) for entry in words.split()] for words in (_FIRST, _SECOND)]
    pairs = [(a[0] + b[0], (a[1] + b[1]).capitalize()) for a in split[0] for b in split[1] if a[0] != b[0]]
    total = int(community.max()) + 1
    if total > len(pairs):
        pairs += [(a + "新", b + "xin") for a, b in pairs]
    of = np.zeros(total, dtype=np.int64)
    of[community] = township
    chosen = chance.permutation(len(pairs))[:total]
    zh = [pairs[i][0] + ("社区" if t < URBAN else "村") for i, t in zip(chosen, of, strict=True)]
    en = [pairs[i][1] + (" Community" if t < URBAN else " Village") for i, t in zip(chosen, of, strict=True)]
    return np.asarray(zh, dtype=object), np.asarray(en, dtype=object)


def _areas(cells: Array, township: Ints, community: Ints, names: Array, names_en: Array) -> tuple[pl.DataFrame, Array]:
    """Number the areas (county 6 digits, township 9, community 12, grid 15) and unite their outlines upwards."""
    total = int(community.max()) + 1
    of = np.zeros(total, dtype=np.int64)
    of[community] = township
    first = np.searchsorted(of, np.arange(len(TOWNSHIPS)))
    township_codes = [f"{AREA_CODE}{t + 1:03d}" for t in range(len(TOWNSHIPS))]
    community_codes = [f"{township_codes[t]}{c - first[t] + 1:03d}" for c, t in enumerate(of)]
    first_grid = np.searchsorted(community, np.arange(total))
    numbers = np.arange(len(community)) - first_grid[community] + 1
    grid_codes = np.asarray(
        [f"{community_codes[c]}{n:03d}" for c, n in zip(community, numbers, strict=True)], dtype=object
    )
    by_community = np.asarray([_union(cells[community == c]) for c in range(total)], dtype=object)
    by_township = np.asarray([_union(by_community[of == t]) for t in range(len(TOWNSHIPS))], dtype=object)
    rows = [(AREA_CODE, *COUNTY, AreaLevel.COUNTY.value, "")]
    rows += [
        (township_codes[t], zh, en, AreaLevel.TOWNSHIP.value, AREA_CODE) for t, (zh, en, _) in enumerate(TOWNSHIPS)
    ]
    rows += [
        (code, names[c], names_en[c], AreaLevel.COMMUNITY.value, township_codes[of[c]])
        for c, code in enumerate(community_codes)
    ]
    rows += [
        (code, f"{names[c]}第{n}网格", f"{names_en[c]} grid {n}", AreaLevel.GRID.value, community_codes[c])
        for code, c, n in zip(grid_codes, community, numbers, strict=True)
    ]
    shapes = np.concatenate([[_union(by_township)], by_township, by_community, cells])
    middles = to_degrees(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    frame = pl.DataFrame(rows, schema=["code", "name", "name_en", "level", "parent"], orient="row")
    return frame.with_columns(
        pl.Series("geometry", geojson(shapes), dtype=pl.String),
        pl.Series("longitude", middles[:, 0]),
        pl.Series("latitude", middles[:, 1]),
    ), grid_codes


def _union(shapes: Array) -> shapely.Geometry:
    """Unite areas that touch, on the lattice of their corners."""
    return shapely.union_all(shapes, grid_size=0.001)
