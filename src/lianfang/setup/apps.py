"""Django's handle on the room."""

from django.apps import AppConfig


class SetupConfig(AppConfig):
    """Beginning in a real office."""

    name = "lianfang.setup"
    label = "setup"
