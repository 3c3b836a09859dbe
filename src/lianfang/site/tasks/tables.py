"""The table and the filter of tasks."""

import django_filters
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from lianfang.access.words import choices, say
from lianfang.pages import columns
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

    kind = columns.Code(
        _("Task"),
        words=lambda record, table: kind_words(record.kind),
        shown=lambda record, table: format_html(
            '<a href="{}">{}</a>', reverse("task", args=[record.pk]), kind_words(record.kind)
        ),
    )
    subject = columns.Text(_("About"), shown=lambda record, table: say(record.subject) or "—", orderable=False)
    state = columns.Label(_("State"), TaskState, shown=lambda record, table: _progress(record))
    asked_by = columns.Text(
        _("Asked by"), shown=lambda record, table: _asker(record), order_by="asked_by__username", empty_values=()
    )
    asked_at = columns.Moment(_("Asked at"))
    finished_at = columns.Moment(_("Ended at"))

    class Meta(Table.Meta):
        model = Task
        fields = ("kind", "subject", "state", "asked_by", "asked_at", "finished_at")


def _progress(task: Task) -> str:
    return render_to_string("site/task_progress.html", {"task": task, "is_short": True})


def _asker(task: Task) -> str:
    return (task.asked_by.name or task.asked_by.username) if task.asked_by else task.system


class TaskFilter(FilterSet):
    """By state, kind and day."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=choices(TaskState), empty_label=_("all"))
    kind = django_filters.ChoiceFilter(
        label=_("Task"),
        choices=lambda: [(code, kind_words(code)) for code in sorted(kinds())],
        empty_label=_("all"),
    )
    asked_at = DayRangeFilter(label=_("Day"))
