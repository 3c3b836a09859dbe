"""Columns by kind: what a page shows, what a file gets, what a role sees of a person."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.html import conditional_escape
from django.utils.translation import override

from lianfang.access.models import Account, AuditEntry
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category, Sex
from lianfang.pages import api, columns
from lianfang.pages.columns import types
from lianfang.pages.tables import Table

UTC = dt.UTC
WANG = SimpleNamespace(pk="P1", name="王小明", phone="13812345678", birth_date=dt.date(1980, 5, 6))
NAMELESS = SimpleNamespace(pk="P2", name="", phone="", birth_date=None)
COUNTY = SimpleNamespace(code="330999", name="安和县", name_en="Anhe", level="county", parent=None)
TOWN = SimpleNamespace(code="330999001", name="东河镇", name_en="Donghe", level="township", parent=COUNTY)
AREA = SimpleNamespace(code="330999001001", name="河口社区", name_en="Hekou", level="community", parent=TOWN)


class SampleTable(Table):
    seen = columns.Moment("seen")
    onset = columns.Day("onset")
    born = columns.Day("born")
    due = columns.Clock("due", done="done_at")
    sex = columns.Label("sex", Sex)
    category = columns.Badge("category", Category)
    area = columns.Area("area", order_by="area")
    town = columns.Area("town", short=True, accessor="area")
    key = columns.Link("key", route="person", args=("person.pk",), permission="person.view")
    act = columns.Link("act", route="person", args=("key",), text="登记", permission="case.report", accessor="key")
    name = columns.Person("name", route="person", args=("person.pk",), otherwise="key", accessor="person")
    phone = columns.Person("phone", field="phone", accessor="person")
    born_of = columns.Person("born of", field="birth_date", accessor="person")
    id_number = columns.Masked("id", "id_number")
    minutes = columns.Number("minutes", "分钟", digits=2)
    long = columns.Number("long", said=lambda n: Text(f"{n:.0f}分", f"{n:.0f} min"), accessor="minutes")
    why = columns.Why("why", text=lambda r, t: f"因为{r.key}", url=lambda r, t: f"/why/{r.key}/", accessor="key")
    active = columns.YesNo("active", yes="启用", no="停用", badge=True)
    said = columns.YesNo("said", accessor="active")
    words = columns.Text("words", shown=lambda r, t: f"{r.key}/{t.role}", accessor="key")
    kind = columns.Code("kind", words=lambda r, t: Text("项", "thing").in_language("en"), accessor="key")
    state = columns.Code("state", words=lambda r, t: "开", code=lambda r, t: "open", accessor="seen")
    hidden = columns.Label("hidden", Sex, plain=lambda r, t: "*" if t.role == "auditor" else r.sex, accessor="sex")
    both = columns.Moment("both", shown=lambda r, t: "——", plain=lambda r, t: r.key, accessor="seen")


def row(**changes: Any) -> SimpleNamespace:
    facts = {
        "pk": 7,
        "key": "K1",
        "person": WANG,
        "seen": dt.datetime(2021, 8, 5, 16, 30, 59, tzinfo=UTC),
        "onset": dt.datetime(2021, 8, 5, 16, 0, tzinfo=UTC),
        "born": dt.date(1980, 5, 6),
        "due": dt.datetime(2021, 8, 6, 4, 0, tzinfo=UTC),
        "done_at": dt.datetime(2021, 8, 6, 3, 0, tzinfo=UTC),
        "sex": "male",
        "category": "close_contact",
        "area": AREA,
        "id_number": "330106198005061234",
        "minutes": 61.23456,
        "active": True,
    }
    return SimpleNamespace(**(facts | changes))


def cells(one: Any, role: str = "investigator", language: str = "zh-hans") -> tuple[dict[str, str], dict[str, Any]]:
    """Return by column what the page shows and what a file gets."""
    with override(language):
        table = SampleTable([one])
        table.request = SimpleNamespace(account=SimpleNamespace(role=role))  # type: ignore[assignment]
        shown = {column.name: conditional_escape(cell) for column, cell in table.rows[0].items()}
        names, values = list(table.as_values())
        return shown, dict(zip((c.name for c in table.columns.iterall()), values, strict=True)) | {"_": names}


def test_a_time_is_local_and_to_the_minute_in_a_file_as_on_the_page() -> None:
    shown, filed = cells(row())
    assert ">2021-08-06 00:30<" in shown["seen"]
    assert filed["seen"] == dt.datetime(2021, 8, 6, 0, 30)
    # 16:00 UTC is already the next day here: the file must not say the day before.
    assert ">2021-08-06<" in shown["onset"] and filed["onset"] == dt.date(2021, 8, 6)
    assert ">1980-05-06<" in shown["born"] and filed["born"] == dt.date(1980, 5, 6)
    assert 'class="clock good"' in shown["due"] and filed["due"] == dt.datetime(2021, 8, 6, 12, 0)


@pytest.mark.parametrize(
    ("language", "sex", "category", "area", "town", "long"),
    [
        ("zh-hans", "男", "密切接触者", "东河镇 河口社区", "河口社区", "61分"),
        ("en", "Male", "Close contact", "Donghe Hekou", "Hekou", "61 min"),
    ],
)
def test_words_are_the_readers(language: str, sex: str, category: str, area: str, town: str, long: str) -> None:
    shown, filed = cells(row(), language=language)
    assert (shown["sex"], filed["sex"]) == (sex, sex)
    assert filed["category"] == Category.of("close_contact").label.in_language("en" if language == "en" else "zh")
    assert shown["category"].startswith('<span class="badge warn">') and filed["category"] in shown["category"]
    assert (shown["area"], filed["area"], filed["town"]) == (area, area, town)
    assert shown["long"] == long and filed["long"] == 61.23456


def test_a_number_is_a_number_in_a_file() -> None:
    shown, filed = cells(row())
    assert shown["minutes"] == "61.23456 分钟" and filed["minutes"] == 61.23


def test_a_person_is_covered_by_role_and_leads_to_the_page_that_the_room_names() -> None:
    shown, filed = cells(row(), "investigator")
    assert shown["name"] == '<a href="/persons/P1/">王小明</a>' and filed["name"] == "王小明"
    assert (filed["phone"], filed["born_of"], filed["id_number"]) == ("13812345678", "1980-05-06", "330106198005061234")
    shown, filed = cells(row(), "auditor")
    assert shown["name"] == '<a href="/persons/P1/">王**</a>' and filed["name"] == "王**"
    assert (filed["phone"], filed["born_of"]) == ("138******78", "1980-**-**")
    assert shown["id_number"] == filed["id_number"] == "330106************"


def test_what_is_missing_is_a_dash_on_the_page_and_empty_in_a_file() -> None:
    nothing = dict.fromkeys(("seen", "onset", "born", "due", "sex", "category", "area", "id_number", "minutes"))
    shown, filed = cells(row(**nothing, person=NAMELESS))
    assert {shown[name] for name in nothing} == {"—"} and {filed[name] for name in nothing} == {None}
    assert (shown["phone"], filed["phone"]) == ("—", "")
    assert shown["name"] == '<a href="/persons/P2/">K1</a>' and filed["name"] == "K1"
    assert {shown["phone"], cells(row(person=None))[0]["phone"]} == {"—"}


def test_a_link_stands_only_where_the_reader_may_go() -> None:
    shown, filed = cells(row())
    assert shown["key"] == '<a href="/persons/P1/">K1</a>' and filed["key"] == "K1"
    assert shown["act"] == '<a href="/persons/K1/">登记</a>'
    shown, _filed = cells(row(), "auditor")
    assert (shown["key"], shown["act"]) == ("K1", "—")


def test_a_reason_opens_beside_the_row_and_stands_whole_in_a_file() -> None:
    shown, filed = cells(row())
    assert '<details class="why" data-why="/why/K1/">' in shown["why"] and "因为K1" in shown["why"]
    assert filed["why"] == "因为K1"


def test_yes_and_no_have_words_of_their_own() -> None:
    shown, filed = cells(row())
    assert shown["active"].startswith('<span class="badge good">') and filed["active"] == "启用"
    assert (shown["said"], filed["said"]) == ("是", "是")
    shown, filed = cells(row(active=False), language="en")
    assert shown["active"].startswith('<span class="badge neutral">') and (filed["active"], filed["said"]) == (
        "停用",
        "no",
    )


def test_a_page_may_say_more_than_the_file() -> None:
    shown, filed = cells(row())
    assert shown["words"] == filed["words"] == "K1/investigator"
    assert (shown["both"], filed["both"]) == ("——", "K1")


def given(one: Any, role: str = "investigator", language: str = "zh-hans") -> dict[str, Any]:
    """Return what the API gives of a row."""
    with override(language):
        table = SampleTable([one])
        table.request = SimpleNamespace(account=SimpleNamespace(role=role))  # type: ignore[assignment]
        return api.row_answer(table, table.rows[0])


def test_the_api_gives_values_in_the_form_of_their_kind() -> None:
    told = given(row(), language="en")
    # With its seconds, and the offset of here: 16:30:59 in UTC.
    assert told["seen"] == "2021-08-06T00:30:59+08:00" and told["due"] == "2021-08-06T12:00:00+08:00"
    assert (told["onset"], told["born"]) == ("2021-08-06", "1980-05-06")
    assert (told["sex"], told["sex_label"]) == ("male", "Male")
    assert (told["category"], told["category_label"]) == ("close_contact", "Close contact")
    assert (told["area"], told["area_label"]) == ("330999001001", "Donghe Hekou")
    assert (told["town"], told["town_label"]) == ("330999001001", "Hekou")
    assert (told["kind"], told["kind_label"], told["state"], told["state_label"]) == ("K1", "thing", "open", "开")
    assert (told["minutes"], told["long"]) == (61.23, 61.23456) and told["active"] is told["said"] is True
    assert (told["words"], told["why"], told["key"], told["both"]) == ("K1/investigator", "因为K1", "K1", "K1")
    labels = {name for name in told if name.endswith("_label")}
    assert labels == {f"{name}_label" for name in ("sex", "category", "area", "town", "kind", "state")}
    assert given(row(active=False))["active"] is False


@pytest.mark.parametrize("role", ["investigator", "auditor"])
def test_the_api_covers_as_a_file_does(role: str) -> None:
    told, (_shown, filed) = given(row(), role), cells(row(), role)
    for name in ("name", "phone", "born_of", "id_number", "hidden"):
        assert told[name] == filed[name], name
    assert (told["phone"], told["hidden"]) == (
        ("13812345678", "male") if role == "investigator" else ("138******78", "*")
    )


def test_what_is_missing_is_nothing_in_the_api() -> None:
    names = ("seen", "onset", "born", "due", "sex", "category", "area", "id_number", "minutes", "active")
    told = given(row(**dict.fromkeys(names), person=NAMELESS))
    assert {told[name] for name in names} == {None} == {told[f"{name}_label"] for name in ("sex", "category", "area")}
    assert told["phone"] is None and told["name"] == "K1"


def test_the_schema_of_a_column_follows_from_its_kind_and_field() -> None:
    known = {name: column.schema(None) for name, column in api.columns_of(SampleTable).items()}
    assert known["seen"] == known["due"] == types.TIME and known["onset"] == types.DAY
    assert known["minutes"] == types.NUMBER and known["active"] == types.YES_NO
    assert known["name"] == known["id_number"] == known["area"] == known["why"] == known["key"] == types.TEXT
    assert known["both"] == known["hidden"] == types.ANYTHING
    with override("en"):
        assert columns.Label("sex", Sex).schema(None)["x-codes"] == {
            "male": "Male",
            "female": "Female",
            "unknown": "Unknown",
        }

    def counted(record: Any, table: Any) -> int | None:
        return 3

    assert columns.Number("n").schema(types.INTEGER) == types.INTEGER
    assert columns.Number("n", digits=2).schema(types.INTEGER) == types.NUMBER
    assert columns.Number("n", plain=counted).schema(types.DAY) == types.INTEGER
    assert columns.Moment("n").schema(types.DAY) == types.DAY
    assert columns.Link("n", route="case").schema(types.INTEGER) == types.INTEGER


def test_the_schema_of_a_path_is_that_of_its_field() -> None:
    of = types.schema_of_path
    assert of(Account, "jurisdiction_id") == of(Account, "jurisdiction__parent.name") == types.TEXT
    assert of(Account, "pk") == types.INTEGER and of(Account, "is_active") == types.YES_NO
    assert of(Account, "last_login") == types.TIME and of(AuditEntry, "detail") == types.ANYTHING
    assert of(Account, "jurisdiction.nothing") is None and of(Account, "nothing.name") is None


def test_what_a_row_says_is_escaped() -> None:
    bad = "<script>"
    shown, _filed = cells(row(key=bad, person=SimpleNamespace(pk="P1", name=bad, phone=bad, birth_date=None)))
    assert not [name for name, cell in shown.items() if "<script>" in cell]
    assert shown["phone"] == "&lt;script&gt;" and "&lt;script&gt;</a>" in shown["name"]
