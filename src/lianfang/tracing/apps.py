"""Django's handle on the room."""

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """The tracing room."""

    name = "lianfang.tracing"
    label = "tracing"
