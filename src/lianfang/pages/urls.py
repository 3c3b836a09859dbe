"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.pages import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("components.view", views.components), name="components"),
    path("rule/", allow("components.view", views.sample_rule), name="components-rule"),
]
