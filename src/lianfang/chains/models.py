"""What is stored about chains: candidate infectors, and the report that is made of them."""

from django.db import models


class ChainLink(models.Model):
    """A candidate infector of a case, with its weight. It follows what each run infers."""

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="chain_links")
    infector = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    infectee = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="candidates")
    weight = models.FloatField()
    evidence_zh = models.CharField(max_length=300, blank=True)
    evidence_en = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbreak", "infector", "infectee"], name="chain_link_once")]


class ClusterReport(models.Model):
    """Chains and clusters of an outbreak as one scope sees them, computed once a run of tracing and kept.

    It can be thrown away at any time: it is made anew from what is stored. `step` says how far a report is that is
    being made; `done_at` is empty until it is whole.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey("outbreaks.Run", on_delete=models.CASCADE, related_name="+")
    scope_key = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    step = models.CharField(max_length=16, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    graph = models.TextField(blank=True)
    panels = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "scope_key"], name="cluster_report_once")]
