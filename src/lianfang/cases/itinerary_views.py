"""Where a case was: its stays as a list and on a map, those of the infectious window marked."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lianfang.access import audit
from lianfang.access.core.protect import shown
from lianfang.access.scope import system_scope
from lianfang.access.times import now, to_local
from lianfang.access.words import label, say
from lianfang.cases.core.itinerary import itinerary
from lianfang.cases.core.window import infectious_windows
from lianfang.cases.selectors import case_of
from lianfang.kernel.schema import CASES
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.outbreaks.selectors import playbook_of
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.panels import Content
from lianfang.playbook.model import Playbook
from lianfang.presences import keeping
from lianfang.registry.selectors import boundaries_geojson, buildings_geojson, places_frame

_PLACES = system_scope("itinerary")
"""A case has been where it has been: its stays outside the reader's area are told too."""


@dataclass(frozen=True)
class Stay:
    """One stay of the itinerary.

    Attributes
    ----------
    number : int
        On the map and in the list; stays in one place share it.
    infectious : bool
        Whether it overlaps the infectious window.
    """

    number: int
    place_id: str
    place: str
    kind: str
    start: dt.datetime
    end: dt.datetime
    sources: str
    infectious: bool
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True)
class Window:
    """The infectious window of a case, the rule that gave it, and since when its stays are told."""

    start: dt.datetime | None
    end: dt.datetime | None
    rule: str
    since: dt.datetime
    until: dt.datetime


def window_of(case: Any, at: dt.datetime) -> Window:
    """Return the infectious window of a case under the playbook of its outbreak.

    Stays are told from the incubation period before it (mean and two standard deviations of the playbook), in which
    the case was infected itself.
    """
    playbook = playbook_of(case.outbreak)
    as_of = to_local(at)
    facts = {
        "case_id": case.pk,
        "person_id": case.person_id,
        "found_by": case.found_by,
        **{n: to_local(getattr(case, n)) for n in ("onset_date", "sampled_at", "last_negative_at", "isolated_at")},
    }
    times = {n: pl.Datetime("us") for n in facts if n.endswith(("_at", "_date"))}
    frame = CASES.conform(pl.DataFrame([facts], schema_overrides=times))
    row = infectious_windows(frame, lookback=playbook.lookback, as_of=as_of).row(0, named=True)
    start, end = row["infectious_from"], row["infectious_to"]
    first = start or facts["sampled_at"] or to_local(case.reported_at)
    return Window(start, end, row["window_rule"] or "", first - _incubation(playbook), end or as_of)


def _incubation(playbook: Playbook) -> dt.timedelta:
    rule = playbook.natural_history.incubation
    return dt.timedelta(days=math.ceil(rule.mean_days + 2 * rule.sd_days))


def stays_of(case: Any, window: Window, role: str) -> list[Stay]:
    """Return the stays of a case, in their order; the address of a dwelling as the role may see it."""
    known = keeping.of_person(case.person_id, since=window.since, until=window.until)
    stays = itinerary(known)
    places = places_frame(_PLACES, place_ids=stays["place_id"].unique().to_list())
    rows = stays.join(places, on="place_id", how="left", maintain_order="left", suffix="_known")
    numbers: dict[str, int] = {}
    made: list[Stay] = []
    for row in rows.sort("start", "place_id").iter_rows(named=True):
        home = row["place_kind"] == PlaceKind.DWELLING
        address = row["address"] or ""
        place = (shown("address", address, role) if home else address) if not row["name"] else row["name"]
        inside = window.start is not None and row["start"] < window.until and row["end"] > window.start
        made.append(
            Stay(
                number=numbers.setdefault(row["place_id"], len(numbers) + 1),
                place_id=row["place_id"],
                place=place or label(PlaceKind, row["place_kind"]),
                kind=row["place_kind"],
                start=row["start"],
                end=row["end"],
                sources=" ".join(row["sources"] or []),
                infectious=bool(inside),
                longitude=row["longitude"],
                latitude=row["latitude"],
            )
        )
    return made


def case_panel(request: ScopedRequest, case_id: str) -> Content:
    """Show on the page of a case what loads its itinerary: reading many presences does not hold the page up."""
    return Content("cases/_itinerary_waits.html", {"key": case_id}, scripts=("site/dist/map.js",), wide=True)


def itinerary_part(request: ScopedRequest, case_id: str) -> HttpResponse:
    """Show the stays of a case as a list beside its map."""
    case = case_of(request, case_id)
    account = request.account
    window = window_of(case, now())
    stays = stays_of(case, window, account.role)
    _record(request, case)
    rule = ""
    if window.rule:
        try:
            rule = say(playbook_of(case.outbreak).rule(window.rule).title.text)
        except KeyError:
            rule = say(Text("报告中给定", "as stated in the report"))
    context = {"case": case, "stays": stays, "window": window, "window_rule": rule}
    return render(request, "cases/_itinerary.html", context)


def itinerary_map(request: ScopedRequest, case_id: str) -> JsonResponse:
    """Return the stays of a case as ``<lf-map>`` reads them."""
    case = case_of(request, case_id)
    stays = stays_of(case, window_of(case, now()), request.account.role)
    _record(request, case)
    placed = [s for s in stays if s.longitude is not None and s.latitude is not None]
    way = [(s.longitude, s.latitude) for s in stays if s.longitude is not None and s.latitude is not None]
    by_number: dict[int, list[Stay]] = {}
    for stay in placed:
        by_number.setdefault(stay.number, []).append(stay)
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [own[0].longitude, own[0].latitude]},
            "properties": {
                "mark": str(number),
                "kind": "confirmed" if any(s.infectious for s in own) else "stop",
                "label": f"{number}. {own[0].place}",
                "kind_label": " · ".join(f"{s.start:%m-%d %H:%M}–{s.end:%H:%M}" for s in own[:4])
                + (" …" if len(own) > 4 else ""),
                "count": 1,
                "stays": len(own),
            },
        }
        for number, own in by_number.items()
    ]
    tracks = [{"type": "Feature", "geometry": {"type": "LineString", "coordinates": way}, "properties": {"label": ""}}]
    west, east = min((p[0] for p in way), default=0), max((p[0] for p in way), default=0)
    south, north = min((p[1] for p in way), default=0), max((p[1] for p in way), default=0)
    areas = boundaries_geojson(request.scope)
    margin = 0.002  # degrees; about 200 m around the outermost stays
    county: dict[str, Any] = {
        "areas": areas,
        "tracks": {"type": "FeatureCollection", "features": tracks if len(way) > 1 else []},
        "points": {"type": "FeatureCollection", "features": points},
        "words": {
            "title": _("Itinerary of the case"),
            "place": _("Place"),
            "what": _("When"),
            "count": _("Stays"),
            "table": _("As a table"),
            "failed": _("The map cannot be drawn here; the list says the same."),
            "zoom_in": _("Zoom in"),
            "zoom_out": _("Zoom out"),
            "scroll": _("Hold Ctrl and scroll to zoom"),
            "touch": _("Use two fingers to move the map"),
        },
    }
    if way:
        box = (west - margin, south - margin, east + margin, north + margin)
        county["bounds"] = list(box)
        county["buildings"] = buildings_geojson(request.scope, box=box, limit=5000)
    return JsonResponse(county)


def _record(request: ScopedRequest, case: Any) -> None:
    audit.record(
        actor=request.scope.name,
        act="read",
        kind="itinerary",
        key=case.pk,
        detail={"person": case.person_id},
        at=now(),
    )
