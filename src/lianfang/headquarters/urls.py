"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.headquarters import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("account.own", views.show_command), name="command"),
    path("command/now/", allow("command.view", views.command_now), name="command-now"),
    path("command/map.json", allow("command.view", views.county_map), name="command-map"),
    path("command/curve.json", allow("command.view", views.curve), name="command-curve"),
    path("command/dots.json", allow("command.view", views.dots), name="command-dots"),
    path("clocks/", allow("clock.view", views.ClockList.as_view()), name="clock-list"),
]
