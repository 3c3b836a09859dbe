"""Routes of the room, each with its rule. The page of one case (``case``) is assembled in `lianfang.site`."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.cases import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("case.view", views.CaseList.as_view()), name="case-list"),
    path("report/", allow("case.report", views.ReportCase.as_view()), name="case-report"),
    path("<str:case_id>/change/", allow("case.change", views.ChangeCase.as_view()), name="case-change"),
    path("<str:case_id>/classify/", allow("case.change", views.ClassifyCase.as_view()), name="case-classify"),
    path("<str:case_id>/isolate/", allow("case.change", views.IsolateCase.as_view()), name="case-isolate"),
]
