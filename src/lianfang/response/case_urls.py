"""Routes about the response on the page of a case, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.response import case_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:case_id>/progress/", allow("case.view", case_views.progress_part), name="case-progress"),
    path("<str:case_id>/respond/", allow("case.report", case_views.respond), name="case-respond"),
    path("<str:case_id>/respond/cancel/", allow("case.report", case_views.cancel), name="case-respond-cancel"),
]
