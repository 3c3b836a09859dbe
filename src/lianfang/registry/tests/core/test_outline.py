import shapely
import shapely.geometry

from lianfang.registry.core.outline import feature_collection, rounded, simplified


def wavy(teeth=2000):
    """Two areas that share a wavy border at x = 0.5."""
    border = [(0.5 + (0.00005 if i % 2 else -0.00005), i / teeth) for i in range(teeth + 1)]
    left = shapely.Polygon([(0, 0), *border, (0, 1)])
    right = shapely.Polygon([(1, 0), *border, (1, 1)])
    return [shapely.geometry.mapping(left), shapely.geometry.mapping(right)]


def test_neighbours_keep_one_border_and_lose_its_teeth():
    made = simplified(wavy())
    left, right = (shapely.geometry.shape(g) for g in made)
    assert len(left.exterior.coords) < 2000 / 4
    assert shapely.area(shapely.intersection(left, right)) < 1e-12
    assert abs(shapely.area(shapely.union(left, right)) - 1) < 1e-9


def test_coordinates_are_rounded_to_a_metre():
    point = {"type": "Point", "coordinates": (120.123456789, 30.0)}
    assert rounded(point)["coordinates"] == [120.12346, 30.0]


def test_nothing_gives_an_empty_collection():
    assert simplified([]) == []
    assert feature_collection([]) == {"type": "FeatureCollection", "features": []}
