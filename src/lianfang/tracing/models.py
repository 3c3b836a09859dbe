"""What is stored about contacts: one `Contact` a person and outbreak, one `Exposure` a meeting setting."""

from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.records.kept import Proposed


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


class Contact(Proposed):
    """A person who met a case (or a contact of one), proposed by tracing and decided by an investigator.

    `found_category` is what the last tracing found, whatever people decided; empty where it found the person no longer.
    The limit of time to locate them follows from `proposed_at` and the playbook (`selectors.locating`); `locating` is
    its stored clock, once somebody paused or escalated it.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="contacts")
    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="contacts")
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    degree = models.SmallIntegerField()
    category = models.CharField(max_length=24)
    found_category = models.CharField(max_length=24, blank=True, default="")
    rule = models.CharField(max_length=120)
    found_by = models.CharField(max_length=16)
    first_contact = models.DateTimeField(null=True, blank=True)
    last_contact = models.DateTimeField(null=True, blank=True, db_index=True)
    minutes = models.FloatField(default=0)
    is_case = models.BooleanField(default=False)
    located_at = models.DateTimeField(null=True, blank=True)
    locating = models.OneToOneField(
        "records.Clock", null=True, blank=True, on_delete=models.SET_NULL, related_name="locating_of"
    )
    located_by = models.ForeignKey("access.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outbreak", "person"], name="contact_once")]

    @property
    def seat_unknown(self) -> bool:
        """Whether a meeting counts only because nobody knows who sat where; it reads the exposures."""
        return any(one.seat_unknown for one in self.exposures.all())


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

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="+")
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


class SamePlaceCount(models.Model):
    """How many people shared a place with a case and are no contact: numbers alone, replaced by each run.

    ``place_kind`` is empty for all kinds together; ``case`` is empty for all cases of the outbreak together.
    """

    outbreak = models.ForeignKey("outbreaks.Outbreak", on_delete=models.CASCADE, related_name="same_place_counts")
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    place_kind = models.CharField(max_length=16, blank=True)
    people = models.IntegerField()
