"""Django's handle on the room."""

from django.apps import AppConfig


class ChainsConfig(AppConfig):
    """Who infected whom, clusters and settings."""

    name = "lianfang.chains"
    label = "chains"
