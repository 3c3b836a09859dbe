"""A case is reported in the browser: found in the register, corrected, sent twice, traced, decided and taken back."""

import datetime as dt
import re
from typing import Any

import pytest

from tests.pages.county import County

pytestmark = pytest.mark.browser
CASE = re.compile(r"/cases/YT[^/]*/")
RESPOND = re.compile(r"/respond/$")


def opened(browser: Any, county: County, path: str) -> Any:
    context = browser.new_context(
        storage_state=county.sign_in(browser, "investigator"), viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()
    page.goto(county.url + path)
    return page


def local(days: float = 0) -> dt.datetime:
    """A time in the county, whose clocks stand eight hours east of Greenwich."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=8, days=days)


def fill_in(page: Any) -> None:
    page.select_option("#id_classification", "confirmed")
    page.fill("#id_onset_date", f"{local(-2):%Y-%m-%d}")
    page.fill("#id_sampled_at", f"{local(-1):%Y-%m-%dT%H:%M}")
    page.fill("#id_diagnosed_at", f"{local(-0.2):%Y-%m-%dT%H:%M}")
    page.select_option("#id_found_by", "contact_testing")


def test_a_report_from_search_to_undo(browser: Any, county: County) -> None:
    page = opened(browser, county, "/cases/report/")
    person, *others = county.unmet_family()

    page.fill("#id_note", "先写备注")
    page.fill("#id_find", person)
    page.keyboard.press("Enter")  # in the search box: it searches, it does not report
    page.locator(".found button").first.click()
    page.locator("#person dl").wait_for()
    fill_in(page)
    assert page.input_value("#id_note") == "先写备注"
    page.click("#report .buttons button.primary")
    summary = page.locator(".error-summary")
    summary.wait_for()
    assert summary.evaluate("one => one === document.activeElement"), "the summary of what is wrong has the focus"
    summary.locator("a[href='#id_reporting_unit']").click()
    page.keyboard.type("县疾控中心")
    assert page.input_value("#id_reporting_unit") == "县疾控中心"
    assert page.input_value("#id_note") == "先写备注"
    held: list[Any] = []
    page.route(RESPOND, lambda route: held.append(route))
    page.dblclick("#report .buttons button.primary")  # sent twice by an impatient hand
    page.wait_for_url(CASE)
    case = page.url.split("#")[0]
    first = page.locator(".first-results")
    first.locator("tbody tr").first.wait_for()  # while nothing is proposed yet
    assert page.locator("#contacts-of-case").count() == 0
    met = first.locator("tbody a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert {f"/persons/{other}/" for other in others} <= set(met), "the family was with the case"
    held[-1].continue_()
    page.unroute(RESPOND)
    page.locator("#contacts-of-case").wait_for(timeout=60_000)
    assert first.count() == 0, "proposals have taken the place of first results"
    assert page.locator("#h-clocks ~ form li").count() > 0

    boxes = page.locator("tr[data-decision=proposed] input[name=keys][form=contacts-of-case]")

    def waiting() -> list[str]:
        return boxes.evaluate_all("all => all.map(box => box.value)")

    chosen = waiting()[: len(others)]
    assert len(chosen) == len(others) > 0, "the family of the case waits to be decided about"
    for n in range(len(chosen)):
        boxes.nth(n).check()
    assert page.locator("#contacts-of-case [data-chosen] output").inner_text() == str(len(chosen))
    assert page.locator("#measures-of-case [data-chosen] output").inner_text() == "", "each table counts its own rows"
    page.locator("#contacts-of-case button[value='contact.accept']").click()
    undo = page.locator("#messages form[action*=undo] button")
    undo.wait_for()
    assert not set(chosen) & set(waiting())
    undo.click()
    page.locator("#messages .message.info").wait_for()
    assert page.url.startswith(case) and set(chosen) <= set(waiting())

    page.locator("section[aria-labelledby=h-measures] input[data-select-page]").check()
    ticked = page.locator("section[aria-labelledby=h-measures] input[name=keys]:checked").count()
    assert ticked == page.locator("section[aria-labelledby=h-measures] input[name=keys]").count() > 0
    assert page.locator("section[aria-labelledby=h-contacts] input[name=keys]:checked").count() == 0
    page.locator("section[aria-labelledby=h-measures] details.why summary").first.click()
    page.locator("section[aria-labelledby=h-measures] .why-body article.rule").first.wait_for()
    page.goto(f"{county.url}/cases/?q={person}")
    assert page.locator("table.rows tbody tr").count() == 1, "one case, though it was sent twice"
    page.close()


def test_an_identity_number_fills_the_card_as_it_is_typed(browser: Any, county: County) -> None:
    page = opened(browser, county, "/cases/report/")
    page.fill("#id_id_number", "330999198502032226")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "() => document.querySelector('#id_birth_date')?.value || document.querySelector('#person dl')"
    )
    assert page.locator("#person dl").count() or page.input_value("#id_birth_date") == "1985-02-03"
    page.close()
