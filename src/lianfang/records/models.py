"""Everything that this room stores; tasks and notices keep their tables in their own folders."""

import uuid

from django.db import models

from lianfang.records.notices.models import Notice, NoticeRead
from lianfang.records.tasks.models import Task

__all__ = ["Change", "Notice", "NoticeRead", "Task"]


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
