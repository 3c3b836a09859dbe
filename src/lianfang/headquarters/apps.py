"""Django's handle on the room."""

from django.apps import AppConfig


class HeadquartersConfig(AppConfig):
    """The room: clocks of cases and the command page."""

    name = "lianfang.headquarters"
    label = "headquarters"
