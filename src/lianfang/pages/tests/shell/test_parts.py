"""The parts, in both languages: words, shapes, times, clocks."""

import datetime as dt
import json

import pytest
from django.template import Context, Template
from django.utils.translation import override

from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.text import Text
from lianfang.pages import parts

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("due", "done_at", "zh", "en", "shape"),
    [
        (AT + 26 * HOUR, None, ["计时中", "剩 1 天 2 小时"], ["running", "1 day 2 h left"], "<circle"),
        (AT + HOUR / 4, None, ["即将到期", "剩 15 分钟"], ["due soon", "15 min left"], "M8 1l7 7"),
        (AT - 2 * HOUR, None, ["已逾期", "超 2 小时"], ["overdue", "2 h over"], "M8 1.5L15"),
        (AT, AT - HOUR, ["已办结"], ["done"], "M2.5 8.5"),
        (AT - 2 * HOUR, AT - HOUR, ["逾期办结", "迟 1 小时"], ["done late", "1 h late"], "M2.5 8.5"),
        (None, None, ["无时限"], ["No limit"], "<circle"),
    ],
)
def test_a_clock_has_a_word_a_shape_and_a_length(due, done_at, zh, en, shape) -> None:
    for language, words in (("zh-hans", zh), ("en", en)):
        with override(language):
            html = parts.clock(due, AT, done_at=done_at)
        assert all(word in html for word in words), html
        assert shape in html and "<svg" in html


def test_a_clock_is_due_soon_until_the_moment_and_overdue_after_it() -> None:
    with override("en"):
        assert "due soon" in parts.clock(AT, AT)
        assert "overdue" in parts.clock(AT, AT + dt.timedelta(seconds=1))
        assert "running" in parts.clock(AT + parts.SOON, AT)


def test_scripts_get_the_same_words() -> None:
    with override("zh-hans"):
        words = json.loads(parts.clock_words(AT))
    assert words["left"] == "剩 {t}" and words["units"][0] == ["{n} 天", "{n} 天"]
    assert words["states"]["late"]["word"] == "已逾期"
    assert dt.datetime.fromisoformat(words["now"]) == AT


def test_a_moment_is_local_and_exact_in_its_element() -> None:
    utc = dt.datetime(2021, 8, 5, 17, 30, tzinfo=dt.UTC)
    assert parts.moment(utc) == '<time datetime="2021-08-06T01:30:00+08:00">2021-08-06 01:30</time>'
    assert parts.moment(utc, "date").endswith(">2021-08-06</time>")
    assert parts.moment(dt.date(2021, 8, 6)) == '<time datetime="2021-08-06">2021-08-06</time>'
    with override("en"):
        assert "Not known" in parts.moment(None)


def test_words_follow_the_language_and_unknown_codes_are_shown() -> None:
    with override("en"):
        assert parts.word("Category", "close_contact") == "Close contact"
    with override("zh-hans"):
        assert parts.word("Role", "grid_worker") == "网格员"
    assert parts.word("Category", "strange") == "strange" and parts.word("Category", None) == ""


def test_punctuation_follows_the_language() -> None:
    line = Template("{% load lianfang %}{{ label }}{% colon %}{{ value }}{% full_stop %}{{ more }}")
    words = Context({"label": "A", "value": "B", "more": "C"})
    for language, expected in (("zh-hans", "A：B。C"), ("en", "A: B. C")):
        with override(language):
            assert line.render(words) == expected


def test_what_is_shown_is_escaped() -> None:
    assert "<b>" not in parts.badge("<b>", "bad")
    assert "<b>" not in parts.figure("<b>", "<b>", 'x" onclick="y') and 'onclick="' not in parts.figure(
        1, 2, 'x" onclick="y'
    )


def test_every_badge_has_a_shape() -> None:
    for tone in ("neutral", "info", "good", "warn", "bad"):
        assert "<svg" in parts.badge("x", tone)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["grid_worker", "auditor"])
@pytest.mark.django_db
@pytest.mark.database
def test_tags(cast: Cast, who: str, rf) -> None:
    request = rf.get("/x/?q=a&page=3")
    request.user = getattr(cast, who)
    template = Template(
        "{% load lianfang %}{% shown 'phone' '13812345678' %}|{% may 'measure.order' %}|{% query page=2 %}|"
        "{{ text|in_words }}|{% why '/rule/' text %}|{% timeline events %}|{% facts pairs %}|"
        "<i {% refresh '/p/' 9 %}></i>"
    )
    events = [{"at": AT, "title": "<Onset>", "tone": "warn"}]
    with override("en"):
        html = template.render(
            Context({"request": request, "text": Text("中", "<en>"), "events": events, "pairs": [("a", None)]})
        )
    assert html.startswith("13812345678|" if who == "grid_worker" else "138******78|")
    assert "|False|?q=a&amp;page=2|&lt;en&gt;|" in html
    assert 'hx-get="/rule/"' in html and "&lt;Onset&gt;" in html and "<dd>—</dd>" in html
    assert 'hx-trigger="every 9s"' in html and "Lianfang-Refresh" in html


@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_of_components_shows_every_part_in_both_languages(cast: Cast, language: str) -> None:
    cast.auditor.language = language
    cast.auditor.save()
    page = cast.client("auditor").get("/components/").content.decode()
    for part in ("figures", "clocks", "badges", "why", "timeline", "facts", "messages", "table", "empty", "form"):
        assert f'id="part-{part}"' in page
    assert ("页面部件" in page) == (language == "zh-hans")
    assert ('href="#id_name"' in page) and 'role="alert"' in page
