"""Routes of the room, each with its rule. The page of one person is assembled in `lianfang.site`."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.registry import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("person.view", views.PersonList.as_view()), name="person-list"),
    path("map/boundaries.json", allow("person.view", views.boundaries), name="boundaries"),
    path("map/buildings.json", allow("person.view", views.buildings), name="buildings"),
]
