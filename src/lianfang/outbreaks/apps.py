"""Django's handle on the room."""

from django.apps import AppConfig


class OutbreaksConfig(AppConfig):
    """Outbreaks, their playbook, runs of their response."""

    name = "lianfang.outbreaks"
    label = "outbreaks"
