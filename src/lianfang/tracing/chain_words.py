"""What the drawing of an outbreak's chains needs beside itself: its words, the names of its groups, its addresses."""

from typing import Any

from django.utils.translation import gettext as _

from lianfang.access.words import current_lang, label
from lianfang.kernel.vocabulary import Classification, PlaceKind
from lianfang.tracing.cluster_tables import page_address


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
    return {
        "case_url": page_address("case", "__CASE__"),
        "names": {
            "kind": kinds,
            "setting": {k.value: label(PlaceKind, k.value) for k in PlaceKind} | {"": _("no known infector")},
            "town": dict(towns) | {"": _("elsewhere")},
        },
        "words": {
            "title": _("Transmission chains of the whole outbreak"),
            "failed": _("The chains cannot be drawn here: the browser has no WebGL. The list of cases says the same."),
            "search": _("Find a case"),
            "search_hint": _("case id"),
            "hint": _("Press a case in the picture, or find one, to see its source and whom it infected."),
            "nothing": _("No case of that id is drawn."),
            "colour": _("Colour by"),
            "generation": _("Generation"),
            "kind": _("Classification"),
            "town": _("Township"),
            "setting": _("Setting of the link"),
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
            "drawn": drawn,
            "lang": current_lang(),
        },
    }
