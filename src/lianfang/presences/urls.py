"""Routes about the presences that are kept, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.presences import views as presence_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("presence.view", presence_views.presences_page), name="presences"),
    path("ingest/", allow("presence.ingest", presence_views.ingest), name="presences-ingest"),
]
