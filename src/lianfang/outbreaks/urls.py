"""Routes of the room, each with its rule."""

from django.urls import path

from lianfang.access.rules import allow
from lianfang.outbreaks import views

urlpatterns = [
    path("", allow("outbreak.view", views.OutbreakList.as_view()), name="outbreak-list"),
    path("open/", allow("outbreak.manage", views.OpenOutbreak.as_view()), name="outbreak-open"),
    path("<str:code>/change/", allow("outbreak.manage", views.ChangeOutbreak.as_view()), name="outbreak-change"),
]
