"""The form page: what is typed stays, what is refused is said, what is shown is audited, what is done can be undone."""

import datetime as dt

import pytest
from django import forms
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import Cast
from lianfang.kernel.vocabulary import Sex
from lianfang.pages import fields
from lianfang.pages.tests.shell.form_sample import CHANGE, SAVED

SENT = {"name": "王小明", "sex": "male", "seen_at": "2021-08-06T09:05", "found": ["a", "c"], "ready": "on"}


@pytest.fixture(autouse=True)
def routes():
    with override_settings(ROOT_URLCONF="lianfang.pages.tests.shell.form_sample"):
        SAVED.clear()
        yield


def text(answer) -> str:
    return answer.content.decode()


def reads() -> list[tuple[str, str, dict]]:
    found = AuditEntry.objects.filter(act="read", kind="registry.person").order_by("number")
    return [(entry.actor, entry.key, entry.detail) for entry in found]


@pytest.mark.django_db
@pytest.mark.database
class TestPage:
    def test_it_shows_the_form_and_says_so_in_the_trail(self, cast: Cast) -> None:
        answer = cast.client("investigator").get("/form/P1/")
        page = text(answer)
        assert answer.status_code == 200 and 'value="初始P1"' in page and "先核对，再保存。" in page
        assert '<button class="primary">保存登记</button>' in page and 'href="/home/"' in page
        assert reads() == [("account:investigator", "P1", {"for": "sample", "looked": ""})]

    def test_whoever_may_not_open_it_reads_nothing(self, cast: Cast) -> None:
        assert cast.client("auditor").get("/form/P1/").status_code == 403
        assert cast.client("investigator").get("/form/gone/").status_code == 404
        assert cast.client("investigator").post("/form/gone/", SENT).status_code == 404
        assert reads() == [] and SAVED == []

    def test_what_is_saved_can_be_undone_on_the_next_page(self, cast: Cast) -> None:
        answer = cast.client("investigator").post("/form/P1/", SENT, follow=True)
        assert answer.redirect_chain == [("/home/", 302)]
        assert "已登记。" in text(answer) and f"/account/undo/{CHANGE}/" in text(answer)
        assert [
            {
                "name": "王小明",
                "sex": "male",
                "seen_at": dt.datetime(2021, 8, 6, 9, 5),
                "found": ["a", "c"],
                "ready": True,
            }
        ] == SAVED
        assert reads() == []  # nothing was shown

    def test_nothing_changed_is_said_and_has_no_undo(self, cast: Cast) -> None:
        answer = cast.client("investigator").post("/form/P1/", SENT | {"name": "同"}, follow=True)
        assert "没有变化。" in text(answer) and "/account/undo/" not in text(answer)

    @pytest.mark.parametrize(
        ("change", "words"),
        [({"name": "错"}, "姓名有误，请改正"), ({"name": "一二三四五六七八九十一"}, "10"), ({"seen_at": "昨天"}, "")],
    )
    def test_what_is_refused_keeps_everything_typed(self, cast: Cast, change: dict, words: str) -> None:
        sent = SENT | change
        answer = cast.client("investigator").post("/form/P1/", sent)
        page = text(answer)
        assert answer.status_code == 422 and 'class="error-summary"' in page and words in page
        assert f'value="{sent["name"]}"' in page and f'value="{sent["seen_at"]}"' in page
        assert '<option value="male" selected>' in page and "checked" in page
        assert page.count('<option value="a" selected>') == page.count('<option value="c" selected>') == 1
        assert SAVED == [] and len(reads()) == 1

    def test_a_refusal_stands_at_its_field_in_the_readers_language(self, cast: Cast) -> None:
        client = cast.client("investigator")
        client.post("/preferences/", {"language": "en"})
        page = text(client.post("/form/P1/", SENT | {"name": "错"}))
        assert 'id="id_name_error">the name is wrong; correct it' in page

    def test_a_button_that_looks_something_up_keeps_what_was_typed_and_checks_nothing(self, cast: Cast) -> None:
        answer = cast.client("investigator").post("/form/P1/", SENT | {"name": "", "act": "find"})
        page = text(answer)
        assert answer.status_code == 200 and "error-summary" not in page
        assert 'value="2021-08-06T09:05"' in page and '<option value="male" selected>' in page and "checked" in page
        assert page.count('<option value="a" selected>') == page.count('<option value="c" selected>') == 1
        assert SAVED == [] and reads()[0][2]["looked"] == "find"


def read(field: forms.Field, value: str):
    return field.clean(value)


def test_a_moment_is_local_or_aware() -> None:
    local, aware = fields.Moment(), fields.Moment(aware=True)
    for written in ("2021-08-06T09:05", "2021-08-06T09:05:00", "2021-08-06 09:05", "2021/08/06 09:05"):
        assert read(local, written) == dt.datetime(2021, 8, 6, 9, 5)
        assert read(aware, written) == dt.datetime(2021, 8, 6, 1, 5, tzinfo=dt.UTC)
    assert read(local, "") is None
    with pytest.raises(forms.ValidationError):
        read(fields.Moment(required=True), "")


def test_a_day_is_a_date_and_its_start_a_time() -> None:
    for written in ("2021-08-06", "2021/8/6", "20210806", "2021年8月6日"):
        assert read(fields.Day(), written) == dt.date(2021, 8, 6)
        assert read(fields.StartOfDay(), written) == dt.datetime(2021, 8, 6)
    assert read(fields.StartOfDay(), "") is None


@given(
    st.lists(st.dates(fields.FIRST_DAY, fields.LAST_DAY), min_size=1),
    st.sampled_from([",", ", ", "，", "；", ";", "、", " ", "\n"]),
)
def test_days_are_read_however_they_are_parted(days: list[dt.date], between: str) -> None:
    assert read(fields.Days(), between.join(day.isoformat() for day in days)) == tuple(sorted(set(days)))


def test_days_that_are_none_are_refused() -> None:
    with pytest.raises(forms.ValidationError):
        read(fields.Days(), "2021-08-06, 8月7日")


def test_a_choice_offers_the_words_of_its_vocabulary() -> None:
    offered = [code for code, _label in fields.Choice(Sex, empty="—").choices]
    assert offered == ["", *Sex.codes()]
    assert [code for code, _label in fields.Choice(Sex, only={"male"}).choices] == ["male"]
    assert [code for code, _label in fields.Choice(Sex, without={"male"}).choices] == [
        code for code in Sex.codes() if code != "male"
    ]
    with pytest.raises(forms.ValidationError):
        read(fields.Choice(Sex, only={"male"}), "female")


@pytest.mark.parametrize(
    ("field", "written"),
    [
        (fields.Day(), "261127"),
        (fields.Day(), "0026-11-27"),
        (fields.Day(), "1127-11-26"),
        (fields.StartOfDay(), "0202-11-01"),
        (fields.Moment(), "0026-11-27T08:00"),
        (fields.Moment(aware=True), "2611-02-07T08:00"),
        (fields.Days(), "2021-08-06, 0026-08-09"),
    ],
)
def test_a_year_that_nothing_can_have_is_refused(field, written):
    with pytest.raises(forms.ValidationError):
        read(field, written)


def test_pickers_offer_what_is_possible_and_four_digits_of_a_year():
    assert fields.Day().widget.attrs == {"min": "1900-01-01", "max": "2199-12-31"}
    moment = fields.Moment()
    moment.offer(dt.date(2026, 1, 2), dt.date(2026, 11, 29))
    assert moment.widget.attrs["min"] == "2026-01-02T00:00" and moment.widget.attrs["max"] == "2026-11-29T23:59"
    assert fields.Moment().widget.attrs["min"] == "1900-01-01T00:00"  # each field its own


def test_text_is_tidied_before_it_is_asked_whether_there_is_any():
    assert read(fields.Words(), " 周\u200b新　") == "周新" and read(fields.Words(), "Ｐ１") == "P1"
    for nothing in ("\u200b", "\u3164", "\ufeff ", "\u2060\u00a0"):
        for field in (fields.Words(), fields.Sentence(), fields.Reason()):
            with pytest.raises(forms.ValidationError):
                read(field, nothing)
    assert read(fields.Sentence(), "好，\u200b可以（见附件）。") == "好，可以（见附件）。"


def test_a_telephone_number_is_digits_or_refused():
    assert read(fields.Phone(), "+86 １３８-0000 0001") == "13800000001" and read(fields.Phone(), " \u200b") == ""
    for wrong in ("abc", "13800000001 妈妈", "123", "电话"):
        with pytest.raises(forms.ValidationError):
            read(fields.Phone(), wrong)
