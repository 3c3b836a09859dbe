"""What is stored about clocks: that they were started, when they are due, and who stopped them."""

from django.db import models

from lianfang.access.scoped import ScopedModel


class Clock(ScopedModel):
    """A limit of time running on a case. Running, overdue and done follow from `due` and `done_at`."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="clocks")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    clock = models.CharField(max_length=40)
    starts = models.DateTimeField()
    due = models.DateTimeField(db_index=True)
    rule = models.CharField(max_length=120)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "clock"], name="clock_once")]
