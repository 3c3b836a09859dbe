"""Routes of the parts that the room shows on the page of a case, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.tracing.case_panels import first_part

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:case_id>/first/", allow("case.view", first_part), name="case-first"),
]
