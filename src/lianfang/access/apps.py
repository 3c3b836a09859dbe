"""Django's handle on the room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Access."""

    name = "lianfang.access"
    label = "access"

    def ready(self) -> None:
        from lianfang.access import checks, signals  # noqa: F401
