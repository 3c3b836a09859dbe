"""The command page on the served demo: it keeps itself fresh without reloading, and answers on one screen."""

from typing import Any

import pytest

from tests.pages.county import County

pytestmark = pytest.mark.browser


def opened(browser: Any, county: County, role: str, path: str, width: int = 1366, height: int = 768) -> Any:
    context = browser.new_context(
        storage_state=county.sign_in(browser, role), viewport={"width": width, "height": height}
    )
    page = context.new_page()
    page.goto(county.url + path)
    page.wait_for_load_state("networkidle")
    return page


def number(page: Any, name: str) -> int:
    return int(page.locator(f"#whole-{name} .value").inner_text())


def test_a_clock_stopped_elsewhere_is_seen_without_reloading(browser: Any, county: County) -> None:
    wall = opened(browser, county, "commander", "/")
    wall.wait_for_selector("lf-map[data-drawn]", timeout=20_000)
    canvas = wall.locator("lf-map canvas").first.element_handle()
    wall.evaluate("window.opened = 'once'")
    wall.locator("#why-whole-cases summary").click()
    before = number(wall, "overdue") + number(wall, "running")
    assert before > 0, "the demo has clocks that nobody has stopped"

    desk = opened(
        browser,
        county,
        "investigator",
        "/clocks/?state=overdue" if number(wall, "overdue") else "/clocks/?state=running",
    )
    desk.locator('input[name="keys"]').first.check()
    desk.locator('#bulk button[value="clock.stop"]').click()
    desk.locator("#messages form[action*=undo] button").wait_for()
    # Meanwhile a running clock may have become an overdue one: only their sum follows from what was done.
    wall.wait_for_function(
        """left => ['overdue', 'running'].reduce(
            (sum, name) => sum + Number(document.querySelector(`#whole-${name} .value`).innerText), 0) === left""",
        arg=before - 1,
        timeout=25_000,
    )
    assert wall.evaluate("window.opened") == "once", "the page was loaded again"
    assert wall.evaluate("canvas => canvas.isConnected", canvas), "the map was drawn anew"
    assert wall.locator("#why-whole-cases").evaluate("open => open.open"), "what was being read was closed"

    desk.locator("#messages form[action*=undo] button").click()
    desk.wait_for_load_state("networkidle")
    wall.close()
    desk.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
def test_what_is_due_and_where_it_burns_stand_on_one_screen(
    browser: Any, county: County, width: int, height: int
) -> None:
    page = opened(browser, county, "commander", "/", width, height)
    page.wait_for_selector("lf-map[data-drawn]", timeout=20_000)
    for part in (".command-figures", ".command-map", ".command-due", ".command-towns", ".command-curve"):
        box = page.locator(part).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, f"{part} is not wholly on the screen: {box}"
    rows = page.locator("table.towns tbody tr")
    assert rows.count() == 14
    last = rows.last.bounding_box()
    assert last["y"] + last["height"] <= height
    page.close()


def test_while_the_server_is_away_the_page_says_so_and_stays(browser: Any, county: County) -> None:
    page = opened(browser, county, "commander", "/")
    page.context.set_offline(True)
    page.locator("#connection").wait_for(timeout=5_000)
    assert number(page, "cases") > 0
    page.context.set_offline(False)
    page.locator("#connection").wait_for(state="hidden", timeout=5_000)
    page.close()
