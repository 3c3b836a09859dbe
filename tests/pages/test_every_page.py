"""Every page of the served demo, in both languages, wide and at 390 px: whole, quiet, accessible, within its width.

Pictures are kept in ``artifacts/screens``; ``make pictures`` copies those that the READMEs show.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.pages.county import County

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
SCREENS = Path(os.environ.get("LIANFANG_SCREENS", ROOT / "artifacts" / "screens"))
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = (1366, 768), (390, 844)

# name of the picture, role that opens it, path; a path "a > b" means: the first link to b on page a, and so on.
PAGES = [
    ("sign-in", None, "/account/sign-in/"),
    ("command", "commander", "/"),
    ("cases", "investigator", "/cases/"),
    ("case-report", "investigator", "/cases/report/"),
    ("case", "investigator", "/cases/ > /cases/YT"),
    ("same-place", "investigator", "/cases/ > /cases/YT > /contacts/same-place/"),
    ("second-degree", "investigator", "/cases/ > /cases/YT > /response/"),
    ("companions", "investigator", "/cases/ > /cases/YT > /contacts/companions/"),
    ("contacts", "investigator", "/contacts/"),
    ("contact", "investigator", "/contacts/ > /contacts/"),
    ("persons", "investigator", "/persons/"),
    ("person", "investigator", "/cases/ > /persons/"),
    ("chains", "investigator", "/outbreaks/chains/"),
    ("todo", "commander", "/todo/"),
    ("measures", "investigator", "/measures/"),
    ("why", "investigator", "/measures/ > /measures/why/"),
    ("clocks", "commander", "/clocks/"),
    ("presences", "investigator", "/presences/"),
    ("bulletin", "commander", "/bulletin/"),
    ("components", "investigator", "/components/"),
    ("account", "grid_worker", "/account/"),
    ("two-factor", "grid_worker", "/account/two-factor/"),
    ("grid-contacts", "grid_worker", "/contacts/"),
    ("township-command", "township_officer", "/"),
    ("tasks", "investigator", "/tasks/"),
    ("notices", "investigator", "/notices/"),
    ("outbreaks", "commander", "/outbreaks/"),
    ("outbreak-open", "commander", "/outbreaks/open/"),
    ("setup", "administrator", "/setup/"),
    ("setup-areas", "administrator", "/setup/areas/"),
    ("setup-accounts", "administrator", "/setup/accounts/"),
    ("setup-lists", "administrator", "/setup/lists/"),
    ("setup-list", "commander", "/setup/lists/cases/"),
    ("accounts", "administrator", "/account/all/"),
    ("keys", "administrator", "/account/keys/"),
    ("key-new", "administrator", "/account/keys/new/"),
    ("audit", "auditor", "/account/audit/"),
    ("not-found", "investigator", "/cases/no-such-case/"),
]


def address(page: Any, county: County, path: str) -> str:
    """Resolve "a > b" to the first link on page a whose path starts with b and goes deeper; "a > b > c" goes on so."""
    start, *steps = path.split(" > ")
    for wanted in steps:
        page.goto(county.url + start)
        links = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
        deeper = [x for x in links if x.startswith(wanted) and len(x) > len(start)]
        found = [x for x in deeper if "?" not in x and "report" not in x]
        assert found, f"no link to {wanted} on {start}: {links[:20]}"
        start = found[0]
    return start


@pytest.mark.parametrize(("name", "role", "path"), PAGES, ids=[p[0] for p in PAGES])
@pytest.mark.parametrize("lang", ["zh", "en"])  # all of one language, then the other: an account keeps its own
def test_page(browser: Any, county: County, name: str, role: str | None, path: str, lang: str) -> None:
    state = county.sign_in(browser, role) if role else None
    context = browser.new_context(storage_state=state, viewport={"width": WIDE[0], "height": WIDE[1]})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    outside: list[str] = []
    page.on("request", lambda r: None if r.url.startswith((county.url, "data:", "blob:")) else outside.append(r.url))
    try:
        target = address(page, county, path)
        response = page.goto(county.url + target)
        if not speaks(page, lang):
            page.click("button[name=language]")
            page.wait_for_load_state()
            response = page.goto(county.url + target)
        page.wait_for_load_state("networkidle")
        assert response.status == (404 if name == "not-found" else 200)
        assert speaks(page, lang)
        assert role is None or page.locator("nav.rooms a").count() > 1, "the navigation is missing"
        drawn(page)
        for width, height in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(200)
            SCREENS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENS / f"{name}-{lang}-{width}.png", full_page=width == NARROW[0])
            widest = page.evaluate("document.documentElement.scrollWidth")
            assert widest <= width, f"{name} at {width} px scrolls sideways: {widest} px"
            # The narrow layout is the same in both languages; its names and roles are checked once.
            if lang == "zh" or width == WIDE[0]:
                assert violations(page) == []
        noise = [c for c in complaints if "GPU stall" not in c and "swiftshader" not in c.lower()]
        assert noise == [] or (name == "not-found" and all("404" in c for c in noise)), noise
        assert outside == [], "asked outside of the site"
    finally:
        context.close()


def speaks(page: Any, lang: str) -> bool:
    return str(page.get_attribute("html", "lang")).lower().startswith(lang)


def drawn(page: Any) -> None:
    """Wait until what is made on demand is made, and every island on the page has drawn itself."""
    page.wait_for_selector("#chains[hx-get], tr[hx-get]", state="detached", timeout=60_000)
    for island in ("lf-map", "lf-epicurve", "lf-graph", "lf-chains"):
        for element in page.query_selector_all(island):
            element.scroll_into_view_if_needed()
        page.wait_for_function(
            "tag => [...document.querySelectorAll(tag)].every(e => e.hasAttribute('data-drawn'))",
            arg=island,
            timeout=20_000,
        )
    page.evaluate("window.scrollTo(0, 0)")


def violations(page: Any) -> list[str]:
    """Return what axe finds, one line each."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    return [f"{v['id']}: {n['target']} {n.get('failureSummary', '')[:200]}" for v in found for n in v["nodes"][:3]]
