"""Outlines for a map: GeoJSON geometries simplified to what a screen can show."""

from collections.abc import Iterable, Sequence
from typing import Any

import shapely
import shapely.geometry

_DECIMALS = 5  # about one metre


def simplified(geometries: Sequence[dict[str, Any]], *, tolerance: float = 0.0004) -> list[dict[str, Any]]:
    """Simplify the outlines of neighbouring areas together, so that a border stays one line.

    Parameters
    ----------
    geometries : sequence of dict
        GeoJSON polygons or multipolygons in WGS 84.
    tolerance : float
        Degrees; the square root of the area of the smallest triangle that is kept (Visvalingam–Whyatt).

    Returns
    -------
    list of dict
        GeoJSON geometries in the same order, coordinates rounded to 5 decimals.
    """
    if not geometries:
        return []
    shapes = shapely.coverage_simplify([shapely.geometry.shape(g) for g in geometries], tolerance)
    return [rounded(shapely.geometry.mapping(s)) for s in shapes]


def united(geometries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the ground that geometries cover together, such as the footprints of an estate's buildings.

    Parameters
    ----------
    geometries : sequence of dict
        GeoJSON geometries in WGS 84; those that cross themselves are mended, points and lines cover no ground.

    Returns
    -------
    dict or None
        A GeoJSON Polygon or MultiPolygon; None where nothing covers ground.
    """
    return _mapping(shapely.union_all([s for s in _shapes(geometries) if s.area > 0]))


def hull(geometries: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the smallest convex outline around geometries: one shape on a map for what stands apart.

    Parameters
    ----------
    geometries : sequence of dict
        GeoJSON geometries in WGS 84, points among them.

    Returns
    -------
    dict or None
        A GeoJSON Polygon (a LineString or Point where all lie on one line or in one point); None for nothing.
    """
    return _mapping(shapely.convex_hull(shapely.geometrycollections(_shapes(geometries))))


def _shapes(geometries: Sequence[dict[str, Any]]) -> list[Any]:
    return [shapely.make_valid(shapely.geometry.shape(g)) for g in geometries]


def _mapping(shape: Any) -> dict[str, Any] | None:
    return None if shape.is_empty else rounded(shapely.geometry.mapping(shape))


def rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON geometry with coordinates rounded to 5 decimals."""
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(value: Any) -> Any:
    return round(value, _DECIMALS) if isinstance(value, float | int) else [_round(v) for v in value]


def feature(geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature with rounded coordinates; its geometry is null where nobody knows it."""
    return {"type": "Feature", "geometry": geometry and rounded(geometry), "properties": properties}


def feature_collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}
