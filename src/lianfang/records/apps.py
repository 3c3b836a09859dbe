"""Django's handle on the room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Records: what every room's rows are kept by."""

    name = "lianfang.records"
    label = "records"
