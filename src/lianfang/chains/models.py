"""What is stored about chains: candidate infectors, and the report that is made of them."""

from django.db import models

from lianfang.access.scoped import ScopedModel


class ChainLink(ScopedModel):
    """A candidate infector of a case, with its weight. It follows what each run infers; what people decided stays.

    `weight` is what was inferred, also where `verdict` (a code of `kernel.vocabulary.LinkVerdict`) says otherwise:
    `core.verdicts.settle` lays one over the other wherever chains are read.
    """

    scope_field = "infectee__jurisdiction"

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="chain_links")
    infector = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    infectee = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="candidates")
    weight = models.FloatField()
    evidence_zh = models.CharField(max_length=300, blank=True)
    evidence_en = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(max_length=12, blank=True, default="")
    verdict_at = models.DateTimeField(null=True, blank=True)
    verdict_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verdict_note = models.CharField(max_length=200, blank=True, default="")

    class Meta(ScopedModel.Meta):
        """A pair is told once an outbreak."""

        constraints = [models.UniqueConstraint(fields=["outbreak", "infector", "infectee"], name="chain_link_once")]


class ClusterReport(models.Model):
    """Chains and clusters of an outbreak as one scope sees them, computed once a run of tracing and kept.

    It can be thrown away at any time: it is made anew from what is stored. `step` says how far a report is that is
    being made; `done_at` is empty until it is whole. `verdicts` tells which decisions about links it stands on.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey("outbreaks.Run", on_delete=models.CASCADE, related_name="+")
    scope_key = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    verdicts = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=16, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    graph = models.TextField(blank=True)
    panels = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "scope_key"], name="cluster_report_once")]
