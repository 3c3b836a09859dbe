"""The command page: every number is the length of the list it leads to, for every role and each outbreak."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.models import AuditEntry, Jurisdiction
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import Cast
from lianfang.access.times import now, to_aware, to_local
from lianfang.headquarters import command, selectors
from lianfang.headquarters.selectors import CasePoint
from lianfang.headquarters.tests.shell.county import add_case, add_contact, add_measure, add_outbreak
from lianfang.measures.models import Measure
from lianfang.outbreaks.models import Outbreak
from lianfang.records.models import Clock
from lianfang.registry.models import Boundary, Building

pytestmark = pytest.mark.database

TASK = system_scope("test")
EAST, WEST, COUNTY = "330999001001001", "330999002001", "330999"
READERS = ("commander", "investigator", "township_officer", "grid_worker")


@pytest.fixture
def county(cast: Cast) -> Cast:
    """Two outbreaks; every state of a case, a contact, a measure and a clock; rows in no township."""
    add_outbreak("OB1")
    add_outbreak("OB2")
    add_case("C1", "OB1", EAST, at=(120.1, 28.1))
    add_case("C2", "OB1", EAST, at=(120.1, 28.1), classification="asymptomatic", onset=None)
    add_case("C3", "OB1", WEST, onset=dt.date(2021, 8, 1))
    add_case("C4", "OB1", EAST, classification="excluded")
    add_case("C5", "OB1", COUNTY)
    add_case("D1", "OB2", EAST)
    for n, (area, more) in enumerate(
        [
            (EAST, {"located": True}),
            (EAST, {"decision": "accepted", "located": True}),
            (EAST, {"decision": "refused", "located": True}),
            (EAST, {"is_case": True}),
            (WEST, {}),
            (WEST, {"outbreak": "OB2"}),
            (COUNTY, {"located": True}),
        ]
    ):
        add_contact(f"K{n}", area, **more)
    moment = now()
    day = dt.timedelta(days=1)
    for n, (area, more) in enumerate(
        [
            (EAST, {}),
            (EAST, {"end": None}),
            (EAST, {"decision": "proposed"}),
            (EAST, {"start": moment + day}),
            (EAST, {"end": moment - day / 2}),
            (EAST, {"released_at": moment - day / 4}),
            (EAST, {"kind": "none"}),
            (WEST, {}),
            (WEST, {"outbreak": "OB2"}),
        ]
    ):
        add_measure(f"M{n}", area, **{"start": moment - day, "end": moment + day, **more})
    for case, name, due, done in [
        ("C1", "on_site", -day, None),
        ("C1", "core_facts", day, None),
        ("C1", "everything", -day, moment),
        ("C3", "on_site", -day, None),
        ("C4", "on_site", -day, None),
        ("D1", "on_site", -day, None),
    ]:
        Clock.unscoped.create(
            subject_kind="cases.case",
            subject=case,
            matter="OB2" if case == "D1" else "OB1",
            jurisdiction_id=WEST if case == "C3" else EAST,
            clock=name,
            starts=moment - 2 * day,
            due=moment + due,
            rule=f"clock.{name}",
            done_at=done,
        )
    return cast


def test_the_numbers_of_the_whole_and_of_each_township(county: Cast) -> None:
    whole, rows = selectors.township_rows("OB1", county.scope("commander"), now())
    assert {name: getattr(whole, name) for name in selectors.COUNTED} == {
        "cases": 4, "contacts": 4, "located": 3, "measures": 3, "overdue": 2, "running": 1,
    }  # fmt: skip
    by_code = {row.code: [getattr(row, name) for name in selectors.COUNTED] for row in rows}
    assert by_code == {
        "330999001": [2, 2, 2, 2, 1, 1],
        "330999002": [1, 1, 0, 1, 1, 0],
        "": [1, 1, 1, 0, 0, 0],
    }


def test_what_waits(county: Cast) -> None:
    """Of OB1: four contacts proposed or accepted in 2021, one of them not located; a measure in each state."""
    moment = now()
    today = to_local(moment).date()
    add_measure("T1", WEST, start=moment - dt.timedelta(days=1), end=None)
    add_measure("T2", WEST, start=moment, end=None, decision="refused")
    Measure.unscoped.filter(person_id__in=["T1", "T2", "M8"]).update(test_dates=[today.isoformat()])
    close_of_day = to_aware(dt.datetime.combine(today + dt.timedelta(days=1), dt.time()))
    add_measure("T3", EAST, start=moment - dt.timedelta(days=1), end=close_of_day)
    add_measure("T4", EAST, start=moment - dt.timedelta(days=1), end=close_of_day, kind="none")
    add_measure("T5", EAST, start=moment - dt.timedelta(days=3), end=moment - dt.timedelta(days=2), kind="none")
    Measure.unscoped.exclude(person__person_id__startswith="T").update(end=close_of_day + dt.timedelta(days=5))
    Measure.unscoped.filter(person_id="M4").update(end=moment - dt.timedelta(days=2))
    commander = county.scope("commander")
    outbreak = Outbreak.objects.within(commander).get(code="OB1")
    expected = {
        "contacts_overdue": 1, "contacts_waiting": 3, "measures_waiting": 1, "measures_over": 1,
        "measures_ending": 1, "measures_tested": 1,
    }  # fmt: skip
    assert selectors.waiting(outbreak, commander, moment) == expected
    page = county.client("commander").get("/?outbreak=OB1").content.decode()
    shown = {name: number for name, number, _ in links(page) if name.startswith("wait-")}
    assert shown == {f"wait-{name}": number for name, number in expected.items()}
    for _, number, url in links(page):
        assert county.client("commander").get(url).context["count"] == number, url
    assert str(selectors.WAITING["measures_over"].definition.zh) in page
    # Where the playbook tells no limit nobody is late, in the number as in the list.
    Outbreak.unscoped.filter(code="OB1").update(playbook="gone")
    outbreak.playbook = "gone"
    assert selectors.waiting(outbreak, commander, moment) == {**expected, "contacts_overdue": 0}


def links(page: str) -> list[tuple[str, int, str]]:
    """Return id, number and address of every number of the page that leads somewhere."""
    found = re.findall(r'<a id="((?:whole|town|wait)-[^"]+)"([^>]*)>(.*?)</a>', page, re.DOTALL)
    numbers = []
    for name, attributes, inside in found:
        href = re.search(r'href="([^"]+)"', attributes)
        value = re.search(r"\d+", re.sub(r"<[^>]+>", "", inside))
        if href and value:
            numbers.append((name, int(value[0]), href[1].replace("&amp;", "&")))
    return numbers


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("outbreak", ["OB1", "OB2"])
def test_every_number_is_the_count_of_the_list_it_leads_to(county: Cast, name: str, outbreak: str) -> None:
    client = county.client(name)
    page = client.get(f"/?outbreak={outbreak}").content.decode()
    followed = links(page)
    assert len(followed) > 5, "there is something to follow"
    for what, number, url in followed:
        answer = client.get(url)
        assert answer.status_code == 200, (what, url)
        assert answer.context["count"] == number, (what, url)


@pytest.mark.parametrize("name", ["commander", "township_officer"])
def test_every_day_of_the_curve_and_every_area_of_the_map_leads_to_its_cases(county: Cast, name: str) -> None:
    add_boundaries()
    client = county.client(name)
    curve = client.get("/command/curve.json?outbreak=OB1").json()
    totals = [sum(one["counts"][n] for one in curve["series"]) for n in range(len(curve["days"]))]
    assert sum(totals) == (4 if name == "commander" else 2)
    for url, total in list(zip(curve["urls"], totals, strict=True))[:8]:
        assert client.get(url).context["count"] == total, url
    county_map = client.get("/command/map.json?outbreak=OB1").json()
    assert len(county_map["areas"]["features"]) == (2 if name == "commander" else 1)
    for area in county_map["areas"]["features"]:
        own = area["properties"]
        assert client.get(own["url"]).context["count"] == own["cases"], own


def test_without_symptoms_the_day_of_the_sample_counts(county: Cast) -> None:
    curve = county.client("commander").get("/command/curve.json?outbreak=OB1").json()
    counts = {one["code"]: dict(zip(curve["days"], one["counts"], strict=True)) for one in curve["series"]}
    assert counts["asymptomatic"]["2021-08-04"] == 1
    assert counts["confirmed"]["2021-08-01"] == 1 and counts["confirmed"]["2021-08-03"] == 2
    assert "excluded" not in counts
    assert curve["words"]["summary"].startswith("2021-08-01 至")


def test_the_map_names_each_case_once_and_says_where_a_home_is_not_known(county: Cast) -> None:
    add_boundaries()
    points = county.client("investigator").get("/command/map.json?outbreak=OB1").json()["points"]["features"]
    items = [item["label"] for point in points for item in point["properties"]["items"]]
    assert sorted(items) == ["C1", "C2", "C3"], "C5 lies in no township: it stands in the table"
    together = next(p["properties"] for p in points if p["properties"]["count"] == 2)
    assert (together["kind"], together["mark"]) == ("confirmed", "2")
    alone = next(p for p in points if p["properties"]["count"] == 1)
    assert alone["geometry"]["coordinates"] == [121.5, 28.5]
    assert "居住地未定位" in alone["properties"]["items"][0]["kind_label"]


def test_a_grid_worker_sees_numbers_but_no_case(county: Cast) -> None:
    add_boundaries()
    client = county.client("grid_worker")
    assert client.get("/command/map.json?outbreak=OB1").json()["points"]["features"] == []
    assert "urls" not in client.get("/command/curve.json?outbreak=OB1").json()
    page = client.get("/?outbreak=OB1").content.decode()
    assert "/cases/C1/" not in page and "/cases/?" not in page
    assert "/contacts/?" in page


def test_neighbours_and_strangers_see_nothing(county: Cast) -> None:
    for name in ("neighbour", "stranger"):
        client = county.client(name)
        assert client.get("/?outbreak=OB1").status_code == 404
        assert client.get("/command/map.json?outbreak=OB1").status_code == 404
        page = client.get("/").content.decode()
        assert "C1" not in page and "当前没有处置中的疫情" in page


def test_a_role_without_the_page_is_led_to_its_first(county: Cast) -> None:
    for name in ("auditor", "administrator"):
        assert county.client(name).get("/").url == reverse("home")
        for route in ("command-now", "command-map", "command-curve", "command-dots"):
            assert county.client(name).get(reverse(route)).status_code == 403
    assert Client().get("/").status_code == 302


@pytest.mark.parametrize(
    "url", ["/", "/command/now/", "/command/map.json", "/command/curve.json", "/command/dots.json"]
)
def test_what_is_asked_of_the_database_does_not_grow(county: Cast, url: str) -> None:
    add_boundaries()
    client = county.client("commander")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{url}?outbreak=OB1").status_code == 200
        return len(queries)

    client.get(url)
    few = asked()
    for n in range(20):
        add_case(f"E{n}", "OB1", EAST if n % 2 else WEST, at=(120 + n / 50, 28.2))
        add_contact(f"L{n}", WEST)
        Clock.unscoped.create(
            subject_kind="cases.case",
            subject=f"E{n}",
            matter="OB1",
            jurisdiction_id=EAST,
            clock="on_site",
            starts=now(),
            due=now(),
            rule="clock.on_site",
        )
    assert asked() == few


def test_the_fragment_refreshes_itself_and_says_as_of_when(county: Cast) -> None:
    page = county.client("commander").get("/command/now/?outbreak=OB1").content.decode()
    assert 'hx-get="/command/now/?outbreak=OB1"' in page and "Lianfang-Refresh" in page
    stamp = re.search(r'data-as-of="([^"]+)"', page)
    assert stamp and abs(dt.datetime.fromisoformat(stamp[1]) - now()) < dt.timedelta(seconds=30)


def test_opening_the_page_is_recorded_its_reloads_are_not(county: Cast) -> None:
    client = county.client("commander")
    client.get("/?outbreak=OB1")
    client.get("/command/now/?outbreak=OB1")
    read = AuditEntry.objects.filter(kind="command", actor="account:commander")
    assert [(entry.act, entry.key) for entry in read] == [("read", "OB1")]


def test_an_empty_county_says_what_to_do(cast: Cast) -> None:
    page = cast.client("commander").get("/").content.decode()
    assert "当前没有处置中的疫情" in page and reverse("outbreak-open") in page
    assert reverse("outbreak-open") not in cast.client("grid_worker").get("/").content.decode()


def test_buildings_are_one_geometry(county: Cast) -> None:
    for n in range(3):
        Building.unscoped.create(code=f"B{n}", jurisdiction_id=EAST, longitude=120.5, latitude=28.5 + n / 10)
    answer = county.client("commander").get("/command/dots.json")
    assert answer.json() == {"type": "MultiPoint", "coordinates": [[120.5, 28.5], [120.5, 28.6], [120.5, 28.7]]}
    assert "private" in answer["Cache-Control"]


def test_the_gravest_case_gives_a_place_its_mark() -> None:
    points = [CasePoint(f"C{n}", kind, 120.0, 28.0, "x/") for n, kind in enumerate(["suspected", "asymptomatic"])]
    (place,) = command.point_features(points, {})
    assert place["properties"]["kind"] == "asymptomatic"


def add_boundaries() -> None:
    for n, code in enumerate(
        Jurisdiction.objects.filter(level="township", parent="330999").values_list("pk", flat=True)
    ):
        ring: list[Any] = [[120 + n, 28], [121 + n, 28], [121 + n, 29], [120 + n, 29], [120 + n, 28]]
        Boundary.objects.create(
            jurisdiction_id=code,
            geometry={"type": "Polygon", "coordinates": [ring]},
            longitude=120.5 + n,
            latitude=28.5,
        )
