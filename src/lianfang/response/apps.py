"""Django's handle on the room."""

from django.apps import AppConfig


class ResponseConfig(AppConfig):
    name = "lianfang.response"
    label = "response"
