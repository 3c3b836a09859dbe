"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.reports import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("bulletin.view", views.show_bulletin), name="bulletin"),
    path("docx/", allow("bulletin.view", views.download_bulletin), name="bulletin-docx"),
]
