"""Django's handle on the room."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Outbreaks and cases."""

    name = "lianfang.cases"
    label = "cases"

    def ready(self) -> None:
        """Have undoing look at what a case may not become again."""
        from lianfang.cases.services import need_one_case_each
        from lianfang.records.changes import check_undo

        check_undo("cases.Case", need_one_case_each)
