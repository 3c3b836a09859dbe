"""A list comes late and names somebody whom nobody has registered: told on the case's page, traced, kept in sight."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from lianfang.presences.store import open_store
from tests.pages.county import County
from tests.pages.test_every_page import NARROW, WIDE, violations

pytestmark = pytest.mark.browser
TRAVELLER = "T-900001"


@pytest.fixture
def page(browser: Any, county: County) -> Iterator[Any]:
    context = browser.new_context(
        storage_state=county.sign_in(browser, "investigator"), viewport={"width": WIDE[0], "height": WIDE[1]}
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def case_with_presences(county: County) -> tuple[str, pl.DataFrame]:
    """Return the case of the latest report that has presences, and these."""
    with sqlite3.connect(f"file:{county.folder / 'lianfang.sqlite3'}?mode=ro", uri=True) as database:
        query = "select case_id, person_id from cases_case where classification <> 'excluded' order by reported_at desc"
        cases = database.execute(query).fetchall()
    database.close()
    rows = open_store(county.folder / "presences").snapshot().rows()
    for case_id, person_id in cases:
        own = rows.filter(pl.col("person_id") == person_id)
        if own.height:
            return case_id, own
    raise AssertionError("no case has presences")


def fits(page: Any) -> None:
    """The page holds at both widths, and axe finds nothing."""
    for width, height in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def test_a_late_list_is_told_traced_and_whom_nobody_registered_stays_in_sight(page: Any, county: County) -> None:
    case, own = case_with_presences(county)
    page.goto(f"{county.url}/cases/{case}/")
    assert page.locator("[data-presences]").count() == 0
    # Somebody who was wherever the case was, and whom no register knows.
    late = own.with_columns(pl.lit(TRAVELLER).alias("person_id"))
    open_store(county.folder / "presences").ingest(late, name="late-tickets.csv")
    page.reload()
    page.locator("[data-presences=changed]").wait_for()
    assert page.locator("#response-form button.primary").count() == 1
    fits(page)
    page.goto(f"{county.url}/presences/")
    assert "late-tickets.csv" in page.inner_text("main")
    assert TRAVELLER not in page.content()
    page.goto(f"{county.url}/cases/{case}/")
    page.click("#response-form button")
    page.locator("#response .message.warning").wait_for(timeout=60_000)
    page.locator("#h-unregistered").wait_for()
    assert page.locator("[data-presences]").count() == 0
    assert TRAVELLER in page.inner_text("section[aria-labelledby=h-unregistered]")
    fits(page)
    page.click("section[aria-labelledby=h-unregistered] p a >> nth=-1")
    page.locator("#list tbody tr").first.wait_for()
    assert TRAVELLER in page.inner_text("#list")
    fits(page)
    page.click("#list tbody a[href*=register]")
    page.locator("#id_name").wait_for()
    fits(page)
