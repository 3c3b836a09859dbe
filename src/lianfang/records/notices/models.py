"""What is stored of a notice, and of who has read it."""

from django.db import models

from lianfang.access.models import Account, Jurisdiction
from lianfang.kernel.text import Text


class Notice(models.Model):
    """Something that an account should know, or the accounts of a role that look after an area.

    `recipient` says for whom in one word, so that one kind of notice about one subject reaches somebody once.
    """

    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_key = models.CharField(max_length=120, blank=True)
    words_zh = models.CharField(max_length=500)
    words_en = models.CharField(max_length=500)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    role = models.CharField(max_length=24, blank=True)
    area = models.ForeignKey(Jurisdiction, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recipient = models.CharField(max_length=80)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["account", "-at"], name="notice_account"),
            models.Index(fields=["role", "-at"], name="notice_role"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_key", "recipient"], name="notice_reaches_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind} {self.subject_key}"

    @property
    def words(self) -> Text:
        """What is said."""
        return Text(self.words_zh, self.words_en)


class NoticeRead(models.Model):
    """An account has read a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reads")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "notice"], name="notice_read_once")]
