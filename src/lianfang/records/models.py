"""Everything that this room stores; tasks and notices keep their tables in their own folders."""

import uuid

from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.records.notices.models import Notice, NoticeRead
from lianfang.records.tasks.models import Task

__all__ = ["Change", "Clock", "Notice", "NoticeRead", "Task"]


class Change(models.Model):
    """One act of a user on one or many rows, with what stood there before, so that it can be taken back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey("access.Account", on_delete=models.PROTECT, related_name="changes")
    act = models.CharField(max_length=40)
    rows = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at"]


class Clock(ScopedModel):
    """A limit of time that hangs on a subject, whatever that is: it is due once and says by which rule.

    Running, overdue, paused and done are not stored: they follow from `due`, `paused_at`, `done_at` and the time
    (`records.selectors.in_state`). `subject_kind` is the label of the subject's model, such as ``cases.case``, and
    `subject` its key; `matter` is the code of what it belongs to, such as an outbreak. `held_seconds` is how long it
    was paused in all, before the pause that goes on; `due` holds it already.
    """

    subject_kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    matter = models.CharField(max_length=40, blank=True, db_index=True)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    clock = models.CharField(max_length=40)
    starts = models.DateTimeField()
    due = models.DateTimeField(db_index=True)
    rule = models.CharField(max_length=120)
    owner = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    held_seconds = models.BigIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.CharField(max_length=80, blank=True)

    class Meta(ScopedModel.Meta):
        """One clock of a code for each subject."""

        constraints = [models.UniqueConstraint(fields=["subject_kind", "subject", "clock"], name="clock_once")]
