"""What is stored about outbreaks: which policy answers them, and when a response was carried out."""

from django.db import models

from lianfang.access.scoped import ScopedModel


class Outbreak(ScopedModel):
    """Cases that are answered together, under one playbook (with overlays) at a time."""

    code = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    playbook = models.CharField(max_length=80)
    overlays = models.JSONField(default=list)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)


class Run(models.Model):
    """That the response to an outbreak was carried out, over what, and how long it took.

    `case_id` is the case whose report asked for it, empty where none did. `presences` is the digest of the presence
    store that was traced; empty where an earlier version did not note it. `facts` is the digest of the other facts that
    were used (`response.selectors.standing`), empty where it is not noted; `number` is the entry of the audit trail up
    to which nothing else was written, 0 where others were meanwhile.
    """

    outbreak = models.ForeignKey(Outbreak, on_delete=models.CASCADE, related_name="runs")
    case_id = models.CharField(max_length=64, blank=True)
    as_of = models.DateTimeField()
    playbook = models.CharField(max_length=200)
    seconds = models.FloatField()
    cases = models.IntegerField()
    contacts = models.IntegerField()
    finished_at = models.DateTimeField()
    presences = models.CharField(max_length=64, blank=True)
    facts = models.CharField(max_length=64, blank=True)
    number = models.BigIntegerField(default=0)
