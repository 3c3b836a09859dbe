"""Django's handle on the room."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "lianfang.measures"
    label = "measures"
