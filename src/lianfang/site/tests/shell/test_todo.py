"""The page "to do": each role's worklists, each number the length of the list that it leads to."""

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lianfang.access.core.roles import PERMISSIONS, Role, may
from lianfang.access.tests.cast import Cast
from lianfang.access.times import now, to_local
from lianfang.headquarters.tests.shell.county import add_case, add_contact, add_measure, add_outbreak
from lianfang.house import declared
from lianfang.kernel.text import Text
from lianfang.measures.models import Measure
from lianfang.pages.worklists import Worklist, count_of, query_of
from lianfang.records.models import Clock
from lianfang.site.todo import worklists
from lianfang.tracing.models import Contact

EAST, WEST = "330999001001001", "330999002001"
DAY = dt.timedelta(days=1)


FILLED = ("tracing", "measures", "headquarters")
"""The rooms in whose worklists `fill` puts something."""


def fill() -> None:
    """Two outbreaks with something in every worklist of `FILLED`, and beside it what belongs into none."""
    moment = now()
    today = to_local(moment).date()
    for outbreak in ("OB1", "OB2"):
        add_outbreak(outbreak)
        add_case(f"C-{outbreak}", outbreak, EAST)
        for n, (area, more) in enumerate(
            [(EAST, {}), (WEST, {}), (EAST, {"decision": "accepted"}), (EAST, {"decision": "refused"})]
        ):
            add_contact(f"K{outbreak}{n}", area, outbreak=outbreak, **more)
        add_contact(f"K{outbreak}L", EAST, outbreak=outbreak, located=True)
        add_contact(f"K{outbreak}C", EAST, outbreak=outbreak, is_case=True)
        kinds: list[dict[str, Any]] = [
            {"decision": "proposed"},
            {"end": moment - DAY / 2},
            {"end": moment - DAY / 2, "released_at": moment - DAY / 4},
            {"end": moment + DAY},
            {"decision": "refused"},
        ]
        for n, more in enumerate(kinds):
            for area in (EAST, WEST):
                add_measure(
                    f"M{outbreak}{n}{area}", area, outbreak=outbreak, **{"start": moment - DAY, "end": None} | more
                )
        for name, due, done in [("on_site", -DAY, None), ("core_facts", DAY, None), ("everything", -DAY, moment)]:
            Clock.unscoped.create(
                subject_kind="cases.case",
                subject=f"C-{outbreak}",
                matter=f"{outbreak}",
                jurisdiction_id=EAST,
                clock=name,
                starts=moment - 2 * DAY,
                due=moment + due,
                rule=f"clock.{name}",
                done_at=done,
            )
    tested = Measure.unscoped.filter(Q(end=moment + DAY) | Q(decision="refused"))
    tested.update(test_dates=[today.isoformat(), "2031-01-01"])


def shown(page: str) -> dict[str, tuple[int, str, str]]:
    """Return by title: number, address and tone of the worklists in which something waits."""
    found = re.findall(
        r'<a class="figure (\w+)" href="([^"]+)"><span class="value">(\d+)</span> <span class="label">([^<]+)', page
    )
    return {title: (int(value), url.replace("&amp;", "&"), tone) for tone, url, value, title in found}


@pytest.mark.django_db
@pytest.mark.database
class TestPage:
    @pytest.mark.parametrize("name", ["commander", "investigator", "township_officer", "grid_worker"])
    @pytest.mark.parametrize("outbreak", ["", "OB1"])
    def test_every_number_is_the_length_of_the_list_it_leads_to(self, cast: Cast, name: str, outbreak: str) -> None:
        fill()
        client = cast.client(name)
        page = client.get(f"/todo/?outbreak={outbreak}" if outbreak else "/todo/").content.decode()
        waiting = shown(page)
        lists = [one for room in FILLED for one in declared()[room].worklists]
        mine = {one.title.zh for one in lists if name in one.roles and may(name, one.permission)}
        assert set(waiting) == mine and mine
        for title, (number, url, _tone) in waiting.items():
            answer = client.get(url)
            assert answer.status_code == 200 and answer.context["count"] == number > 0, (title, url)

    def test_the_numbers_are_those_of_the_facts(self, cast: Cast) -> None:
        fill()
        numbers = {
            title: number
            for title, (number, _u, _t) in shown(cast.client("commander").get("/todo/").content.decode()).items()
        }
        assert numbers == {
            "待判定的接触者": 6,
            "逾期未核实到人的接触者": 6,
            "待下达的管控措施": 4,
            "期满未解除的措施": 4,
            "逾期未办结的事项": 2,
        }
        one = shown(cast.client("township_officer").get("/todo/?outbreak=OB1").content.decode())
        assert {title: number for title, (number, _u, _t) in one.items()} == {
            "逾期未核实到人的接触者": 2,
            "今日应采样人员": 1,
            "逾期未办结的事项": 1,
        }

    def test_the_number_of_queries_is_fixed(self, cast: Cast) -> None:
        fill()
        client = cast.client("commander")
        client.get("/todo/")
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get("/todo/")
            counts.append(len(queries))
            Contact.unscoped.filter(outbreak="OB1").delete()
            Measure.unscoped.filter(outbreak="OB1").delete()
        assert counts[0] == counts[1] <= 7 + len(worklists()), counts

    def test_nothing_waits_in_an_empty_county(self, cast: Cast) -> None:
        page = cast.client("commander").get("/todo/").content.decode()
        assert "目前没有待办事项" in page and shown(page) == {} and "待下达的管控措施" in page

    def test_it_speaks_english(self, cast: Cast) -> None:
        fill()
        client = cast.client("grid_worker")
        client.post("/preferences/", {"language": "en"})
        page = client.get("/todo/").content.decode()
        assert set(shown(page)) == {"Contacts overdue to be located", "Tests due today"}
        assert "by midnight today" in page and "<h1>To do</h1>" in page

    def test_who_has_no_worklist_has_no_page(self, cast: Cast) -> None:
        assert cast.client("auditor").get("/todo/").status_code == 403
        assert 'href="/todo/"' not in cast.client("auditor").get("/account/", follow=True).content.decode()
        assert 'href="/todo/"' in cast.client("grid_worker").get("/account/", follow=True).content.decode()

    def test_a_neighbour_sees_nothing_of_it(self, cast: Cast) -> None:
        fill()
        assert shown(cast.client("neighbour").get("/todo/").content.decode()) == {}
        assert cast.client("commander").get("/todo/?outbreak=NONE").status_code == 404

    def test_it_reloads_itself_without_its_frame(self, cast: Cast) -> None:
        page = cast.client("commander").get("/todo/", headers={"HX-Request": "true"}).content.decode()
        assert page.startswith('<section id="todo"') and "<html" not in page and 'hx-get="/todo/"' in page


def test_every_worklist_can_be_opened_by_its_roles() -> None:
    for one in worklists():
        assert callable(count_of(one)) and reverse(one.route)
        assert one.permission in PERMISSIONS and set(one.roles) <= set(Role.codes()) and one.roles
        assert all(may(role, one.permission) and may(role, "command.view") for role in one.roles), one.code
        assert all(text.zh and text.en for text in (one.title, one.definition))


def test_a_query_is_filled_in_and_what_is_empty_left_out() -> None:
    one = Worklist(
        "x",
        Text("甲", "a"),
        Text("甲", "a"),
        "contact-list",
        "contact.view",
        ("commander",),
        "x:y",
        {"state": "overdue", "in_force_at": "{at}", "day": "{day}", "outbreak": "{outbreak}"},
    )
    at = dt.datetime(2021, 8, 6, 9, 5, 30)
    said = {"state": "overdue", "in_force_at": "2021-08-06T09:05:30", "day": "2021-08-06"}
    assert query_of(one, at=at) == said
    assert query_of(one, at=at, outbreak="OB 1") == said | {"outbreak": "OB 1"}
    assert query_of(replace(one, filters={}), at=at) == {}


def test_each_of_the_house_has_a_code_of_its_own() -> None:
    codes = [one.code for one in worklists()]
    assert len(codes) == len(set(codes)) >= 6
