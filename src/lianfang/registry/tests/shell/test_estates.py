"""Estates through the doors: loaded from their own list and from others, read inside a scope, shown at addresses."""

import polars as pl
import pytest

from lianfang.access.tests.cast import AT
from lianfang.intake.read import read_table
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import PLACES
from lianfang.registry import selectors
from lianfang.registry.core.estates import estate_code
from lianfang.registry.models import Building, Estate, Person, Place
from lianfang.registry.services import load_register
from lianfang.registry.tests.cast import SCOPE

pytestmark = [pytest.mark.django_db, pytest.mark.database]

ONE, TWO = "330999001001", "330999002001"
SQUARE = '{"type": "Polygon", "coordinates": [[[%d, 30], [%d, 30], [%d, 31], [%d, 31], [%d, 30]]]}'


def estates(**columns) -> pl.DataFrame:
    return pl.DataFrame({"code": ["E-1", "E-2"], "name": ["金桂花园", "王家村"], "jurisdiction": [ONE, TWO], **columns})


def buildings(**columns) -> pl.DataFrame:
    """The cast's buildings; the third stands over the border, in an area that is no community."""
    return pl.DataFrame(
        {
            "code": ["B-1", "B-2", "B-3"],
            "name": ["1 号楼", "2 号楼", "3 号楼"],
            "jurisdiction": ["330999001001001", TWO, "330998001"],
            "longitude": [120.25, 121.25, 122.25],
            "latitude": [30.25] * 3,
            **columns,
        }
    )


def load(**lists):
    return load_register(**lists, by=SCOPE, at=AT)


def of(model, field="estate_id") -> dict[str, str | None]:
    return dict(model.objects.within(SCOPE).exclude(estate=None).values_list("pk", field))


@pytest.fixture
def settled(register):
    """Estates of their own list, with the cast's buildings in them."""
    load(estates=estates(), buildings=buildings(estate=["E-1", "王家村", None]))
    return register


def test_a_list_of_estates_with_buildings_by_code_and_by_name(settled):
    assert of(Building) == {"B-1": "E-1", "B-2": "E-2"}
    frame = selectors.estates_frame(SCOPE)
    assert frame.select("code", "name", "kind", "jurisdiction").rows() == [
        ("E-1", "金桂花园", "residential", ONE),
        ("E-2", "王家村", "village", TWO),
    ]


def test_names_make_estates_and_doing_it_twice_changes_nothing(register):
    lists = {
        "buildings": buildings(estate=["金桂 花园", None, None]),
        "places": pl.DataFrame(
            {
                "place_id": ["H-2", "W-1"],
                "building": ["B-2", None],
                "jurisdiction": [TWO, ONE],
                "estate": ["王家村", "金桂　花园"],
            }
        ),
        "people": pl.DataFrame({"person_id": ["NEW"], "jurisdiction": [ONE], "estate": ["工人新村"]}),
    }

    def everything():
        return [list(m.objects.within(SCOPE).order_by("pk").values()) for m in (Estate, Building, Place, Person)]

    first = load(**lists)
    before = everything()
    second = load(**lists)
    assert everything() == before
    assert first.rows["estates"] == 3 and "estates" not in second.rows
    garden, village, workers = estate_code(ONE, "金桂 花园"), estate_code(TWO, "王家村"), estate_code(ONE, "工人新村")
    # The building of a place takes its estate; the place itself follows it. A place without one keeps its own.
    assert of(Building) == {"B-1": garden, "B-2": village}
    assert of(Place) == {"W-1": garden} and of(Person) == {"NEW": workers}
    places = dict(selectors.places_frame(SCOPE).select("place_id", "estate").iter_rows())
    assert places == {"H-1": garden, "H-2": village, "H-3": None, "W-1": garden}


def test_a_file_of_places_gives_its_estates(register, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text(f"place_id,place_kind,jurisdiction,estate,building\nH-1,dwelling,{ONE},金桂花园,B-1\n", "utf-8")
    read = read_table(file, PLACES, lang="en")
    assert read.refused.height == 0
    load(places=read.used)
    assert of(Building) == {"B-1": estate_code(ONE, "金桂花园")}


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ({"buildings": buildings(estate=["E-2", None, None])}, "another community, such as B-1"),
        ({"places": pl.DataFrame({"place_id": ["W-1"], "jurisdiction": [ONE], "estate": ["E-2"]})}, "such as W-1"),
        ({"places": pl.DataFrame({"place_id": ["H-1"], "jurisdiction": [ONE], "building": ["B-1"], "estate": ["苑"]})},
         "two estates, such as B-1"),
        ({"places": pl.DataFrame({"place_id": ["W-1"], "jurisdiction": [TWO], "estate": ["E-2"], "building": ["B-1"]})},
         "two estates, such as B-1"),
        ({"buildings": buildings(jurisdiction=[TWO, TWO, "330998001"])}, "B-1 stands in the estate E-1 of another"),
        ({"estates": estates(jurisdiction=[TWO, TWO])}, "B-1 stands in the estate E-1 of another community"),
        ({"estates": estates(jurisdiction=["330999001", TWO])}, "no community"),
        ({"estates": estates(jurisdiction=["330999001001001", TWO])}, "no community"),
        ({"estates": estates(code=["E-9", "E-2"])}, "another code"),
        ({"estates": estates(code=["E-1", "E-9"], name=["王家村", "王家村"], jurisdiction=[TWO, TWO])}, "another code"),
        ({"estates": estates(kind=["castle", "village"])}, "kind"),
        ({"estates": estates(name=["", "王家村"])}, "no name"),
        ({"estates": estates(code=[None, "E-2"])}, "no code"),
        ({"buildings": buildings(estate=["E-1", "E-2", None], jurisdiction=["999", TWO, TWO])}, "not in the tree"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_whole(settled, lists, words):
    before = [list(m.objects.within(SCOPE).order_by("pk").values()) for m in (Estate, Building, Place)]
    with pytest.raises(Refused) as refused:
        load(**lists)
    assert words in refused.value.text.en
    assert refused.value.text.zh != refused.value.text.en
    assert [list(m.objects.within(SCOPE).order_by("pk").values()) for m in (Estate, Building, Place)] == before


def test_nobody_is_lost_for_an_estate_that_cannot_be_told(settled):
    people = pl.DataFrame(
        {
            "person_id": ["A", "B", "C", "D"],
            "jurisdiction": ["330999001", ONE, "330999001", ONE],
            "estate": ["金桂花园", "E-2", "E-1", None],
        }
    )
    done = load(people=people, buildings=buildings(estate=["E-1", "E-2", "南桥里"]))
    # A's township has no community to look in, B's estate lies elsewhere; C's code is inside of the township.
    assert done.without_estate == {"people": ["A", "B"], "buildings": ["B-3"]}
    assert of(Person) == {"C": "E-1"}
    assert Person.objects.within(SCOPE).filter(pk__in=["A", "B", "C", "D"]).count() == 4
    assert of(Building) == {"B-1": "E-1", "B-2": "E-2"}


def test_a_list_without_estates_leaves_them_and_an_empty_cell_takes_one_away(settled):
    load(buildings=buildings(), places=pl.DataFrame({"place_id": ["H-1"], "jurisdiction": [ONE], "estate": [None]}))
    load(estates=estates().drop("name").with_columns(name=pl.Series(["金桂苑", "王家村"])))
    assert of(Building) == {"B-1": "E-1", "B-2": "E-2"} and of(Building, "estate__name")["B-1"] == "金桂苑"
    load(buildings=buildings(estate=["E-1", None, None]))
    assert of(Building) == {"B-1": "E-1"}


def test_estates_inside_a_scope_with_their_buildings_and_people(settled, django_assert_num_queries):
    seen = {"commander": ["E-1", "E-2"], "township_officer": ["E-1"], "neighbour": [], "stranger": []}
    for who, codes in seen.items():
        scope = settled.scope(who)
        with django_assert_num_queries(1 if codes or who != "stranger" else 0):
            assert [(e.code, bool(selectors.area_line(e.jurisdiction))) for e in selectors.estates(scope)] == [
                (code, True) for code in codes
            ]
        assert selectors.estates_frame(scope)["code"].to_list() == codes
        assert [f["properties"]["code"] for f in selectors.estates_geojson(scope)["features"]] == codes
    scope = settled.scope("commander")
    assert [b.pk for b in selectors.buildings_of_estate("E-1", scope)] == ["B-1"]
    assert list(selectors.buildings_of_estate("E-1", settled.scope("neighbour"))) == []
    # By the dwelling's building, and by the list for somebody without a household; the dwelling is stronger.
    more = pl.DataFrame({"person_id": ["NEW", "P-WANG"], "jurisdiction": [TWO, TWO], "estate": ["E-2", "E-2"]})
    load(people=more)
    with django_assert_num_queries(1):
        found = {
            p.pk: (p.estate_name, selectors.area_line(p.jurisdiction)) for p in selectors.people_of_estate("E-2", scope)
        }
    assert sorted(found) == ["NEW", "P-OUYANG", "P-SHAN"] and {name for name, _ in found.values()} == {"王家村"}
    assert [p.pk for p in selectors.people_of_estate("E-1", scope)] == ["P-LI", "P-WANG", "P-WANGXM"]
    assert [p.pk for p in selectors.people_of_estate("E-2", settled.scope("township_officer"))] == []
    with django_assert_num_queries(1):
        lives = dict(selectors.people_estates(scope).iter_rows())
    assert lives == dict.fromkeys(["P-LI", "P-WANG", "P-WANGXM"], "E-1") | dict.fromkeys(
        ["NEW", "P-OUYANG", "P-SHAN"], "E-2"
    )
    assert selectors.people_estates(SCOPE, person_ids=["P-ZHAO", "P-LI"]).rows() == [("P-LI", "E-1"), ("P-ZHAO", None)]
    assert selectors.people_estates(SCOPE, person_ids=[]).height == 0


def test_an_estate_is_drawn_from_its_buildings_or_as_its_list_says(settled, django_assert_num_queries):
    more = buildings(code=["B-4", "B-5", "B-6"], jurisdiction=[TWO] * 3, estate=["E-2"] * 3)
    footprints = [SQUARE % (121, 122, 122, 121, 121), SQUARE % (124, 125, 125, 124, 124), None]
    load(buildings=more.with_columns(footprint=pl.Series(footprints)))
    with django_assert_num_queries(2):
        drawn = {f["properties"]["code"]: f for f in selectors.estates_geojson(SCOPE)["features"]}
    assert drawn["E-1"]["geometry"] == {"type": "Point", "coordinates": [120.25, 30.25]}
    assert drawn["E-2"]["properties"] == {"code": "E-2", "name": "王家村", "kind": "village", "buildings": 4}
    assert drawn["E-2"]["geometry"]["type"] == "Polygon"
    ground = {
        f["properties"]["code"]: f["geometry"] for f in selectors.estates_geojson(SCOPE, shape="union")["features"]
    }
    assert ground["E-1"] is None and ground["E-2"]["type"] == "MultiPolygon"
    assert [f["properties"]["code"] for f in selectors.estates_geojson(SCOPE, codes=["E-2"])["features"]] == ["E-2"]
    load(
        estates=estates(
            footprint=[SQUARE % (120, 121, 121, 120, 120), None], longitude=[120.5, None], latitude=[30.5, None]
        )
    )
    again = selectors.estates_geojson(SCOPE, codes=["E-1"], shape="union")["features"][0]["geometry"]
    assert again["type"] == "Polygon"


def test_an_address_shows_the_estate_to_those_who_see_addresses(settled):
    card = selectors.person_card("P-WANG", SCOPE, "investigator")
    assert (card.address, card.estate, card.address_line) == ("HH-1 号", "金桂花园", "HH-1 号 · 金桂花园")
    covered = selectors.person_card("P-WANG", SCOPE, "auditor")
    assert (covered.estate, covered.address_line) == ("***", "***")
    client = settled.client("investigator")
    for page in ("/persons/", "/persons/?q=ww", "/persons/P-WANG/"):
        assert "HH-1 号 · 金桂花园" in client.get(page).content.decode(), page
    load(buildings=buildings(estate=["E-1", "E-2", None]), estates=estates(name=["HH-1", "王家村"]))
    text = client.get("/persons/P-WANG/").content.decode()
    assert "HH-1 号" in text and "HH-1 号 · HH-1" not in text
