"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.cases import itinerary_views, views
from lianfang.cases.case_page import CasePage

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("case.view", views.CaseList.as_view()), name="case-list"),
    path("report/", allow("case.report", views.ReportCase.as_view()), name="case-report"),
    path("<str:case_id>/", allow("case.view", CasePage.as_view()), name="case"),
    path("<str:case_id>/itinerary/", allow("case.view", itinerary_views.itinerary_part), name="case-itinerary"),
    path("<str:case_id>/itinerary.json", allow("case.view", itinerary_views.itinerary_map), name="case-map"),
    path("<str:case_id>/change/", allow("case.change", views.ChangeCase.as_view()), name="case-change"),
    path("<str:case_id>/classify/", allow("case.change", views.ClassifyCase.as_view()), name="case-classify"),
    path("<str:case_id>/isolate/", allow("case.change", views.IsolateCase.as_view()), name="case-isolate"),
]
