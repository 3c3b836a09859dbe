"""The list of persons, and the register as a map."""

from django.db.models import QuerySet
from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

from lianfang.kernel.vocabulary import AreaLevel
from lianfang.pages.lists import Empty, ListPage, ScopedRequest
from lianfang.registry import selectors
from lianfang.registry.models import Person
from lianfang.registry.tables import PersonFilter, PersonTable


class PersonList(ListPage):
    """Everybody of the register inside the reader's scope."""

    title = _("Persons")
    audit_kind = "registry.person"
    table_class = PersonTable
    filterset_class = PersonFilter
    empty = Empty(
        title=_("Nobody is in the register yet."), hint=_("The register is loaded by the administrator of the county.")
    )

    def get_rows(self) -> QuerySet[Person]:
        return selectors.people(self.request.scope)


def boundaries(request: ScopedRequest) -> JsonResponse:
    """Return the outlines of the townships (or another level) as GeoJSON."""
    asked = request.GET.get("level", AreaLevel.TOWNSHIP.value)
    level = asked if asked in AreaLevel.codes() else AreaLevel.TOWNSHIP.value
    return JsonResponse(selectors.boundaries_geojson(request.scope, level=level))


def buildings(request: ScopedRequest) -> JsonResponse:
    """Return the buildings as GeoJSON, those inside ``box=west,south,east,north`` where it is given."""
    try:
        west, south, east, north = (float(part) for part in request.GET.get("box", "").split(","))
        box = (west, south, east, north)
    except ValueError:
        return JsonResponse(selectors.buildings_geojson(request.scope))
    return JsonResponse(selectors.buildings_geojson(request.scope, box=box))
