"""What is stored about contacts: one `Contact` a person and outbreak, one `Exposure` a meeting setting."""

from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.kernel.vocabulary import Decision


class Interview(ScopedModel):
    """A contact that a case named, entered by an investigator; a source of exposures beside co-presence."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="interviews")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    first_contact = models.DateTimeField(null=True, blank=True)
    last_contact = models.DateTimeField(null=True, blank=True)
    relation = models.CharField(max_length=80, blank=True)
    place_kind = models.CharField(max_length=16, blank=True, default="")
    protected = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person", "place_kind"], name="interview_once")]


class Contact(ScopedModel):
    """A person who met a case (or a contact of one), proposed by tracing and decided by an investigator."""

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="contacts")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="contacts")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    degree = models.SmallIntegerField()
    category = models.CharField(max_length=24)
    rule = models.CharField(max_length=120)
    found_by = models.CharField(max_length=16)
    first_contact = models.DateTimeField(null=True, blank=True)
    last_contact = models.DateTimeField(null=True, blank=True, db_index=True)
    minutes = models.FloatField(default=0)
    is_case = models.BooleanField(default=False)
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=12, default=Decision.PROPOSED.value, db_index=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=200, blank=True)
    located_at = models.DateTimeField(null=True, blank=True)
    located_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbreak", "person"], name="contact_once")]


class Exposure(models.Model):
    """One row of tracing: a contact met a case (or a contact, for degree 2) in one kind of place.

    Replaced by each run.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="exposures")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="exposures")
    degree = models.SmallIntegerField()
    via = models.ForeignKey("registry.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    place_kind = models.CharField(max_length=16)
    minutes = models.FloatField(null=True, blank=True)
    encounters = models.IntegerField(null=True, blank=True)
    first_contact = models.DateTimeField(null=True, blank=True)
    last_contact = models.DateTimeField(null=True, blank=True)
    found_by = models.CharField(max_length=16)
    rule = models.CharField(max_length=120)
    seat_unknown = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact", "case", "degree", "place_kind"], name="exposure_once")
        ]


class UnregisteredContact(ScopedModel):
    """One row of tracing about somebody whom the register does not know: a traveller, somebody of another county.

    Nobody can call them until they are registered; then the next run makes a `Contact` of them. It belongs where its
    case does, since nobody knows where the person belongs. Replaced by each run; `found_at` stays.
    """

    scope_field = "case__jurisdiction"

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    person_id = models.CharField(max_length=200, db_index=True)
    degree = models.SmallIntegerField()
    via_person_id = models.CharField(max_length=200, blank=True)
    place_kind = models.CharField(max_length=16)
    minutes = models.FloatField(null=True, blank=True)
    encounters = models.IntegerField(null=True, blank=True)
    first_contact = models.DateTimeField(null=True, blank=True)
    last_contact = models.DateTimeField(null=True, blank=True)
    category = models.CharField(max_length=24, blank=True)
    rule = models.CharField(max_length=120, blank=True)
    seat_unknown = models.BooleanField(default=False)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "person_id", "degree", "place_kind"], name="unregistered_once")
        ]


class ChainLink(models.Model):
    """A candidate infector of a case, with its weight. Replaced by each run."""

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="chain_links")
    infector = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="+")
    infectee = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="candidates")
    weight = models.FloatField()
    evidence_zh = models.CharField(max_length=300, blank=True)
    evidence_en = models.CharField(max_length=300, blank=True)


class SamePlaceCount(models.Model):
    """How many people shared a place with a case and are no contact: numbers alone, replaced by each run.

    ``place_kind`` is empty for all kinds together; ``case`` is empty for all cases of the outbreak together.
    """

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="same_place_counts")
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    place_kind = models.CharField(max_length=16, blank=True)
    people = models.IntegerField()


class TracingRun(models.Model):
    """That tracing was carried out, over what, and how long it took.

    `presences` is the digest of the presence store that was traced; empty where an earlier version did not note it.
    """

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="runs")
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    as_of = models.DateTimeField()
    playbook = models.CharField(max_length=200)
    seconds = models.FloatField()
    cases = models.IntegerField()
    contacts = models.IntegerField()
    finished_at = models.DateTimeField()
    presences = models.CharField(max_length=64, blank=True)


class ClusterReport(models.Model):
    """Chains and clusters of an outbreak as one scope sees them, computed once a run of tracing and kept.

    It can be thrown away at any time: it is made anew from what is stored. `step` says how far a report is that is
    being made; `done_at` is empty until it is whole.
    """

    outbreak = models.ForeignKey("cases.Outbreak", on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(TracingRun, on_delete=models.CASCADE, related_name="+")
    scope_key = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    step = models.CharField(max_length=16, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    graph = models.TextField(blank=True)
    panels = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "scope_key"], name="cluster_report_once")]
