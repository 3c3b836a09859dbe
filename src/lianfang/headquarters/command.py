"""What the command page shows, as links, words and GeoJSON: each number with the address of the list behind it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lianfang.access.core.roles import may
from lianfang.access.scope import Scope, system_scope
from lianfang.access.words import label, say
from lianfang.headquarters import selectors
from lianfang.headquarters.core.curve import Curve, epi_curve
from lianfang.headquarters.selectors import COUNTED, WAITING, CasePoint, TownshipRow
from lianfang.kernel.vocabulary import AreaLevel, Classification
from lianfang.registry.selectors import area_name, boundaries_geojson, buildings_geojson

FIGURES = COUNTED | WAITING

GRAVEST = (Classification.CONFIRMED, Classification.ASYMPTOMATIC, Classification.SUSPECTED)


@dataclass(frozen=True)
class Number:
    """One number of the page.

    Attributes
    ----------
    label, short : str
        What it counts, and the same as the head of a narrow column; without `short` it is not in the table.
    why : str
        What exactly it counts.
    url : str
        Where its list is; empty where the role may not open it.
    tone : str
        How it is shown where it is above zero.
    """

    name: str
    label: str
    short: str
    why: str
    value: int
    url: str
    tone: str


def list_url(name: str, role: str, *, outbreak: str, at: dt.datetime, township: str = "") -> str:
    """Return the address of the list behind a number of `FIGURES`; empty where the role may not open it.

    Parameters
    ----------
    at : datetime
        Naive and local: when the number was counted.
    """
    link = FIGURES[name].list
    if link is None or not may(role, link.permission):
        return ""
    where = {"township": township} if township else {}
    return f"{reverse(link.route)}?{urlencode({'outbreak': outbreak, **where, **link.query(at=at)})}"


def numbers(row: TownshipRow, role: str, *, outbreak: str, at: dt.datetime) -> list[Number]:
    """Return the numbers of a row, each with its list; the row of what lies in no township has no lists of its own."""
    return [
        _number(name, getattr(row, name), list_url(name, role, outbreak=outbreak, at=at, township=row.code))
        for name in COUNTED
    ]


def waiting_numbers(counted: Mapping[str, int], role: str, *, outbreak: str, at: dt.datetime) -> list[Number]:
    """Return what waits (`selectors.waiting`), each number with its list."""
    return [_number(name, value, list_url(name, role, outbreak=outbreak, at=at)) for name, value in counted.items()]


def _number(name: str, value: int, url: str) -> Number:
    figure = FIGURES[name]
    short = say(figure.short) if figure.short else ""
    return Number(name, say(figure.label), short, say(figure.definition), value, url, figure.tone)


def township_of(area: Any) -> str:
    """Return the name of the township in which an area lies; its own name above the townships. Walks the parents."""
    above = area
    while above is not None and above.level in (AreaLevel.GRID, AreaLevel.COMMUNITY):
        above = above.parent
    return area_name(above or area)


def curve_json(outbreak: str, scope: Scope, role: str, *, today: dt.date) -> dict[str, Any]:
    """Return the epi curve as `<lf-epicurve>` reads it (docs/frontend.md); each day leads to its cases."""
    curve = epi_curve(selectors.curve_counts(outbreak, scope), until=today)
    said = {
        "days": [day.isoformat() for day in curve.days],
        "series": [
            {"code": word.value, "label": label(Classification, word.value), "counts": list(counts)}
            for word, counts in curve.counts.items()
        ],
        "words": {
            "title": _("Cases by day of onset"),
            "summary": curve_summary(curve),
            "day": _("Day"),
            "total": _("Total"),
            "table": _("As a table"),
            "failed": _("This could not be read again; what stands here may be old."),
        },
    }
    if may(role, "case.view"):
        said["urls"] = [day_url(outbreak, day) for day in curve.days]
    return said


def day_url(outbreak: str, day: dt.date) -> str:
    """Return the address of the list of the cases that the epi curve shows on a day."""
    query = {"outbreak": outbreak, "excluded": "no", "curve_day": day.isoformat()}
    return f"{reverse('case-list')}?{urlencode(query)}"


def curve_summary(curve: Curve) -> str:
    """Say in a sentence what the epi curve shows."""
    if not curve.days:
        return _("No case has been reported.")
    by_day = [sum(counts[n] for counts in curve.counts.values()) for n in range(len(curve.days))]
    most = max(by_day)
    said = ngettext(
        "%(total)d case from %(first)s to %(last)s; the most on one day, %(most)d, on %(peak)s.",
        "%(total)d cases from %(first)s to %(last)s; the most on one day, %(most)d, on %(peak)s.",
        curve.total,
    ) % {
        "total": curve.total,
        "first": curve.days[0],
        "last": curve.days[-1],
        "most": most,
        "peak": curve.days[by_day.index(most)],
    }
    return " ".join([said, *_outside(curve)])


def _outside(curve: Curve) -> list[str]:
    """Say how many cases lie before and after the days that are shown: as a rule their year is mistyped."""
    said = []
    if curve.earlier:
        words = ngettext(
            "%(n)d case lies before these days: check its dates.",
            "%(n)d cases lie before these days: check their dates.",
            curve.earlier,
        )
        said.append(words % {"n": curve.earlier})
    if curve.later:
        words = ngettext(
            "%(n)d case lies after these days: check its dates.",
            "%(n)d cases lie after these days: check their dates.",
            curve.later,
        )
        said.append(words % {"n": curve.later})
    return said


def map_json(outbreak: str, scope: Scope, role: str, rows: Iterable[TownshipRow], *, at: dt.datetime) -> dict[str, Any]:
    """Return the map as `<lf-map>` reads it (docs/frontend.md): areas shaded by their cases, and cases by home.

    Points are for roles that may see cases; the others see how many there are in each area.
    """
    known = {row.code: row for row in rows if row.code}
    # Outlines hold nothing of anybody: who works in a grid sees that of the township around it.
    areas = boundaries_geojson(system_scope("map"))
    areas["features"] = [area for area in areas["features"] if area["properties"]["code"] in known]
    centres: dict[str, tuple[float, float]] = {}
    for area in areas["features"]:
        own = area["properties"]
        row = known.get(own["code"])
        own["cases"] = row.cases if row else 0
        own["url"] = list_url("cases", role, outbreak=outbreak, at=at, township=own["code"])
        centres[own.pop("path")] = (own["longitude"], own["latitude"])
    points = selectors.case_points(outbreak, scope) if may(role, "case.view") else []
    return {
        "areas": areas,
        "points": {"type": "FeatureCollection", "features": point_features(points, centres)},
        "words": {
            "title": _("Cases where they live"),
            "table": _("As a table"),
            "place": _("Case"),
            "what": _("Classification"),
            "failed": _("This could not be read again; what stands here may be old."),
            "zoom_in": _("Zoom in"),
            "zoom_out": _("Zoom out"),
            "scroll": _("Hold Ctrl and turn the wheel to zoom the map"),
            "touch": _("Move the map with two fingers"),
        },
    }


def point_features(points: Iterable[CasePoint], centres: Mapping[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """Return one point a dwelling, with its cases and the gravest classification among them.

    A case whose dwelling has no coordinates stands in the middle of its township, and says so: none is lost.

    Parameters
    ----------
    points : iterable of CasePoint
        The cases.
    centres : mapping of str to (float, float)
        Path of a township to longitude and latitude of its label.
    """
    at_place: dict[tuple[float, float, bool], list[CasePoint]] = defaultdict(list)
    for point in points:
        if point.longitude is not None and point.latitude is not None:
            at_place[round(point.longitude, 6), round(point.latitude, 6), True].append(point)
        else:
            middle = next((c for path, c in centres.items() if point.area_path.startswith(path)), None)
            if middle is not None:
                at_place[(*middle, False)].append(point)
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "properties": _place(cases, exact=exact),
        }
        for (longitude, latitude, exact), cases in at_place.items()
    ]


def _place(cases: list[CasePoint], *, exact: bool) -> dict[str, Any]:
    gravest = next((w for w in GRAVEST if any(c.classification == w for c in cases)), Classification.SUSPECTED)
    unknown = "" if exact else _("home not on the map")
    return {
        "kind": gravest.value,
        "count": len(cases),
        "mark": str(len(cases)) if len(cases) > 1 else label(Classification, gravest.value)[0],
        "items": [
            {
                "label": one.case_id,
                "kind_label": " · ".join(filter(None, (label(Classification, one.classification), unknown))),
                "url": reverse("case", args=[one.case_id]),
            }
            for one in cases
        ],
    }


def dots_json(scope: Scope) -> dict[str, Any]:
    """Return where the buildings inside a scope stand, as one MultiPoint: small enough to draw a county at once."""
    found = buildings_geojson(scope)["features"]
    return {"type": "MultiPoint", "coordinates": [_first_point(one["geometry"]["coordinates"]) for one in found]}


def _first_point(coordinates: Any) -> list[float]:
    while isinstance(coordinates[0], list | tuple):
        coordinates = coordinates[0]
    return [round(coordinates[0], 5), round(coordinates[1], 5)]
