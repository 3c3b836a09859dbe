"""Django's handle on the room."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Places, persons, households, organisations."""

    name = "lianfang.registry"
    label = "registry"
