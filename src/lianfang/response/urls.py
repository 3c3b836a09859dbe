"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.response import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("<str:code>/second-degree/", allow("case.view", views.second_degree_page), name="second-degree"),
    path(
        "<str:code>/second-degree/<int:place>/", allow("case.view", views.second_degree_row), name="second-degree-row"
    ),
]
