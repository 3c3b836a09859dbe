"""Django's handle on the room."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "lianfang.reports"
    label = "reports"
