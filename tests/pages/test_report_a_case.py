"""A case is reported in the browser: found in the register, corrected, sent twice, traced, decided and taken back."""

import datetime as dt
import re
from pathlib import Path
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
    boxes.first.scroll_into_view_if_needed()
    accept = page.locator("#contacts-of-case button[value='contact.accept']")
    accept.focus()
    place = page.evaluate("scrollY")
    assert place > 0, "the rows stand below the first screen"
    page.keyboard.press("Enter")
    undo = page.locator("#messages form[action*=undo] button")
    undo.wait_for()
    assert not set(chosen) & set(waiting())
    assert abs(page.evaluate("scrollY") - place) < 60, "deciding stays where it was"
    assert page.evaluate("document.activeElement.id") == "act-accept", "and the button keeps the focus"
    undo.click()
    page.locator("#messages .message.info").wait_for()
    assert page.url.startswith(case) and set(chosen) <= set(waiting())

    page.locator("#tab-measures").focus()
    page.keyboard.press("Enter")
    page.locator("#measures-of-case").wait_for()
    assert page.url.endswith("?tab=measures") and page.evaluate("document.activeElement.id") == "tab-measures"
    page.locator("section[aria-labelledby=h-measures] input[data-select-page]").check()
    ticked = page.locator("section[aria-labelledby=h-measures] input[name=keys]:checked").count()
    assert ticked == page.locator("section[aria-labelledby=h-measures] input[name=keys]").count() > 0
    assert page.locator("section[aria-labelledby=h-contacts]").count() == 0, "one tab is open at a time"
    page.locator("section[aria-labelledby=h-measures] details.why summary").first.click()
    page.locator("section[aria-labelledby=h-measures] .why-body article.rule").first.wait_for()
    page.goto(f"{county.url}/cases/?q={person}")
    assert page.locator("table.rows tbody tr").count() == 1, "one case, though it was sent twice"
    page.close()


def test_what_is_typed_while_an_answer_is_on_its_way_stays(browser: Any, county: County) -> None:
    page = opened(browser, county, "/cases/report/")
    held: list[Any] = []
    page.route(re.compile(r"/cases/report/$"), lambda route: held.append(route))
    page.fill("#id_find", "zzzz")
    page.locator("#person button[value=find]").click(no_wait_after=True)
    page.locator("#id_name").press_sequentially("欧阳")
    while not held:
        page.wait_for_timeout(50)
    held.pop().continue_()
    page.locator("#found .found").wait_for()
    assert page.input_value("#id_name") == "欧阳", "a search touches nothing that was typed"

    page.fill("#id_id_number", "330999198502032226")
    page.keyboard.press("Tab")
    page.locator("#id_name").fill("欧阳晓明")
    page.locator("#id_address").fill("东街 1 号")
    while not held:
        page.wait_for_timeout(50)
    held.pop().continue_()
    page.wait_for_function(
        "() => document.querySelector('#id_birth_date')?.value || document.querySelector('#person dl')"
    )
    if not page.locator("#person dl").count():
        assert page.input_value("#id_name") == "欧阳晓明"
    assert page.input_value("#id_address") == "东街 1 号"
    page.close()


STOPS = """[...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(
  (one) => one.tabIndex >= 0 && !one.disabled && one.type !== "hidden" && one.getClientRects().length).length"""


def test_the_page_of_the_case_with_the_most_contacts_is_short(browser: Any, county: County) -> None:
    page = opened(browser, county, "/cases/")
    case = county.most_contacts()
    page.goto(f"{county.url}/cases/{case}/")
    page.wait_for_load_state("networkidle")
    page.locator("lf-map[data-drawn]").wait_for()
    # The first screens are who, clocks and itinerary; how tall a row is depends on names: four are allowed.
    assert page.locator("nav.tabs").first.bounding_box()["y"] <= 2 * 768
    assert page.evaluate("document.documentElement.scrollHeight") <= 4 * 768
    assert page.evaluate(STOPS) < 150
    page.locator("#tab-chain").click()
    page.locator("lf-graph[data-drawn]").wait_for()  # its module comes with the part
    for kind, begins in (("svg", b"<svg "), ("png", b"\x89PNG")):
        with page.expect_download() as held:
            page.locator(f"lf-graph button[data-save={kind}]").click()
        saved = Path(held.value.path()).read_bytes()
        assert saved.startswith(begins) and held.value.suggested_filename == f"chain.{kind}"
        assert kind == "png" or case.encode() in saved
    page.go_back()
    page.locator("#contacts-of-case").wait_for()
    page.goto(f"{county.url}/cases/{case}/?tab=all")
    parts = [f"h-{code}" for code in ("contacts", "measures", "chain", "history")]
    assert all(page.locator(f"#{part}").count() == 1 for part in parts)
    page.emulate_media(media="print")
    assert page.locator("nav.tabs").is_hidden() and page.locator("#h-history").is_visible()
    page.close()


def test_without_scripts_the_tabs_and_sheets_are_links(browser: Any, county: County) -> None:
    state = county.sign_in(browser, "investigator")
    page = browser.new_context(storage_state=state, java_script_enabled=False).new_page()
    page.goto(f"{county.url}/cases/{county.most_contacts()}/")
    first = page.locator("tbody a[href^='/contacts/']").first.inner_text()
    page.locator(".pager a[rel=next]").click()
    page.wait_for_url("**page=2*")
    assert page.locator("tbody a[href^='/contacts/']").first.inner_text() != first
    page.locator("#tab-measures").click()
    page.locator("#h-measures").wait_for()  # a link without a script: the next page has to come first
    assert page.locator("#h-contacts").count() == 0
    page.context.close()


def test_an_identity_number_fills_the_card_as_it_is_typed(browser: Any, county: County) -> None:
    page = opened(browser, county, "/cases/report/")
    page.fill("#id_id_number", "330999198502032226")
    page.keyboard.press("Tab")
    page.wait_for_function(
        "() => document.querySelector('#id_birth_date')?.value || document.querySelector('#person dl')"
    )
    assert page.locator("#person dl").count() or page.input_value("#id_birth_date") == "1985-02-03"
    page.close()
