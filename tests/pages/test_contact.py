"""The page of a contact in both languages: where and when they were together, the file of it, and whom to call next."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from tests.pages.county import County
from tests.pages.test_every_page import AXE

pytestmark = pytest.mark.browser
WORDS = {
    "zh": ("共同在场的地点和时间", "下一个联系", "地点"),
    "en": ("Where and when they were together", "Next to call", "Place"),
}


def opened(browser: Any, county: County, lang: str, role: str = "investigator", width: int = 1366) -> Any:
    context = browser.new_context(
        storage_state=county.sign_in(browser, role), viewport={"width": width, "height": 844}, accept_downloads=True
    )
    page = context.new_page()
    page.goto(f"{county.url}/contacts/?found_by=co-presence")
    if not str(page.get_attribute("html", "lang")).lower().startswith(lang):
        page.click("button[name=language]")
        page.wait_for_load_state()
        page.goto(f"{county.url}/contacts/?found_by=co-presence")
    page.locator("tbody td a[href^='/contacts/']").first.click()
    page.wait_for_load_state()
    return page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_and_when_they_met(browser: Any, county: County, lang: str) -> None:
    page = opened(browser, county, lang)
    heading, following, place = WORDS[lang]
    where = page.locator("section[aria-labelledby=h-where]")
    assert where.locator("h2").inner_text() == heading
    rows = where.locator("tbody tr")
    assert rows.count() > 0, "whoever was found by co-presence shared a stay"
    names = where.locator(f"td[data-label='{place}']").all_inner_texts()
    assert all(name.strip() for name in names)
    starts = where.locator("tbody tr time:first-of-type").evaluate_all("all => all.map(one => one.dateTime)")
    assert starts[::2] == sorted(starts[::2], reverse=True), "the latest first"
    with page.expect_download() as held:
        where.locator("a[download]").click()
    lines = list(csv.reader(Path(held.value.path()).read_text("utf-8-sig").splitlines()))
    assert len(lines) - 1 >= rows.count()
    here, to_call = page.url, page.locator(".heading a[rel=next]")
    assert to_call.inner_text().startswith(following)
    to_call.click()
    page.wait_for_load_state()
    assert re.search(r"/contacts/\d+/$", page.url) and page.url != here
    assert page.locator("#h-where").count() == 1
    page.context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_an_officer_calls_and_says_what_came_of_it(browser: Any, county: County, lang: str) -> None:
    page = opened(browser, county, lang, role="township_officer", width=390)
    call = page.locator("section.call")
    assert call.locator("button[value='contact.locate']").is_visible(), "what came of the call, in one tap"
    bottom = call.evaluate("one => one.getBoundingClientRect().bottom + scrollY")
    assert bottom < 844, f"name, address, call and outcome stand on the first screen, not down to {bottom} px"
    assert page.locator("#h-where").inner_text() == WORDS[lang][0]
    assert page.locator("a[download]").count() == 1, "the rows of the own township, as a file"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    assert [one["id"] for one in found] == []
    page.context.close()
