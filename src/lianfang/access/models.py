"""What is stored about accounts, areas and the audit trail."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Jurisdiction(models.Model):
    """One area of the tree; `path` is the codes from the root down, each followed by a slash."""

    code = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    level = models.CharField(max_length=16)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class Account(AbstractUser):
    """A person who signs in: one role, one place in the tree."""

    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=24)
    jurisdiction = models.ForeignKey(Jurisdiction, null=True, blank=True, on_delete=models.PROTECT)
    language = models.CharField(max_length=8, default="zh-hans")


class AuditEntry(models.Model):
    """One line of the audit trail. Append-only; `digest` chains it to the line before."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    act = models.CharField(max_length=16)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]


class AuditHead(models.Model):
    """The number and digest of the last entry, so that a removed tail is noticed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)


class ApiKey(models.Model):
    """A key by which a machine acts as an account; the secret itself is stored nowhere, only its keyed hash."""

    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=80)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="api_keys")
    permissions = models.JSONField(default=list, blank=True)
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-made_at"]
