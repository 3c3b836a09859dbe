"""What is stored about measures: proposed by the playbook, ordered by a named person."""

from django.db import models

from lianfang.records.kept import Proposed


class Measure(Proposed):
    """One period of one measure for one person: what, where, from, until, and why.

    `changed_from` is what was proposed, where a person ordered something else: what exceeds the playbook stays visible.
    `new_proposal` is what is proposed now, where that differs from what was decided upon; ``{"withdrawn": true}`` where
    nothing is proposed any more. Nobody's decision is overwritten by a proposal.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="measures")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="measures")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    category = models.CharField(max_length=24)
    kind = models.CharField(max_length=24)
    place_class = models.CharField(max_length=16)
    start = models.DateTimeField(db_index=True)
    end = models.DateTimeField(null=True, blank=True, db_index=True)
    clock_from = models.CharField(max_length=32)
    clock_at = models.DateTimeField(null=True, blank=True)
    test_dates = models.JSONField(default=list)
    rule = models.CharField(max_length=120)
    reason_zh = models.TextField()
    reason_en = models.TextField()
    playbook = models.CharField(max_length=200)
    changed_from = models.JSONField(null=True, blank=True)
    new_proposal = models.JSONField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbreak", "person", "rule"], name="measure_once")]
