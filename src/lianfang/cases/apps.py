"""Django's handle on the room."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Outbreaks and cases."""

    name = "lianfang.cases"
    label = "cases"
