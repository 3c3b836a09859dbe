"""Django's handle on the room."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Shared pages."""

    name = "lianfang.pages"
    label = "pages"
