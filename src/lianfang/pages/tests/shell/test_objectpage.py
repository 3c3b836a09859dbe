"""The page of one thing: who sees which tab, what each costs, how it is opened without scripts, what is audited."""

import re
from unittest.mock import patch

import pytest
from django.apps import apps
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from lianfang import house
from lianfang.access.core.roles import PERMISSIONS
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import Cast
from lianfang.kernel.declare import load_named
from lianfang.pages.offers import offers_for
from lianfang.pages.panels import panels_for
from lianfang.pages.tests.shell.object_sample import CALLED, HERE, HOUSE, MORE, NONE, PANELS, SECTIONS, TWICE
from lianfang.pages.timeline import events_of

HTMX = {"HX-Request": "true", "HX-Target": "parts"}


def declared(panels):
    """Have the house declare other panels for a while."""
    return patch("lianfang.pages.panels.declared_panels", lambda: panels)


@pytest.fixture(autouse=True)
def routes():
    with override_settings(ROOT_URLCONF=HERE), declared(PANELS):
        CALLED.clear()
        yield


def text(answer) -> str:
    return answer.content.decode()


def tabs(page: str) -> list[tuple[str, bool]]:
    """Return the codes of the tabs as they stand, and which is open."""
    found = re.findall(r'<a id="tab-(\w+)" href="/things/K1/\?tab=\1"( aria-current="page")?>', page)
    assert [code for code, _current in found[-1:]] in ([], ["all"])
    return [(code, bool(current)) for code, current in found[:-1]]


@pytest.mark.django_db
@pytest.mark.database
class TestPage:
    def test_it_shows_name_badges_buttons_facts_and_the_first_tab(self, cast: Cast) -> None:
        page = text(cast.client("investigator").get("/things/K1/"))
        assert "<h1>物K1</h1>" in page and "在用" in page and "&lt;物K1&gt;" in page
        assert '<a class="button primary" href="/home/">改</a>' in page and ">删<" not in page
        assert tabs(page) == [("rows", True), ("html", False), ("text", False)]
        assert "行K1" in page and CALLED == ["rows"]

    def test_each_tab_has_an_address_that_works_without_scripts(self, cast: Cast) -> None:
        client = cast.client("investigator")
        page = text(client.get("/things/K1/?tab=html"))
        assert "<h1>物K1</h1>" in page and "件K1" in page and "行K1" not in page
        assert tabs(page) == [("rows", False), ("html", True), ("text", False)]
        assert '<section class="panel" aria-labelledby="h-html"><h2 id="h-html">甲html</h2>' in page
        assert '<nav class="tabs" aria-label="本页各部分"' in page
        assert CALLED == ["html"]

    def test_with_scripts_only_the_part_below_is_loaded(self, cast: Cast) -> None:
        answer = cast.client("investigator").get("/things/K1/?tab=html", headers=HTMX)
        page = text(answer)
        assert page.startswith('<div id="parts">') and "<html" not in page and "件K1" in page and "在用" not in page
        assert tabs(page) == [("rows", False), ("html", True), ("text", False)]
        assert "HX-Target" in answer["Vary"]
        whole = text(
            cast.client("investigator").get("/things/K1/", headers=HTMX | {"HX-History-Restore-Request": "true"})
        )
        assert "<html" in whole

    def test_what_a_panel_gives_as_text_is_escaped(self, cast: Cast) -> None:
        page = text(cast.client("investigator").get("/things/K1/?tab=text"))
        assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page

    def test_a_tab_stands_only_for_whom_it_is(self, cast: Cast) -> None:
        answer = cast.client("investigator").get("/things/K1/?tab=secret")
        assert answer.status_code == 403 and CALLED == []
        entry = AuditEntry.objects.order_by("-number").first()
        assert entry is not None
        assert (entry.act, entry.actor, entry.detail["permission"]) == (
            "refused",
            "account:investigator",
            "account.manage",
        )

    def test_a_tab_that_is_gone_opens_the_first(self, cast: Cast) -> None:
        page = text(cast.client("investigator").get("/things/K1/?tab=gone"))
        assert tabs(page)[0] == ("rows", True)

    def test_what_is_not_there_is_not_shown(self, cast: Cast) -> None:
        assert cast.client("investigator").get("/things/gone/").status_code == 404
        assert cast.client("auditor").get("/things/K1/").status_code == 403
        assert not AuditEntry.objects.filter(act="read", kind="thing").exists() and CALLED == []

    def test_each_reading_stands_in_the_trail_with_its_tab(self, cast: Cast) -> None:
        client = cast.client("investigator")
        client.get("/things/K1/")
        client.get("/things/K1/?tab=html", headers=HTMX)
        found = AuditEntry.objects.filter(act="read", kind="thing").order_by("number")
        assert [(entry.key, entry.detail) for entry in found] == [
            ("K1", {"tab": "rows", "rows": ["33", "330998"]}),
            ("K1", {"tab": "html"}),
        ]

    def test_a_room_more_costs_the_first_tab_nothing(self, cast: Cast) -> None:
        client = cast.client("investigator")
        client.get("/things/K1/")
        counts = []
        for panels in (PANELS, PANELS + MORE):
            with declared(panels), CaptureQueriesContext(connection) as queries:
                page = text(client.get("/things/K1/"))
            counts.append((len(tabs(page)), len([q for q in queries if "SAVEPOINT" not in q["sql"]])))
        assert [shown for shown, _queries in counts] == [3, 23]
        assert counts[0][1] == counts[1][1]
        assert set(CALLED) == {"rows"}

    def test_without_panels_the_page_stands_all_the_same(self, cast: Cast) -> None:
        with declared(NONE):
            page = text(cast.client("investigator").get("/things/K1/"))
        assert "<h1>物K1</h1>" in page and tabs(page) == [] and '<nav class="tabs"' not in page

    def test_it_speaks_english(self, cast: Cast) -> None:
        client = cast.client("investigator")
        client.post("/preferences/", {"language": "en"})
        page = text(client.get("/things/K1/"))
        assert ">Tab rows</a>" in page and 'aria-label="Parts of this page"' in page and "甲rows" not in page


@pytest.mark.django_db
@pytest.mark.database
class TestAboveAndOnTabs:
    @pytest.fixture(autouse=True)
    def sections(self):
        with declared(SECTIONS):
            yield

    def get(self, cast: Cast, query: str = "", **more) -> str:
        return text(cast.client("investigator").get(f"/wholes/K1/{query}", **more))

    def test_the_facts_stand_first_beside_what_is_above_then_what_is_wide_then_the_tabs(self, cast: Cast) -> None:
        page = self.get(cast)
        main = page[page.index("<main") :]
        words = (
            '<div class="about columns wide">',
            "&lt;物K1&gt;",
            "数K1",
            "无题K1",
            "图",
            '<nav class="tabs"',
            "件K1",
        )
        places = [main.index(one) for one in words]
        assert places == sorted(places)
        assert '<section class="panel" aria-labelledby="h-counted"><h2 id="h-counted">甲数 (2)</h2>' in main
        assert '<section class="panel" aria-labelledby="h-below"><h2 id="h-below">甲below</h2>' in main
        assert "h-bare" not in main

    def test_a_panel_stands_on_the_tab_of_another_or_alone_where_that_is_gone(self, cast: Cast) -> None:
        page = self.get(cast)
        assert page.index("件K1") < page.index("附K1")
        found = re.findall(r'<a id="tab-(\w+)" href="/wholes/K1/\?tab=\w+"', page)
        assert found == ["below", "sheet", "alone", "all"]
        assert 'id="h-beneath"' in self.get(cast, "?tab=beneath"), "the address of a panel opens its tab"
        assert "text" not in CALLED and "甲藏" not in page, "what is not for the reader"
        assert cast.client("investigator").get("/wholes/K1/?tab=hidden").status_code == 403

    def test_what_waits_stands_on_the_tab(self, cast: Cast) -> None:
        page = self.get(cast)
        tab = page[page.index('<a id="tab-sheet"') :]
        assert "待决定 7" in tab[: tab.index("</a>")]
        assert page.count("待决定") == 1

    def test_rows_stand_on_sheets_with_addresses_of_their_own(self, cast: Cast) -> None:
        page = self.get(cast, "?tab=sheet")
        assert "甲sheet (45)" in page and "rows 1-15" in CALLED
        assert 'href="/wholes/K1/?tab=sheet&amp;page=2"' in page and 'rel="prev"' not in page
        page = self.get(cast, "?tab=sheet&page=3")
        assert "rows 31-45" in CALLED and 'rel="next"' not in page
        self.get(cast, "?tab=sheet&page=99")
        assert CALLED.count("rows 31-45") == 2

    def test_all_tabs_stand_on_one_page_to_be_printed(self, cast: Cast) -> None:
        page = self.get(cast, "?tab=all&page=2")
        assert [page.index(one) for one in ("件K1", "附K1", "甲sheet (45)", "甲独")]
        assert "rows 1-45" in CALLED and '<div class="pager">' not in page
        (entry,) = AuditEntry.objects.filter(act="read", kind="whole")
        assert entry.detail["tab"] == "all" and entry.detail["people"] == ["P1", "P2", "P3", "P4"]

    def test_with_scripts_what_stands_above_is_not_asked_again_and_what_was_done_is_told(self, cast: Cast) -> None:
        page = self.get(cast, headers=HTMX)
        assert CALLED == ["asked", "html"] or CALLED == ["html", "asked"]
        assert "数K1" not in page and "附K1" in page and '<div id="messages" hx-swap-oob="innerHTML">' in page
        assert '<div id="parts" data-modules="/static/site/dist/map.js ">' in page

    def test_a_section_with_nothing_to_show_and_one_that_is_not_for_the_reader_are_left_out(self, cast: Cast) -> None:
        page = self.get(cast)
        assert "empty" in CALLED and "h-empty" not in page
        assert "text" not in CALLED and "甲密" not in page

    def test_what_all_sections_need_is_asked_once_a_page(self, cast: Cast) -> None:
        self.get(cast)
        assert CALLED.count("asked") == 1
        self.get(cast)
        assert CALLED.count("asked") == 2

    def test_scripts_stand_once_in_the_head(self, cast: Cast) -> None:
        page = self.get(cast)
        assert page[: page.index("</head>")].count('src="/static/site/dist/graph.js"') == 1

    def test_one_reading_names_whatever_the_sections_name(self, cast: Cast) -> None:
        self.get(cast)
        (entry,) = AuditEntry.objects.filter(act="read", kind="whole")
        assert (entry.key, entry.detail) == (
            "K1",
            {"person": "P0", "people": ["P1", "P2", "P3", "P4"], "counted": ["R1"], "beneath": ["R2"], "tab": "below"},
        )


@pytest.mark.django_db
@pytest.mark.database
class TestDeclaredElsewhere:
    @pytest.fixture
    def request_of(self, cast: Cast, rf):
        def made(who: str):
            request = rf.get("/")
            request.account = getattr(cast, who)
            return request

        return made

    def test_a_timeline_is_gathered_by_time_and_equal_times_by_room(self, request_of) -> None:
        with patch("lianfang.pages.timeline.declared", lambda: HOUSE):
            told = [one["title"] for one in events_of(request_of("investigator"), "thing", "K1")]
            assert told == ["a", "b", "d", "cK1"]
            assert events_of(request_of("auditor"), "thing", "K1") == []
            assert [one["title"] for one in events_of(request_of("investigator"), "other", "K1")] == ["b", "d"]

    def test_offers_stand_for_whom_they_are_and_where_they_lead(self, request_of) -> None:
        with patch("lianfang.pages.offers.declared", lambda: HOUSE):
            found = offers_for(request_of("investigator"), "thing", "K1")
            assert [(one.label, one.url) for one in found] == [("可做", "/home/?thing=K1")]
            assert CALLED == ["offer K1"], "what is not for the reader is not asked"
            assert offers_for(request_of("investigator"), "thing", "K0") == []

    def test_an_offer_is_a_button_of_the_page(self, cast: Cast) -> None:
        with patch("lianfang.pages.offers.declared", lambda: HOUSE):
            page = text(cast.client("investigator").get("/things/K1/"))
            assert '<a class="button" href="/home/?thing=K1">可做</a>' in page and "管理" not in page
            assert "可做" not in text(cast.client("investigator").get("/things/K0/"))


def test_two_panels_of_one_code_are_refused() -> None:
    with (
        declared(PANELS + TWICE),
        pytest.raises(ValueError, match="rows"),
    ):
        panels_for("thing")


def test_panels_stand_by_order_and_only_on_their_page() -> None:
    assert [panel.code for panel in panels_for("thing")] == ["secret", "rows", "html", "text"]
    assert [panel.code for panel in panels_for("another")] == ["other"]


def test_every_panel_of_the_house_can_be_shown() -> None:
    panels = [panel for room in house.declared().values() for panel in room.panels]
    assert panels
    for panel in panels:
        assert panel.permission in PERMISSIONS and callable(load_named(panel.content)), panel.code
        assert panel.title.zh and panel.title.en


def test_what_rooms_declare_for_pages_is_about_things_that_there_are() -> None:
    rooms = house.declared().values()
    about = {one.subject for room in rooms for one in (*room.panels, *room.timeline, *room.offers)}
    assert {"registry.person", "cases.case", "outbreaks.outbreak"} <= about
    for subject in about:
        assert apps.get_model(subject)._meta.label_lower == subject
