"""Django's handle on the room."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Shared pages."""

    name = "lianfang.pages"
    label = "pages"

    def ready(self) -> None:
        from lianfang.pages.large_export import EXPORT
        from lianfang.records.tasks.kinds import declare

        declare(EXPORT)
