"""A list in a real browser: searched without leaving the page, rows chosen, decided together, and undone."""

import re
from typing import Any

import pytest

from tests.pages.county import County

pytestmark = pytest.mark.browser


def counted(page: Any) -> int:
    return int(page.inner_text("#list .count strong"))


def settled(page: Any) -> None:
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    page.wait_for_load_state("networkidle")


@pytest.fixture
def contacts(browser: Any, county: County):
    context = browser.new_context(
        storage_state=county.sign_in(browser, "investigator"), viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()
    page.goto(f"{county.url}/contacts/")
    yield page
    context.close()


def test_a_search_changes_list_and_address_and_keeps_the_focus(contacts: Any) -> None:
    all_rows = counted(contacts)
    contacts.evaluate("window.stayed = true")
    contacts.fill("input[name=q]", "王")
    contacts.wait_for_url(re.compile(r"q="))
    settled(contacts)
    assert 0 < counted(contacts) < all_rows
    assert contacts.evaluate("document.activeElement.name") == "q"
    contacts.locator("details.more > summary").click()
    contacts.select_option("select[name=decision]", "proposed")
    contacts.wait_for_url(re.compile(r"decision=proposed"))
    settled(contacts)
    assert "q=" in contacts.url and contacts.evaluate("window.stayed") is True, "the page itself was not loaded again"
    here = counted(contacts)
    contacts.reload()
    assert counted(contacts) == here, "the address alone brings the same list back"
    assert contacts.input_value("input[name=q]") == "王"


def test_on_paper_every_column_stands_and_the_heads_on_each_sheet(contacts: Any) -> None:
    contacts.goto(contacts.url.split("?")[0] + "?per_page=200")
    heads = contacts.locator("#list thead th").count()
    contacts.emulate_media(media="print")
    contacts.set_viewport_size({"width": 1047, "height": 700})  # A4 lying, without its margins
    shown = contacts.evaluate(
        """[...document.querySelectorAll("#list thead th")].filter(
             (one) => one.getClientRects().length && one.getBoundingClientRect().right <= innerWidth).length"""
    )
    assert shown == heads - 1, "all but the boxes to tick"
    assert contacts.evaluate("getComputedStyle(document.querySelector('#list thead')).display") == "table-header-group"
    assert contacts.locator("form.filters").is_hidden() and contacts.locator("form.actions").is_hidden()
    assert len(contacts.pdf(format="A4", landscape=True)) > 10_000


def test_a_name_of_forty_characters_wraps_and_no_column_is_squeezed(contacts: Any) -> None:
    name = "阿卜杜热依木买买提艾力吐尔逊尼亚孜库尔班江阿布都克里木艾山江托合提亚生艾力"
    contacts.evaluate(
        "name => [...document.querySelectorAll('td.name a')].filter((_one, n) => n % 7 === 0)"
        ".forEach((one) => (one.textContent = name))",
        name,
    )
    narrow = contacts.evaluate(
        """[...document.querySelectorAll("#list tbody td:not(.select, .number)")].filter((one) => {
             const size = parseFloat(getComputedStyle(one).fontSize);
             const lines = one.getBoundingClientRect().height / size;
             return one.textContent.trim().length > 4 && one.clientWidth < 4 * size && lines > 3;
           }).map((one) => one.textContent.trim())"""
    )
    assert narrow == []
    assert contacts.evaluate("document.querySelector('td.name').clientWidth") < 250
    assert contacts.evaluate("document.documentElement.scrollWidth") <= 1366


def test_rows_are_decided_together_and_undone(contacts: Any) -> None:
    contacts.goto(contacts.url.split("?")[0] + "?decision=proposed")
    before = counted(contacts)
    for row in (1, 2):
        contacts.check(f"tbody tr:nth-child({row}) input[name=keys]")
    assert contacts.inner_text("[data-chosen] output") == "2"
    contacts.evaluate("window.scrollTo(0, 600)")
    contacts.click("button[name=action][value='contact.accept']")
    undo = contacts.wait_for_selector("#messages form[action*='/undo/'] button")
    settled(contacts)
    assert counted(contacts) == before - 2
    box = undo.bounding_box()
    assert 0 <= box["y"] < 768, "what was done, and its undoing, are in sight wherever the reader has scrolled"
    undo.click()
    contacts.wait_for_selector("#messages .message.info")
    assert counted(contacts) == before


def test_choosing_the_page_chooses_its_rows(contacts: Any) -> None:
    contacts.check("input[data-select-page]")
    boxes = contacts.locator("input[name=keys]")
    assert boxes.count() > 1 and all(boxes.nth(i).is_checked() for i in range(boxes.count()))


def test_without_scripts_the_list_works_all_the_same(browser: Any, county: County) -> None:
    context = browser.new_context(
        storage_state=county.sign_in(browser, "investigator"),
        java_script_enabled=False,
        viewport={"width": 1366, "height": 768},
    )
    page = context.new_page()
    page.goto(f"{county.url}/contacts/?decision=proposed")
    before = counted(page)
    page.check("tbody tr:nth-child(1) input[name=keys]")
    page.click("button[name=action][value='contact.accept']")
    page.wait_for_load_state()
    assert counted(page) == before - 1
    page.click("#messages form[action*='/undo/'] button")
    page.wait_for_load_state()
    assert counted(page) == before
    context.close()


def test_on_a_phone_the_filters_are_folded_and_rows_are_cards(browser: Any, county: County) -> None:
    context = browser.new_context(
        storage_state=county.sign_in(browser, "grid_worker"), viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto(f"{county.url}/contacts/")
    assert not page.is_visible("select[name=decision]")
    page.click(".filters summary")
    assert page.is_visible("select[name=decision]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_an_answer_that_had_to_wait_too_long_is_shown_and_the_list_stays(contacts: Any, county: County) -> None:
    words = "<div class='message error'><span>系统正忙。没有改动任何内容。</span><button data-close>×</button></div>"
    before = counted(contacts)
    busy = {"status": 503, "headers": {"Lianfang-Busy": "1", "Content-Type": "text/html; charset=utf-8"}, "body": words}
    contacts.route(re.compile("q="), lambda route: route.fulfill(**busy))
    contacts.fill("input[name=q]", "王")
    contacts.wait_for_selector("#messages .message.error")
    assert "系统正忙" in contacts.inner_text("#messages")
    assert counted(contacts) == before, "what stood on the page stays"
    assert contacts.locator("#connection").is_hidden(), "the server was reached"
    contacts.press("input[name=q]", "Tab")  # leaving the field asks once more
    settled(contacts)
    contacts.click("#messages [data-close]")
    assert contacts.locator("#messages .message").count() == 0
    contacts.unroute(re.compile("q="))
    contacts.route(re.compile("q="), lambda route: route.fulfill(status=503, body="<html>proxy</html>"))
    contacts.fill("input[name=q]", "李")
    contacts.wait_for_selector("#connection:not([hidden])")
    assert "proxy" not in contacts.inner_text("#messages"), "the page of a proxy is no message of ours"


@pytest.mark.parametrize("scripts", [True, False])
def test_much_is_summed_up_first_and_goes_on_by_keyboard(browser: Any, county: County, scripts: bool) -> None:
    context = browser.new_context(
        storage_state=county.sign_in(browser, "investigator"),
        java_script_enabled=scripts,
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    page.goto(f"{county.url}/contacts/?decision=proposed&per_page=50")
    before = counted(page)
    rows = page.locator("tbody tr").count()
    assert rows > 20
    for n in range(22):
        page.locator("tbody input[name=keys]").nth(n).check()
    page.click("button[name=action][value='contact.accept']")
    page.wait_for_selector("#h-summary")
    assert page.locator("#h-summary ~ ul li").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.activeElement.id") == "h-summary"
    cancel = page.locator("section.panel a.button")
    assert f"{county.url}/contacts/?decision=proposed&per_page=50".endswith(str(cancel.get_attribute("href")))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    undo = page.wait_for_selector("#messages form[action*='/undo/'] button")
    assert counted(page) == before - 22
    undo.click()
    page.wait_for_selector("#messages .message.info")
    assert counted(page) == before
    context.close()
