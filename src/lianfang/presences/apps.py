"""Django's handle on the room."""

from django.apps import AppConfig


class PresencesConfig(AppConfig):
    """The presence store, its index, and who met whom."""

    name = "lianfang.presences"
    label = "presences"
