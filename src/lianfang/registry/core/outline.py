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


def rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON geometry with coordinates rounded to 5 decimals."""
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(value: Any) -> Any:
    return round(value, _DECIMALS) if isinstance(value, float | int) else [_round(v) for v in value]


def feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """Return a GeoJSON feature with rounded coordinates."""
    return {"type": "Feature", "geometry": rounded(geometry), "properties": properties}


def feature_collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features)}
