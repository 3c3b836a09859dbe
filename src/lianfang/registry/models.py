"""What is stored about places, buildings, households, organisations and persons."""

from django.db import models

from lianfang.access.scoped import ScopedModel
from lianfang.kernel.vocabulary import EstateKind, IdType, Sex


class Boundary(models.Model):
    """The outline of an area, as a GeoJSON geometry in WGS 84."""

    jurisdiction = models.OneToOneField("access.Jurisdiction", primary_key=True, on_delete=models.CASCADE)
    geometry = models.JSONField()
    longitude = models.FloatField()
    latitude = models.FloatField()


class Estate(ScopedModel):
    """A residential estate or village of a community, with the buildings that stand in it.

    `code` is the list's own, or made from community and name by `registry.core.estates.estate_code`; the footprint is
    a GeoJSON geometry where a list gives one, else `registry.selectors.estates_geojson` draws it from the buildings.
    """

    code = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, default=EstateKind.RESIDENTIAL.value)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    footprint = models.JSONField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        """One estate of a name in a community."""

        constraints = [models.UniqueConstraint(fields=["jurisdiction", "name"], name="estate_once_in_a_community")]


class Building(ScopedModel):
    """A building of the register; its footprint is a GeoJSON geometry."""

    code = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=200, blank=True)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT)
    longitude = models.FloatField()
    latitude = models.FloatField()
    footprint = models.JSONField(null=True, blank=True)
    floors = models.SmallIntegerField(default=1)


class Place(ScopedModel):
    """Whatever is shared: a room, table, carriage, shop, home.

    `estate` says where a place without a known building stands; a place in a building stands where the building does.
    """

    place_id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=16)
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    address = models.CharField(max_length=200, blank=True)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT)
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT)
    unit = models.CharField(max_length=20, blank=True)
    floor = models.CharField(max_length=10, blank=True)


class Organisation(ScopedModel):
    """A workplace, school, hospital or shop, with the place where it is."""

    code = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16)
    place = models.ForeignKey(Place, null=True, blank=True, on_delete=models.PROTECT)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)


class Household(ScopedModel):
    """The people who live in one dwelling."""

    code = models.CharField(primary_key=True, max_length=64)
    dwelling = models.ForeignKey(Place, on_delete=models.PROTECT)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)


class Person(ScopedModel):
    """One person, one identity. Read through `registry.selectors`, which covers what a role may not see.

    `pinyin` is the search key of `registry.core.pinyin`; `occupation` a code of `kernel.vocabulary.Occupation` where
    it came from a report card, or the words of the list it came from; `estate` what a list says of the home, and counts
    where the dwelling does not say it.
    """

    person_id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=80, blank=True)
    pinyin = models.CharField(max_length=160, blank=True)
    id_number = models.CharField(max_length=40, blank=True, db_index=True)
    id_type = models.CharField(max_length=20, default=IdType.RESIDENT.value)
    phone = models.CharField(max_length=32, blank=True, db_index=True)
    sex = models.CharField(max_length=8, default=Sex.UNKNOWN.value)
    birth_date = models.DateField(null=True, blank=True)
    occupation = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT)
    household = models.ForeignKey(Household, null=True, blank=True, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)
    jurisdiction = models.ForeignKey("access.Jurisdiction", on_delete=models.PROTECT)
