"""Routes of the response on the page of a case, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.site.pages import answer, live

urlpatterns: list[URLPattern | URLResolver] = [
    path("cases/<str:case_id>/progress/", allow("case.view", live.progress_part), name="case-progress"),
    path("cases/<str:case_id>/respond/", allow("case.report", answer.respond), name="case-respond"),
]
