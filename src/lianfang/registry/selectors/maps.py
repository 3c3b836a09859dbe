"""The register as a map: outlines of areas and buildings as GeoJSON."""

from typing import Any

from lianfang.access.scope import Scope
from lianfang.registry.core.outline import feature, feature_collection, simplified
from lianfang.registry.models import Boundary, Building
from lianfang.registry.selectors.areas import area_name


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
            footprint or {"type": "Point", "coordinates": [longitude, latitude]},
            {"code": code, "name": name, "floors": floors},
        )
        for code, name, floors, footprint, longitude, latitude in found[:limit]
    )
    return collection | {"complete": len(found) <= limit}
