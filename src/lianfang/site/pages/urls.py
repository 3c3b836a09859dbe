"""Routes of the pages that several rooms fill, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.site.pages import case, person

urlpatterns: list[URLPattern | URLResolver] = [
    path("persons/<str:person_id>/", allow("person.view", person.person_page), name="person"),
    path("cases/<str:case_id>/", allow("case.view", case.case_page), name="case"),
]
