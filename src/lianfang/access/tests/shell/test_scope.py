"""No scope, no rows: whatever is asked of a scoped model without one is refused, and with one stays inside."""

import datetime as dt

import pytest
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from lianfang.access.scope import Scope, system_scope
from lianfang.access.scoped import ScopedModel, UnscopedQuery
from lianfang.access.tests.cast import Cast
from lianfang.registry.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def people(cast: Cast) -> Cast:
    for code in ("330999001001001", "330999002001", "330998001"):
        Person.unscoped.create(
            person_id=f"P{code}", name="王", birth_date=dt.date(1990, 1, 1), jurisdiction=cast.areas[code]
        )
    return cast


EVERYTHING = system_scope("test")

ASKED = {
    "list": lambda q: list(q),
    "iterate": lambda q: [row.pk for row in q],
    "len": lambda q: len(q),
    "bool": lambda q: bool(q),
    "repr": lambda q: repr(q),
    "iterator": lambda q: list(q.iterator()),
    "get": lambda q: q.get(pk="P330998001"),
    "first": lambda q: q.first(),
    "last": lambda q: q.last(),
    "latest": lambda q: q.latest("birth_date"),
    "in_bulk": lambda q: q.in_bulk(["P330998001"]),
    "values": lambda q: list(q.values("name")),
    "values_list": lambda q: list(q.values_list("name", flat=True)),
    "dates": lambda q: list(q.dates("birth_date", "year")),
    "count": lambda q: q.count(),
    "exists": lambda q: q.exists(),
    "contains": lambda q: q.contains(Person(pk="P330998001")),
    "aggregate": lambda q: q.aggregate(n=Count("pk")),
    "annotate": lambda q: list(q.annotate(n=Count("pk"))),
    "filter": lambda q: list(q.filter(name="王")),
    "exclude": lambda q: list(q.exclude(name="李")),
    "order_by": lambda q: list(q.order_by("name")),
    "distinct": lambda q: list(q.distinct()),
    "slice": lambda q: list(q[:2]),
    "index": lambda q: q.order_by("pk")[0],
    "only": lambda q: list(q.only("name")),
    "select_related": lambda q: list(q.select_related("jurisdiction")),
    "using": lambda q: list(q.using("default")),
    "none filter": lambda q: list(q.filter(Q())),
    "union": lambda q: list(q.within(EVERYTHING).union(q)),
    "or": lambda q: list(q.within(EVERYTHING) | q.all()),
    "and": lambda q: list(q.within(EVERYTHING) & q.all()),
    "xor": lambda q: list(q.within(EVERYTHING) ^ q.all()),
    "difference": lambda q: list(q.within(EVERYTHING).difference(q)),
    "intersection": lambda q: list(q.within(EVERYTHING).intersection(q)),
    "raw": lambda q: list(q.raw("SELECT * FROM registry_person")),
    "explain": lambda q: q.explain(),
    "update": lambda q: q.update(name="李"),
    "delete": lambda q: q.delete(),
    "get_or_create": lambda q: q.get_or_create(pk="P330998001"),
    "update_or_create": lambda q: q.update_or_create(pk="P330998001", defaults={"name": "李"}),
    "bulk_update": lambda q: q.bulk_update([Person(pk="P330998001", name="李")], ["name"]),
}


@pytest.mark.parametrize("how", ASKED)
def test_without_a_scope_nothing_is_answered(people: Cast, how: str) -> None:
    with pytest.raises(UnscopedQuery), transaction.atomic():
        ASKED[how](Person.objects.all())
    assert Person.unscoped.filter(name="王").count() == 3


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("commander", {"P330999001001001", "P330999002001"}),
        ("investigator", {"P330999001001001", "P330999002001"}),
        ("township_officer", {"P330999001001001"}),
        ("grid_worker", {"P330999001001001"}),
        ("neighbour", {"P330998001"}),
        ("stranger", set()),
    ],
)
def test_each_sees_the_rows_of_the_own_branch(people: Cast, who: str, seen: set[str]) -> None:
    rows = Person.objects.within(people.scope(who))
    assert set(rows.values_list("pk", flat=True)) == seen
    assert rows.count() == len(seen)
    assert rows.exists() == bool(seen)
    assert set(rows.in_bulk()) == seen
    assert {row.pk for row in rows.iterator()} == seen


def test_no_path_is_nowhere_not_everywhere(people: Cast) -> None:
    assert not Person.objects.within(Scope(name="account:nobody", paths=())).exists()


def test_a_code_that_begins_alike_is_another_area(people: Cast) -> None:
    """330999 must not see 3309990…: a path ends with a slash."""
    assert not people.scope("commander").covers("33/3309990/")
    assert people.scope("commander").covers("33/330999/330999001/")


def test_a_scope_is_never_widened_by_a_second_one(people: Cast) -> None:
    rows = Person.objects.within(people.scope("neighbour")).within(EVERYTHING)
    assert {row.pk for row in rows} == {"P330998001"}
    assert not Person.objects.within(people.scope("neighbour")).within(people.scope("commander")).exists()


def test_changes_stay_inside_the_scope(people: Cast) -> None:
    assert Person.objects.within(people.scope("neighbour")).update(name="李") == 1
    assert Person.unscoped.filter(name="王").count() == 2


def test_a_scoped_query_may_be_part_of_another(people: Cast) -> None:
    inside = Person.objects.within(people.scope("commander"))
    found = Person.objects.within(EVERYTHING).filter(pk__in=inside.values("pk"))
    assert found.count() == 2
    same = Person.objects.within(EVERYTHING).filter(Exists(inside.filter(pk=OuterRef("pk"))))
    assert same.count() == 2


def test_every_model_with_a_jurisdiction_is_scoped() -> None:
    from django.apps import apps

    for model in apps.get_models():
        if not model.__module__.startswith("lianfang.") or model._meta.app_label == "access":
            continue
        fields = {field.name for field in model._meta.get_fields()}
        if "jurisdiction" in fields and model.__name__ != "Boundary":
            assert issubclass(model, ScopedModel), f"{model.__name__} has a jurisdiction and is not scoped"
