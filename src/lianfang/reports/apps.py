"""Django's handle on the room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The room, as an application."""

    name = "lianfang.reports"
    label = "reports"
