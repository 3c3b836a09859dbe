"""The table and the filter of tasks."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices, label, say
from lianfang.pages import parts
from lianfang.pages.filters import DayRangeFilter, FilterSet
from lianfang.pages.tables import Table
from lianfang.records.core.tasks import TaskState
from lianfang.records.tasks.kinds import kinds
from lianfang.records.tasks.models import Task


def kind_words(code: str) -> str:
    """Return what a kind of task is called; one of another version by its code."""
    kind = kinds().get(code)
    return say(kind.label) if kind is not None else code


class TaskTable(Table):
    """Tasks: what, about what, who asked and when, how far."""

    kind = tables.Column(verbose_name=_("Task"))
    subject = tables.Column(accessor="subject", verbose_name=_("About"), orderable=False)
    state = tables.Column(verbose_name=_("State"))
    asked_by = tables.Column(verbose_name=_("Asked by"), order_by="asked_by__username", empty_values=())
    asked_at = tables.Column(verbose_name=_("Asked at"))
    finished_at = tables.Column(verbose_name=_("Ended at"))

    class Meta(Table.Meta):
        model = Task
        fields = ("kind", "subject", "state", "asked_by", "asked_at", "finished_at")

    def render_kind(self, value: str, record: Task) -> str:
        return format_html('<a href="{}">{}</a>', reverse("task", args=[record.pk]), kind_words(value))

    def value_kind(self, value: str) -> str:
        return kind_words(value)

    def render_subject(self, value: Any) -> str:
        return say(value) or "—"

    def render_state(self, record: Task) -> str:
        return render_to_string("site/task_progress.html", {"task": record, "is_short": True})

    def value_state(self, value: str) -> str:
        return label(TaskState, value)

    def render_asked_by(self, record: Task) -> str:
        return (record.asked_by.name or record.asked_by.username) if record.asked_by else record.system

    def render_asked_at(self, value: Any) -> str:
        return parts.moment(value)

    def value_asked_at(self, value: Any) -> Any:
        return value

    def render_finished_at(self, value: Any) -> str:
        return parts.moment(value)

    def value_finished_at(self, value: Any) -> Any:
        return value


class TaskFilter(FilterSet):
    """By state, kind and day."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=choices(TaskState), empty_label=_("all"))
    kind = django_filters.ChoiceFilter(
        label=_("Task"),
        choices=lambda: [(code, kind_words(code)) for code in sorted(kinds())],
        empty_label=_("all"),
    )
    asked_at = DayRangeFilter(label=_("Day"))
