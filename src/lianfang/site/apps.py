"""Django's handle on the shell."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The shell."""

    name = "lianfang.site"
    label = "lianfang_site"
