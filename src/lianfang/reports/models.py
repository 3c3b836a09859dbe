"""What is stored about bulletins: the issues that were published, each as it was, for ever."""

from typing import Any

from django.db import models

from lianfang.access.scoped import ScopedModel


class Issue(ScopedModel):
    """A bulletin as it was published: what it says is kept, and never counted again.

    `jurisdiction` is the area whose numbers it holds; `number` runs within an outbreak and area. A correction is an
    issue of its own that names the one it `corrects`. `paper` is `core.frozen.frozen` of the bulletin, `areas` the
    outlines of its map; `digest` is that of `paper`.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.PROTECT, related_name="issues")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    number = models.IntegerField()
    day = models.DateField()
    as_of = models.DateTimeField()
    unit = models.CharField(max_length=120)
    signed_by = models.CharField(max_length=80)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    why = models.CharField(max_length=200, blank=True)
    paper = models.JSONField()
    areas = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("access.Account", on_delete=models.PROTECT, related_name="+")

    class Meta(ScopedModel.Meta):
        """One issue of a number."""

        constraints = [models.UniqueConstraint(fields=["outbreak", "jurisdiction", "number"], name="issue_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new issue; one that is stored is never changed."""
        if not self._state.adding:
            raise TypeError("a published issue is frozen: publish a correction")
        super().save(*args, **kwargs)
