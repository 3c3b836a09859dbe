"""The register as a map: outlines of areas, estates and buildings as GeoJSON."""

from collections.abc import Iterable
from typing import Any, Literal

from lianfang.access.scope import Scope
from lianfang.access.words import area_name
from lianfang.registry.core.outline import feature, feature_collection, hull, simplified, united
from lianfang.registry.models import Boundary, Building, Estate


def boundaries_geojson(scope: Scope, *, level: str = "township") -> dict[str, Any]:
    """Return the outlines of the areas of one level inside a scope, simplified together so that borders still meet.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection; properties ``code, name, path`` (name in the reader's language) and the label
        point ``longitude, latitude``. One query.
    """
    rows = Boundary.objects.select_related("jurisdiction").filter(jurisdiction__level=level).order_by("pk")
    inside = [row for row in rows if scope.covers(row.jurisdiction.path)]
    outlines = simplified([row.geometry for row in inside])
    return feature_collection(
        feature(
            outline,
            {
                "code": row.jurisdiction_id,
                "name": area_name(row.jurisdiction),
                "path": row.jurisdiction.path,
                "longitude": row.longitude,
                "latitude": row.latitude,
            },
        )
        for row, outline in zip(inside, outlines, strict=True)
    )


def buildings_geojson(
    scope: Scope, *, box: tuple[float, float, float, float] | None = None, limit: int = 20_000
) -> dict[str, Any]:
    """Return the buildings inside a scope as GeoJSON: the footprint where it is known, else a point. One query.

    Parameters
    ----------
    box : (west, south, east, north), optional
        Only buildings whose point lies in it, in degrees.
    limit : int
        At most so many features; ``complete`` in the result says whether that was all of them.
    """
    rows = Building.objects.within(scope).order_by("code")
    if box is not None:
        west, south, east, north = box
        rows = rows.filter(longitude__range=(west, east), latitude__range=(south, north))
    found = list(rows.values_list("code", "name", "floors", "footprint", "longitude", "latitude")[: limit + 1])
    collection = feature_collection(
        feature(
            footprint or _point(longitude, latitude),
            {"code": code, "name": name, "floors": floors},
        )
        for code, name, floors, footprint, longitude, latitude in found[:limit]
    )
    return collection | {"complete": len(found) <= limit}


def estates_geojson(
    scope: Scope, *, codes: Iterable[str] | None = None, shape: Literal["hull", "union"] = "hull"
) -> dict[str, Any]:
    """Return the estates inside a scope as GeoJSON. Two queries.

    Parameters
    ----------
    codes : iterable of str, optional
        Only these estates; by default all.
    shape : {"hull", "union"}
        How an estate is drawn whose own footprint nobody gave: the convex outline of its buildings (points where they
        have no footprint), or the ground that their footprints cover.

    Returns
    -------
    dict
        A FeatureCollection by code; properties ``code, name, kind, buildings`` (how many stand inside the scope). An
        estate without anything to draw is its own point, or has no geometry.
    """
    rows = Estate.objects.within(scope).order_by("code")
    stand = Building.objects.within(scope).exclude(estate=None).order_by("code")
    if codes is not None:
        wanted = list(codes)
        rows, stand = rows.filter(pk__in=wanted), stand.filter(estate__in=wanted)
    buildings: dict[str, list[tuple[Any, float, float]]] = {}
    for estate, *drawn in stand.values_list("estate_id", "footprint", "longitude", "latitude"):
        buildings.setdefault(estate, []).append(tuple(drawn))
    features = []
    for row in rows:
        of = buildings.get(row.code, [])
        outline = row.footprint or (
            hull([ground or _point(x, y) for ground, x, y in of])
            if shape == "hull"
            else united([ground for ground, _, _ in of if ground])
        )
        if outline is None and row.longitude is not None and row.latitude is not None:
            outline = _point(row.longitude, row.latitude)
        told = {"code": row.code, "name": row.name, "kind": row.kind, "buildings": len(of)}
        features.append(feature(outline, told))
    return feature_collection(features)


def _point(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}
