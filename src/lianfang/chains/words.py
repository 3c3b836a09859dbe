"""What the drawing of an outbreak's chains needs beside itself: its words, the names of its groups, its addresses."""

from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import current_lang, label
from lianfang.chains.cluster_panels import place_names
from lianfang.kernel.vocabulary import Classification, PlaceKind

MOST_PLACES = 8
"""Places that have a colour of their own."""


def top_places(data: dict[str, Any], *, most: int = MOST_PLACES) -> list[dict[str, Any]]:
    """Return the places by which the drawing is coloured: those that explain the most, and the common sources.

    Parameters
    ----------
    data : dict
        A report's `panels`.
    most : int
        How many.

    Returns
    -------
    list of dict
        ``id, kind, cases`` (ids), in turns from the top of either table; a place that stands in both is there once,
        with the cases of both.
    """
    tables = (data["settings"], data["sources"]["found"])
    in_turns = [row for pair in zip_longest(*tables) for row in pair if row is not None]
    found: dict[str, dict[str, Any]] = {}
    for row in in_turns:
        if row["place_id"] in found or len(found) < most:
            place = found.setdefault(row["place_id"], {"id": row["place_id"], "kind": row["place_kind"], "cases": []})
            place["cases"] = sorted({*place["cases"], *row["cases"]})
    return list(found.values())


def graph_words(data: dict[str, Any], towns: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what ``<lf-chains>`` needs beside the drawing: words, names of groups, addresses.

    Parameters
    ----------
    data : dict
        A report's `panels`.
    towns : list of (str, str)
        Code and name of each township.
    """
    kinds = {c.value: label(Classification, c.value) for c in Classification} | {"case": _("not classified")}
    drawn = _("The %(drawn)d likeliest of %(links)d links are drawn.") % data if data["drawn"] < data["links"] else ""
    places = top_places(data)
    called = place_names([place["id"] for place in places])
    return {
        "case_url": reverse("case", args=["__CASE__"]),
        "places": [{"id": place["id"], "cases": place["cases"]} for place in places],
        "names": {
            "kind": kinds,
            "setting": {k.value: label(PlaceKind, k.value) for k in PlaceKind} | {"": _("no known infector")},
            "town": dict(towns) | {"": _("elsewhere")},
            "place": {p["id"]: f"{called.get(p['id'], p['id'])} · {label(PlaceKind, p['kind'])}" for p in places}
            | {"": _("none of these places")},
        },
        "words": {
            "title": _("Transmission chains of the whole outbreak"),
            "failed": _("The chains cannot be drawn here: the browser has no WebGL. The list of cases says the same."),
            "search": _("Find a case"),
            "search_hint": _("case id, name or phone"),
            "find": _("Find"),
            "finding": _("Searching …"),
            "find_failed": _("The search was not answered. Try again."),
            "of": _("{n} of {all}"),
            "of_first": _("{n} of the first {all}"),
            "next": _("Next case found"),
            "previous": _("Case found before"),
            "undrawn": _("{n} more fit and are not drawn: they were reported after the last tracing."),
            "hint": _("Press a case in the picture, or find one, to see its source and whom it infected."),
            "nothing": _("No case of that id is drawn. Press “Find” to look by name or phone."),
            "nobody_found": _("No case of this outbreak in your area fits."),
            "colour": _("Colour by"),
            "generation": _("Generation"),
            "kind": _("Classification"),
            "town": _("Township"),
            "setting": _("Setting of the link"),
            "place": _("Place"),
            "place_note": _("A case that was in several of them has the colour of the first, and counts in each."),
            "no_places": _("No place stands out: see the tables below."),
            "until": _("Cases until"),
            "play": _("Play"),
            "pause": _("Pause"),
            "all": _("also the less likely links"),
            "whole": _("Whole picture"),
            "closer": _("Zoom in"),
            "farther": _("Zoom out"),
            "shown": _("{n} cases shown"),
            "legend": _("Legend: press to single out"),
            "later": _("{n} and later"),
            "others": _("other townships"),
            "from": _("infected by"),
            "to": _("infected"),
            "more": _("{n} more"),
            "nobody": _("no known infector"),
            "weight": _("weight"),
            "open": _("Page of the case"),
            "close": _("Clear"),
            "day": _("day"),
            "unknown_day": _("day not known"),
            "save_svg": _("Save the picture (SVG)"),
            "save_png": _("Save the picture (PNG)"),
            "drawn": drawn,
            "lang": current_lang(),
        },
    }
