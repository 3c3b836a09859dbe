"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.registry import views
from lianfang.registry.person_page import PersonPage

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("person.view", views.PersonList.as_view()), name="person-list"),
    path("map/boundaries.json", allow("person.view", views.boundaries), name="boundaries"),
    path("map/buildings.json", allow("person.view", views.buildings), name="buildings"),
    path("<str:person_id>/", allow("person.view", PersonPage.as_view()), name="person"),
]
