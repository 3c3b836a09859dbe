"""Django's handle on the room."""

from django.apps import AppConfig


class ResponseConfig(AppConfig):
    """The room, as an application."""

    name = "lianfang.response"
    label = "response"
