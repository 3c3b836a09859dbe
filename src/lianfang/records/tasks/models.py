"""What is stored of a task: one row."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from lianfang.access.models import Account, Jurisdiction
from lianfang.kernel.text import Text
from lianfang.records.core.tasks import OPEN, TaskState


class Task(models.Model):
    """One piece of long work: what, for whom, about what, how far it is, and what came of it.

    `written_for` is `written_for` of the account for which its file was written. `token` is new at each claim: what a
    worker writes is written only while the row still holds the worker's token.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_key = models.CharField(max_length=120, blank=True)
    subject_zh = models.CharField(max_length=200, blank=True)
    subject_en = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    system = models.CharField(max_length=60, blank=True)
    written_for = models.CharField(max_length=64, blank=True)
    area = models.ForeignKey(Jurisdiction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8, default="zh-hans")
    exclusive = models.CharField(max_length=64, blank=True)

    state = models.CharField(max_length=12, default=TaskState.WAITING.value)
    step = models.CharField(max_length=40, blank=True)
    step_zh = models.CharField(max_length=200, blank=True)
    step_en = models.CharField(max_length=200, blank=True)
    done = models.BigIntegerField(null=True, blank=True)
    total = models.BigIntegerField(null=True, blank=True)

    asked_at = models.DateTimeField()
    not_before = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    token = models.UUIDField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_at_most = models.PositiveSmallIntegerField(default=3)
    is_stop_asked = models.BooleanField(default=False)

    result = models.JSONField(null=True, blank=True)
    url = models.CharField(max_length=300, blank=True)
    failure_zh = models.CharField(max_length=500, blank=True)
    failure_en = models.CharField(max_length=500, blank=True)
    file = models.CharField(max_length=300, blank=True)
    file_bytes = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "pk"]
        indexes = [
            models.Index(fields=["state", "not_before"], name="task_state"),
            models.Index(fields=["asked_by", "-asked_at"], name="task_asked_by"),
            models.Index(fields=["subject_kind", "subject_key"], name="task_subject"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["exclusive"],
                condition=Q(state=TaskState.WAITING.value) & ~Q(exclusive=""),
                name="task_one_waits",
            ),
            models.UniqueConstraint(
                fields=["exclusive"],
                condition=Q(state=TaskState.RUNNING.value) & ~Q(exclusive=""),
                name="task_one_runs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for it."""
        return self.state in OPEN

    @property
    def state_words(self) -> Text:
        """Where it stands, in words."""
        return TaskState.of(self.state).label

    @property
    def subject(self) -> Text:
        """What it is about, in words."""
        return Text(self.subject_zh, self.subject_en)

    @property
    def step_words(self) -> Text:
        """What it is doing."""
        return Text(self.step_zh, self.step_en)

    @property
    def failure(self) -> Text:
        """Why it failed, and what to do; empty where it did not."""
        return Text(self.failure_zh, self.failure_en)

    @property
    def actor(self) -> str:
        """Who asked, as in the audit trail."""
        return f"account:{self.asked_by.username}" if self.asked_by else f"system:{self.system}"

    @property
    def stamp(self) -> str:
        """What of it changes while a page looks on."""
        return f"{self.state}-{self.step}-{self.done}-{self.tries}-{int(self.is_stop_asked)}"

    @property
    def file_path(self) -> Path | None:
        """Where its file lies; None where it made none or it was cleared away."""
        return Path(settings.DATA_DIR) / self.file if self.file else None


def written_for(account: Account) -> str:
    """Return for what kind of reader something is written that an account asked for: its role and its area."""
    return f"{account.role}@{account.jurisdiction_id or ''}"
