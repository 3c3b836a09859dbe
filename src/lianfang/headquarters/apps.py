"""Django's handle on the room."""

from django.apps import AppConfig


class HeadquartersConfig(AppConfig):
    name = "lianfang.headquarters"
    label = "headquarters"
