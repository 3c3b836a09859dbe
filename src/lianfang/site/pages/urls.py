"""Routes of the pages that several rooms fill, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.site.pages import case, itinerary, live, person

urlpatterns: list[URLPattern | URLResolver] = [
    path("persons/<str:person_id>/", allow("person.view", person.PersonPage.as_view()), name="person"),
    path("cases/<str:case_id>/", allow("case.view", case.case_page), name="case"),
    path("cases/<str:case_id>/itinerary/", allow("case.view", itinerary.itinerary_part), name="case-itinerary"),
    path("cases/<str:case_id>/itinerary.json", allow("case.view", itinerary.itinerary_map), name="case-map"),
    path("cases/<str:case_id>/first/", allow("case.view", live.first_part), name="case-first"),
]
