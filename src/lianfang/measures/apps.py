"""Django's handle on the room."""

from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    """The room of measures."""

    name = "lianfang.measures"
    label = "measures"
