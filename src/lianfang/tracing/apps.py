"""Django's handle on the room."""

from django.apps import AppConfig


class TracingConfig(AppConfig):
    name = "lianfang.tracing"
    label = "tracing"
