"""The list page: what it shows, to whom, in how many queries, and what its files hold."""

import csv
import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import Cast
from lianfang.pages.tests.shell.sample import DONE, PersonPage
from lianfang.registry.models import Person

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.database,
    pytest.mark.usefixtures("people"),
]


@pytest.fixture(autouse=True)
def routes():
    with override_settings(ROOT_URLCONF="lianfang.pages.tests.shell.sample"):
        DONE.clear()
        yield


@pytest.fixture
def people(cast: Cast) -> Cast:
    def person(n: int, area: str, **values: str) -> Person:
        row = {"name": "王小明", "phone": "13812345678", "sex": "male", **values}
        return Person(person_id=f"P{n:03}", jurisdiction=cast.areas[area], **row)

    rows = [person(n, "330999001001001") for n in range(1, 61)]
    rows += [person(61, "330999002001", name="李四", sex="female", phone="=HYPERLINK(1)")]
    rows += [person(n, "330998001", name="邻县人") for n in range(70, 75)]
    Person.unscoped.bulk_create(rows)
    return cast


def text(answer) -> str:
    return answer.content.decode()


def test_rows_of_the_own_area_are_shown_and_counted(cast: Cast) -> None:
    page = text(cast.client("investigator").get("/rows/"))
    assert "<strong>61</strong>" in page and "P001" in page and "邻县人" not in page
    page = text(cast.client("neighbour").get("/rows/"))
    assert "<strong>5</strong>" in page and "P001" not in page


def test_protected_values_are_covered_by_role(cast: Cast) -> None:
    assert "13812345678" in text(cast.client("grid_worker").get("/rows/"))
    assert "13812345678" in text(cast.client("commander").get("/rows/"))
    with override_settings():
        from lianfang.access.core import roles

        assert "phone" not in roles.PLAIN_FIELDS[roles.Role.AUDITOR]


@pytest.mark.parametrize("query", ["", "?per_page=200", "?q=王&sort=-phone", "?q=zzz"])
def test_the_number_of_queries_is_fixed(cast: Cast, query: str) -> None:
    client = cast.client("investigator")
    client.get("/rows/")  # the session is stamped once a minute
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/rows/{query}")
        counts.append(len([q for q in queries if "SAVEPOINT" not in q["sql"]]))
        Person.unscoped.filter(pk__gt="P030").delete()
    assert counts[0] == counts[1] <= 10, counts


def test_search_finds_every_word_and_filters_narrow(cast: Cast) -> None:
    client = cast.client("investigator")
    assert "<strong>1</strong>" in text(client.get("/rows/?q=李 P061"))
    assert "没有符合筛选条件" in text(client.get("/rows/?q=李 P001"))
    assert "<strong>1</strong>" in text(client.get("/rows/?sex=female"))


def test_a_filter_that_makes_no_sense_shows_nothing_and_says_why(cast: Cast) -> None:
    page = text(cast.client("investigator").get("/rows/?sex=other"))
    assert "P001" not in page and 'class="error"' in page


def test_every_row_stands_on_exactly_one_page_though_all_sort_alike(cast: Cast) -> None:
    client = cast.client("investigator")
    seen: list[str] = []
    for number in (1, 2, 3):
        table = client.get(f"/rows/?sort=name&per_page=25&page={number}").context["table"]
        seen += [row.record.pk for row in table.paginated_rows]
    assert len(seen) == len(set(seen)) == 61


@pytest.mark.parametrize(
    "query",
    ["page=99", "page=-1", "page=x", "per_page=100000", "per_page=²", "page=²", "sort=nothing", "sort=person__x"],
)
def test_a_strange_address_shows_the_list_all_the_same(cast: Cast, query: str) -> None:
    answer = cast.client("investigator").get(f"/rows/?{query}")
    assert answer.status_code == 200 and "<strong>61</strong>" in text(answer)


def test_sorting_is_said_to_screen_readers_and_kept_with_the_filter(cast: Cast) -> None:
    page = text(cast.client("investigator").get("/rows/?sort=-name&q=王"))
    assert 'aria-sort="descending"' in page
    assert '<input type="hidden" name="sort" value="-name" form="filters">' in page
    assert "sort=name&amp;q=" in page or "q=%E7%8E%8B&amp;sort=name" in page


def test_a_partial_reload_gives_the_list_alone_with_a_clean_address(cast: Cast) -> None:
    headers = {"HX-Request": "true", "HX-Target": "list"}
    answer = cast.client("investigator").get("/rows/?q=李&sex=&page=1", headers=headers)
    page = text(answer)
    assert page.lstrip().startswith('<section id="list"') and "<html" not in page
    assert answer["HX-Push-Url"] == "/rows/?q=%E6%9D%8E"
    assert "HX-Request" in answer["Vary"]


def test_what_was_read_stands_in_the_trail_with_the_keys(cast: Cast) -> None:
    cast.client("investigator").get("/rows/?q=李")
    entry = AuditEntry.objects.last()
    assert entry is not None
    assert (entry.actor, entry.act, entry.kind) == ("account:investigator", "read", "registry.person")
    assert entry.detail["keys"] == ["P061"]


def test_an_empty_list_says_what_to_do_next_to_whom_may_do_it(cast: Cast) -> None:
    Person.unscoped.all().delete()
    page = text(cast.client("investigator").get("/rows/"))
    assert "还没有人员" in page and "先导入名册" in page and "导入</a>" in page
    assert "导入</a>" not in text(cast.client("grid_worker").get("/rows/"))


# Acting on rows.


def test_an_action_reaches_only_chosen_rows_inside_filter_and_scope(cast: Cast) -> None:
    answer = cast.client("investigator").post(
        "/rows/?q=%E7%8E%8B", {"action": "mark", "keys": ["P001", "P002", "P061", "P070"], "note": " 已到 "}
    )
    assert (answer.status_code, answer["Location"]) == (303, "/rows/?q=%E7%8E%8B")
    assert DONE == [("mark", ["P001", "P002"], "已到")]


def test_all_matching_rows_are_those_of_the_filter_on_every_page(cast: Cast) -> None:
    cast.client("investigator").post("/rows/?q=王&per_page=25", {"action": "mark", "all": "1"})
    assert len(DONE[0][1]) == 60


def test_an_action_without_rows_asks_for_them(cast: Cast) -> None:
    client = cast.client("investigator")
    assert "没有选中任何记录" in text(client.post("/rows/", {"action": "mark"}, follow=True))
    assert DONE == []


def test_a_refusal_is_shown_in_words(cast: Cast) -> None:
    page = text(cast.client("investigator").post("/rows/", {"action": "fail", "keys": ["P001"]}, follow=True))
    assert "做不到,请换一个" in page


def test_an_action_that_the_role_may_not_is_neither_shown_nor_done(cast: Cast) -> None:
    client = cast.client("grid_worker")
    assert 'value="order"' not in text(client.get("/rows/"))
    assert client.post("/rows/", {"action": "order", "keys": ["P001"]}).status_code == 403
    assert AuditEntry.objects.last().act == "refused"  # type: ignore[union-attr]
    assert DONE == []
    assert client.post("/rows/", {"action": "nonsense", "keys": ["P001"]}).status_code == 400


# Files.


def _csv(answer) -> list[list[str]]:
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def test_csv_holds_the_filtered_rows_neutralised(cast: Cast) -> None:
    rows = _csv(cast.client("investigator").get("/rows/?q=李&export=csv"))
    assert rows == [["编号", "姓名", "电话", "辖区"], ["P061", "李四", "'=HYPERLINK(1)", "西山村"]]


def test_xlsx_holds_the_same_as_text_and_no_formula(cast: Cast) -> None:
    answer = cast.client("investigator").get("/rows/?q=李&export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["编号", "姓名", "电话", "辖区"],
        ["P061", "李四", "=HYPERLINK(1)", "西山村"],
    ]
    # A text cell is never run: what was entered stays as it was entered.
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}


def test_an_export_is_whole_over_several_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lianfang.pages.lists._EXPORT_CHUNK", 7)
    rows = _csv(cast.client("investigator").get("/rows/?export=csv&per_page=25&page=2"))
    assert len(rows) == 62 and len({row[0] for row in rows}) == 62


def test_an_export_needs_its_own_right_and_is_audited(cast: Cast) -> None:
    client = cast.client("grid_worker")
    assert "export=csv" not in text(client.get("/rows/"))
    assert client.get("/rows/?export=csv").status_code == 403
    cast.client("investigator").get("/rows/?export=csv&q=王")
    entry = AuditEntry.objects.last()
    assert entry is not None
    assert (entry.act, entry.detail["rows"], entry.detail["form"]) == ("export", 60, "csv")
    assert cast.client("investigator").get("/rows/?export=exe").status_code == 400


def test_a_page_of_cards_names_each_value(cast: Cast) -> None:
    page = text(cast.client("investigator").get("/rows/"))
    assert 'data-label="电话"' in page


def test_a_list_says_what_it_counts(cast: Cast) -> None:
    client = cast.client("investigator")
    counted = '<p class="count" aria-live="polite">{}'
    assert counted.format("共 <strong>61</strong> 人") in text(client.get("/rows/"))
    client.post("/preferences/", {"language": "en"})
    assert counted.format("<strong>61</strong> persons in all") in text(client.get("/rows/"))


def test_filters_are_folded_away_and_what_is_chosen_stands_beside_the_count(cast: Cast) -> None:
    client = cast.client("investigator")
    page = text(client.get("/rows/"))
    assert '<details class="more"><summary>' in page and 'class="chips"' not in page
    page = text(client.get("/rows/?sex=male&q=王&page=2&sort=name"))
    assert '<details class="more"><summary>' in page, "folded although something is chosen: it stands as a chip"
    chip = re.search(r'<ul class="chips".*?</ul>', page, re.S)
    assert chip is not None
    assert "性别：<strong>男</strong>" in chip[0] and "王</strong>" not in chip[0], "what is typed is seen in its box"
    assert 'href="/rows/?q=%E7%8E%8B&amp;sort=name" aria-label="去掉筛选：性别"' in chip[0]
    part = text(client.get("/rows/?sex=male", headers={"HX-Request": "true", "HX-Target": "list"}))
    assert 'class="chips"' in part, "it changes with the list"


def test_the_sample_covers_the_interface() -> None:
    assert PersonPage.per_page in (25, 50, 100, 200)
