"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.measures import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", allow("measure.view", views.MeasureList.as_view()), name="measure-list"),
    path("<int:pk>/change/", allow("measure.order", views.ChangeMeasure.as_view()), name="measure-change"),
    path("why/<int:pk>/", allow("measure.view", views.why), name="measure-why"),
    path("rules/<str:playbook>/<str:rule_id>/", allow("playbook.view", views.rule), name="rule"),
]
