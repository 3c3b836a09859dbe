"""The register through its doors: loaded in columns, read inside a scope, masked by role."""

import datetime as dt

import polars as pl
import pytest

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.scoped import UnscopedQuery
from lianfang.access.tests.cast import AT
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PEOPLE, PLACES
from lianfang.registry import selectors
from lianfang.registry.models import Person, Place
from lianfang.registry.services import PersonFacts, change_person, load_register, register_person
from lianfang.registry.tests.cast import SCOPE, id_number, load_cast_register, people

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def ids(rows) -> list[str]:
    return sorted(rows.values_list("pk", flat=True))


def test_loading_twice_changes_nothing(cast):
    first = load_cast_register()
    before = selectors.people_frame(SCOPE)
    second = load_cast_register()
    assert first.rows == second.rows == {
        "boundaries": 3, "buildings": 3, "places": 4, "households": 3, "organisations": 1, "people": 6,
    }  # fmt: skip
    assert selectors.people_frame(SCOPE).equals(before)
    assert before.height == 6
    assert first.doubtful_ids == []
    assert verify() is None


def test_what_was_loaded_comes_back_as_a_frame(register):
    frame = selectors.people_frame(SCOPE)
    assert frame.columns == [*PEOPLE.names, "household", "organisation"]
    assert frame.select(PEOPLE.names).schema == pl.Schema(PEOPLE.dtypes)
    wang = frame.row(by_predicate=pl.col("person_id") == "P-WANG", named=True)
    assert wang["birth_date"] == dt.date(1980, 3, 5)
    assert wang["household"] == "HH-1"
    assert frame.row(by_predicate=pl.col("person_id") == "P-WANGXM", named=True)["phone"] is None
    assert selectors.people_frame(SCOPE, person_ids=["P-LI", "nobody"])["person_id"].to_list() == ["P-LI"]
    assert selectors.people_frame(SCOPE, person_ids=[]).height == 0
    places = selectors.places_frame(SCOPE)
    assert places.columns == PLACES.names
    assert places["place_id"].to_list() == ["H-1", "H-2", "H-3", "W-1"]


def test_dirty_values_are_stored_in_one_form_and_doubtful_numbers_are_named(register):
    dirty = pl.DataFrame(
        {
            "person_id": ["X1", "X2"],
            "name": [" 马　丽 ", "John Smith"],
            "id_number": [" 330999 19900101-1230x", "E12345678"],
            "id_type": [None, "passport"],
            "phone": ["+86 138 0000 9999", None],
            "jurisdiction": ["330999001", "330999001"],
        }
    )
    done = load_register(people=dirty, by=SCOPE, at=AT)
    assert done.doubtful_ids == ["X1"]
    rows = {p.pk: p for p in selectors.people(SCOPE).filter(pk__in=["X1", "X2"])}
    assert (rows["X1"].phone, rows["X1"].pinyin, rows["X1"].sex) == ("13800009999", "|ml|mali|", "unknown")
    assert (rows["X2"].pinyin, rows["X2"].id_type, rows["X2"].phone) == ("|johnsmith|", "passport", "")


def whole(model, key: str) -> dict:
    return model.objects.within(SCOPE).filter(pk=key).values().get()


def test_a_list_without_a_column_leaves_it_as_it_is(register):
    before = whole(Person, "P-WANG")
    assert before["phone"] and before["address"] and before["household_id"] and before["birth_date"]
    short = pl.DataFrame({"person_id": ["P-WANG", "NEW"], "name": ["李炜", "新人"], "jurisdiction": ["330999002"] * 2})
    load_register(people=short, by=SCOPE, at=AT)
    after = whole(Person, "P-WANG")
    changed = {name: value for name, value in after.items() if value != before[name]}
    assert changed == {"name": "李炜", "pinyin": "|lw|liwei|", "jurisdiction_id": "330999002"}
    assert whole(Person, "NEW")["phone"] == "" and whole(Person, "NEW")["sex"] == "unknown"
    # As intake hands a list on: every column is there, those that the file lacks are empty.
    load_register(people=PEOPLE.conform(short), by=SCOPE, at=AT)
    assert whole(Person, "P-WANG") == after
    # A column that is there counts, with its empty cells too.
    phones = short.with_columns(phone=pl.Series([None, "13900000009"]), birth_date=pl.Series([dt.date(1980, 3, 6)] * 2))
    load_register(people=phones, by=SCOPE, at=AT)
    assert (whole(Person, "P-WANG")["phone"], whole(Person, "NEW")["phone"]) == ("", "13900000009")
    assert whole(Person, "P-WANG")["birth_date"] == dt.date(1980, 3, 6)


def test_a_short_list_of_places_leaves_the_rest_too(register):
    before = whole(Place, "W-1")
    short = pl.DataFrame({"place_id": ["W-1"], "name": ["新机械厂"], "jurisdiction": [before["jurisdiction_id"]]})
    load_register(places=short, by=SCOPE, at=AT)
    assert whole(Place, "W-1") == before | {"name": "新机械厂"}
    assert before["kind"] != "other" and before["longitude"] is not None


def test_rows_that_name_what_is_not_there_are_refused_and_nothing_is_written(register):
    strange = people().head(1).with_columns(person_id=pl.lit("Y"), jurisdiction=pl.lit("999"))
    with pytest.raises(Refused, match="999"):
        load_register(people=pl.concat([people(), strange]), by=SCOPE, at=AT)
    homeless = people().head(1).with_columns(person_id=pl.lit("Y"), household=pl.lit("HH-9"))
    with pytest.raises(Refused, match="HH-9"):
        load_register(people=homeless, by=SCOPE, at=AT)
    assert not selectors.people(SCOPE).filter(pk="Y").exists()


def test_a_list_gives_nobody_the_identity_number_of_another(register):
    before = selectors.people_frame(SCOPE)
    li, wang = (before.row(by_predicate=pl.col("person_id") == who, named=True) for who in ("P-LI", "P-WANG"))
    double = people().filter(pl.col("person_id") == "P-LI").with_columns(person_id=pl.lit("P-AGAIN"))
    with pytest.raises(Refused, match="P-AGAIN") as refused:  # the number is held in the register
        load_register(people=double, by=SCOPE, at=AT)
    assert "P-LI" in refused.value.text.en and li["id_number"] not in refused.value.text.en
    fresh = double.with_columns(id_number=pl.lit(id_number("1990-01-01", 701)))
    twins = pl.concat([fresh, fresh.with_columns(person_id=pl.lit("P-TWIN"))])
    with pytest.raises(Refused, match="P-TWIN"):  # or by another row of the same list
        load_register(people=twins, by=SCOPE, at=AT)
    assert selectors.people_frame(SCOPE).equals(before)
    # The same digits on another kind of document are another number; no number is nobody's; and a list may swap two.
    loose = pl.concat(
        [
            twins.head(1).with_columns(id_type=pl.lit("other")).select([*twins.columns, "id_type"]),
            twins.tail(1).with_columns(id_type=pl.lit("resident")).select([*twins.columns, "id_type"]),
            twins.with_columns(id_number=pl.lit(""), id_type=pl.lit("resident"), person_id=pl.col("person_id") + "0"),
        ]
    )
    load_register(people=loose, by=SCOPE, at=AT)
    numbers = {"P-LI": wang["id_number"], "P-WANG": li["id_number"]}
    swapped = people().filter(pl.col("person_id").is_in(list(numbers)))
    load_register(people=swapped.with_columns(id_number=pl.col("person_id").replace_strict(numbers)), by=SCOPE, at=AT)
    after = selectors.people_frame(SCOPE, person_ids=list(numbers))
    assert dict(after.select("person_id", "id_number").iter_rows()) == numbers


def test_a_reader_sees_its_own_area_and_no_scope_sees_nothing(register):
    expected = {
        "commander": ["P-LI", "P-OUYANG", "P-SHAN", "P-WANG", "P-WANGXM"],
        "township_officer": ["P-LI", "P-WANG", "P-WANGXM"],
        "neighbour": ["P-ZHAO"],
        "stranger": [],
    }
    for name, own in expected.items():
        assert ids(selectors.people(register.scope(name))) == own
        assert selectors.people_frame(register.scope(name))["person_id"].to_list() == own
    assert selectors.person_card("P-WANG", register.scope("neighbour"), "investigator") is None
    with pytest.raises(UnscopedQuery):
        list(Person.objects.all())


@pytest.mark.parametrize(
    ("role", "name", "phone", "number", "born", "address"),
    [
        ("investigator", "王伟", "13800000001", id_number("1980-03-05", 101), "1980-03-05", "HH-1 号"),
        ("commander", "王伟", "13800000001", "330999" + "*" * 12, "1980-**-**", "HH-1 号"),
        ("grid_worker", "王伟", "13800000001", "330999" + "*" * 12, "1980-**-**", "HH-1 号"),
        ("auditor", "王*", "138******01", "330999" + "*" * 12, "1980-**-**", "***"),
        ("administrator", "王*", "138******01", "330999" + "*" * 12, "1980-**-**", "***"),
    ],
)
def test_a_card_is_masked_by_role(register, role, name, phone, number, born, address):
    card = selectors.person_card("P-WANG", SCOPE, role)
    assert (card.name, card.phone, card.id_number, card.birth_date, card.address) == (
        name,
        phone,
        number,
        born,
        address,
    )


def test_a_card_costs_one_query_and_so_do_many(register, django_assert_num_queries):
    with django_assert_num_queries(1):
        card = selectors.person_card("P-WANG", SCOPE, "investigator")
    assert (card.organisation, card.dwelling_id, card.area) == ("机械厂", "H-1", "东河镇 东河一社区 第一网格")
    with django_assert_num_queries(1):
        cards = selectors.person_cards(["P-WANG", "P-SHAN", "P-ZHAO"], register.scope("commander"), "commander")
    assert sorted(cards) == ["P-SHAN", "P-WANG"]
    with django_assert_num_queries(1):
        members = selectors.household_members("HH-1", SCOPE, "investigator")
    assert [m.person_id for m in members] == ["P-WANG", "P-LI", "P-WANGXM"]


def test_a_name_that_its_part_repeats_is_told_once(cast):
    grid = cast.areas["330999001001001"]
    grid.name = "东河一社区第一网格"
    assert selectors.area_line(grid) == "东河镇 东河一社区第一网格"


def test_age_counts_whole_years():
    assert selectors.age_on(dt.date(2000, 2, 29), dt.date(2021, 2, 28)) == 20
    assert selectors.age_on(dt.date(2000, 2, 29), dt.date(2021, 3, 1)) == 21


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("王", ["P-WANG", "P-WANGXM"]),
        ("王 伟", ["P-WANG"]),
        ("ww", ["P-WANG"]),
        ("WangW", ["P-WANG"]),
        ("shant", ["P-SHAN"]),
        ("dant", ["P-SHAN"]),
        ("oyx", ["P-OUYANG"]),
        ("138", ["P-LI", "P-SHAN", "P-WANG"]),
        ("１３９ 0000", ["P-OUYANG"]),
        ("0001", ["P-WANG"]),  # the last digits of a telephone
        ("00000005", ["P-OUYANG"]),
        ("001", []),
        (id_number("1991-05-05", 106), ["P-OUYANG"]),
        ("33099919910505", ["P-OUYANG"]),
        ("p-wang", ["P-WANG", "P-WANGXM"]),
        ("赵强", []),
        ("13", []),
        ("", ["P-LI", "P-OUYANG", "P-SHAN", "P-WANG", "P-WANGXM"]),
    ],
)
def test_search(register, typed, found):
    assert ids(selectors.search_persons(register.scope("investigator"), typed, role="investigator")) == found


def test_a_masked_field_is_not_searched_by_its_parts(register):
    scope = register.scope("commander")
    full = id_number("1991-05-05", 106)
    assert ids(selectors.search_persons(scope, full[:14], role="commander")) == []
    assert ids(selectors.search_persons(scope, full, role="commander")) == ["P-OUYANG"]
    for typed in ("王", "ww", "138"):
        assert ids(selectors.search_persons(scope, typed, role="auditor")) == []


def test_the_map_shows_what_lies_in_the_scope(register, django_assert_num_queries):
    with django_assert_num_queries(1):
        outlines = selectors.boundaries_geojson(register.scope("commander"))
    assert [f["properties"]["code"] for f in outlines["features"]] == ["330999001", "330999002"]
    with django_assert_num_queries(1):
        drawn = selectors.buildings_geojson(register.scope("commander"))
    assert [f["geometry"]["type"] for f in drawn["features"]] == ["Point", "Polygon"]
    assert drawn["complete"]
    assert not selectors.buildings_geojson(register.scope("commander"), limit=1)["complete"]
    box = selectors.buildings_geojson(register.scope("commander"), box=(120, 30, 121, 31))
    assert [f["properties"]["code"] for f in box["features"]] == ["B-1"]


def test_one_identity_each(register):
    facts = PersonFacts(
        name="钱多", jurisdiction="330999001001", id_number=id_number("1999-09-09", 301), phone="+8613812345678"
    )
    first = register_person(facts=facts, by=register.investigator, at=AT)
    again = register_person(facts=facts, by=register.investigator, at=AT)
    assert first.pk == again.pk
    assert (first.pinyin, first.phone) == ("|qd|qianduo|", "13812345678")
    last = AuditEntry.objects.order_by("-number").first()
    assert (last.kind, last.key, last.act, last.actor) == ("registry.person", first.pk, "write", "account:investigator")
    with pytest.raises(Refused, match="another name"):
        register_person(
            facts=PersonFacts(name="钱少", jurisdiction="330999001001", id_number=facts.id_number),
            by=register.investigator,
            at=AT,
        )


@pytest.mark.parametrize(
    ("who", "facts"),
    [
        ("grid_worker", PersonFacts(name="钱多", jurisdiction="330999001001001")),
        ("investigator", PersonFacts(name="钱多", jurisdiction="330998001")),
        ("stranger", PersonFacts(name="钱多", jurisdiction="330999001")),
        ("investigator", PersonFacts(name="钱多", jurisdiction="330999001", id_number="330999199909093010")),
    ],
)
def test_who_may_not_register_or_with_a_wrong_number(register, who, facts):
    with pytest.raises(Refused):
        register_person(facts=facts, by=getattr(register, who), at=AT)
    assert selectors.people(SCOPE).count() == 6


def test_a_person_is_changed_inside_the_scope_only_and_with_a_trace(register):
    changes = {"phone": "139 1111 2222", "address": "", "occupation": "medical"}
    assert change_person(person_id="P-WANG", changes=changes, by=register.investigator, at=AT) == [
        "occupation",
        "phone",
    ]
    person = selectors.people(SCOPE).get(pk="P-WANG")
    assert (person.phone, person.address, person.occupation) == ("13911112222", "HH-1 号", "medical")
    detail = AuditEntry.objects.order_by("-number").first().detail
    assert "13911112222" not in str(detail)
    assert change_person(person_id="P-WANG", changes=changes, by=register.investigator, at=AT) == []
    with pytest.raises(Refused):
        change_person(person_id="P-ZHAO", changes=changes, by=register.investigator, at=AT)
    with pytest.raises(ValueError, match="name"):
        change_person(person_id="P-WANG", changes={"name": "x"}, by=register.investigator, at=AT)
