"""What is stored about cases."""

import uuid

from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.kernel.vocabulary import Classification, Residence


class Case(ScopedModel):
    """A reported case: the report card and the facts of the first investigation.

    `client_key` is made by whoever reports, so that sending the same report twice makes one case. An `onset_date`
    that is empty says: without symptoms. `found_by` is a code of `kernel.vocabulary.CaseSource`, or what the list said.
    """

    case_id = models.CharField(primary_key=True, max_length=64)
    client_key = models.UUIDField(unique=True, default=uuid.uuid4)
    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.PROTECT, related_name="cases")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="cases")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    classification = models.CharField(max_length=16, default=Classification.CONFIRMED.value)
    onset_date = models.DateTimeField(null=True, blank=True)
    sampled_at = models.DateTimeField(null=True, blank=True)
    last_negative_at = models.DateTimeField(null=True, blank=True)
    diagnosed_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(db_index=True)
    isolated_at = models.DateTimeField(null=True, blank=True)
    residence = models.CharField(max_length=20, default=Residence.THIS_COUNTY.value)
    found_by = models.CharField(max_length=32, blank=True)
    reporting_unit = models.CharField(max_length=120, blank=True)
    reporting_doctor = models.CharField(max_length=80, blank=True)
    note = models.TextField(blank=True)
    reported_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT)
