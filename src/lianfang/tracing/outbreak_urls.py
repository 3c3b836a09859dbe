"""Routes about a whole outbreak, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.tracing import unregistered_views

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "<str:code>/unregistered/",
        allow("case.view", unregistered_views.UnregisteredList.as_view()),
        name="unregistered-list",
    ),
    path(
        "unregistered/<int:found_id>/register/",
        allow("case.report", unregistered_views.RegisterFound.as_view()),
        name="unregistered-register",
    ),
]
