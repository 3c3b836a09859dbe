"""The chains of a few hundred cases in Chromium: drawn, searched, unrolled by day, singled out, on paper."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.chains_page import OUTBREAK, served, sign_in
from tests.pages.test_every_page import violations

pytestmark = pytest.mark.browser
CASES, LINKS = 300, 1200


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("chains"), cases=CASES, links=LINKS, seed=7) as url:
        yield url


@pytest.fixture(scope="module")
def session(browser: Any, site: str) -> Any:
    context = browser.new_context()
    sign_in(context.new_page(), site)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Any, site: str, session: Any) -> Iterator[Any]:
    context = browser.new_context(storage_state=session, viewport={"width": 1366, "height": 768})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{site}/outbreaks/{OUTBREAK}/chains/")
    opened.wait_for_selector("lf-chains[data-drawn]", timeout=60_000)
    yield opened
    context.close()
    assert complaints == []


def shown(page: Any) -> int:
    return int(page.inner_text(".lf-count").split()[0])


def test_everything_is_shown_and_a_search_tells_a_case_in_words(page: Any) -> None:
    assert shown(page) == CASES
    page.fill("lf-chains input[type=search]", "b-00150")
    words = page.inner_text(".lf-chosen")
    assert "B-00150" in words and "generation" in words.lower()
    assert page.get_attribute(".lf-chosen a", "href") == "/cases/B-00150/"
    page.fill("lf-chains input[type=search]", "nobody")
    assert page.inner_text(".lf-hits") == "No case of that id is drawn. Press “Find” to look by name or phone."
    # Several that fit are offered; one of them leads there.
    page.fill("lf-chains input[type=search]", "b-0001")
    page.click(".lf-hits button >> nth=2")
    assert page.input_value("lf-chains input[type=search]") in page.inner_text(".lf-chosen")


def find(page: Any, typed: str) -> None:
    page.fill("lf-chains input[type=search]", typed)
    page.press("lf-chains input[type=search]", "Enter")


def test_a_name_finds_cases_which_are_stepped_through_and_stands_in_no_address(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    find(page, "李娜")
    page.wait_for_selector(".lf-hits >> text=1 of 6")
    found = [f"B-{n:05d}" for n in range(0, CASES, 50)]
    assert page.inner_text(".lf-chosen strong") == found[0]
    page.click(".lf-hits button[aria-label='Next case found']")
    assert page.inner_text(".lf-chosen strong") == found[1] and "2 of 6" in page.inner_text(".lf-hits")
    page.keyboard.press("Enter")  # the button keeps the focus
    assert page.inner_text(".lf-chosen strong") == found[2]
    page.press("lf-chains input[type=search]", "Enter")  # and the field goes on as well
    assert page.inner_text(".lf-chosen strong") == found[3]
    page.click(".lf-hits button[aria-label='Case found before']")
    assert page.inner_text(".lf-chosen strong") == found[2]
    assert len(asked) == 1, "stepping asks nobody"
    assert "/chains/search/" in asked[0] and "%E6" not in asked[0] and "?" not in asked[0]
    page.press("lf-chains input[type=search]", "Escape")
    assert page.inner_text(".lf-hits") == "" and page.locator(".lf-chosen strong").count() == 0


def test_a_telephone_finds_its_case_and_what_nobody_has_is_said(page: Any) -> None:
    page.fill("lf-chains input[type=search]", "13900000150")
    page.click("lf-chains .lf-find button")
    page.wait_for_selector(".lf-hits >> text=1 of 1")
    assert page.inner_text(".lf-chosen strong") == "B-00150"
    find(page, "13999999999")
    page.wait_for_selector(".lf-hits >> text=No case of this outbreak in your area fits.")
    assert page.locator(".lf-chosen strong").count() == 0


def test_a_server_that_does_not_answer_is_told(page: Any) -> None:
    page.route("**/chains/search/", lambda route: route.fulfill(status=204))
    find(page, "李娜")
    page.wait_for_selector(".lf-hits >> text=The search was not answered. Try again.")
    page.unroute("**/chains/search/")
    find(page, "李娜")
    page.wait_for_selector(".lf-hits >> text=1 of 6")


def test_the_colours_of_places_count_everybody_who_was_there(page: Any) -> None:
    drawn = page.evaluate("fetch(document.querySelector('lf-chains').dataset.src).then(answer => answer.json())")
    page.select_option("lf-chains select", "place")
    names = page.locator(".lf-key").all_inner_texts()
    counts = [int(n) for n in page.locator(".lf-key .lf-number").all_inner_texts()]
    assert 1 <= len(drawn["places"]) <= 8
    assert counts[: len(drawn["places"])] == [len(place["cases"]) for place in drawn["places"]]
    assert all(p["id"] in name for p, name in zip(drawn["places"], names, strict=False))
    somewhere = {case for place in drawn["places"] for case in place["cases"]}
    assert counts[len(drawn["places"]) :] == [CASES - len(somewhere)]
    page.click(".lf-key >> nth=0")
    assert page.get_attribute(".lf-key >> nth=0", "aria-pressed") == "true"
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_the_links_are_a_file_of_the_page(page: Any) -> None:
    with page.expect_download() as waiting:
        page.click(
            f"text={LINKS:,} links as CSV"
            if page.locator(f"text={LINKS:,} links as CSV").count()
            else f"text={LINKS} links as CSV"
        )
    lines = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("infector,infectee,weight,evidence") and len(lines) == 1 + LINKS


def test_the_keyboard_walks_from_a_case_to_its_source(page: Any) -> None:
    drawn = page.evaluate("fetch(document.querySelector('lf-chains').dataset.src).then(answer => answer.json())")
    at = next(n for n, g in enumerate(drawn["nodes"]["generation"]) if g > 0)
    link = next(n for n, t in enumerate(drawn["edges"]["target"]) if t == at and drawn["edges"]["tree"][n])
    page.focus("lf-chains input[type=search]")
    page.keyboard.type(drawn["nodes"]["id"][at])
    page.keyboard.press("Enter")
    page.focus(".lf-links button")
    page.keyboard.press("Enter")
    assert page.inner_text(".lf-chosen strong") == drawn["nodes"]["id"][drawn["edges"]["source"][link]]


def test_the_slider_shows_the_cases_up_to_a_day(page: Any) -> None:
    days = page.evaluate(
        "fetch(document.querySelector('lf-chains').dataset.src).then(answer => answer.json()).then(d => d.nodes.x)"
    )
    slider = page.locator("lf-chains input[type=range]")
    slider.focus()
    page.keyboard.press("Home")
    assert shown(page) == sum(day <= 0 for day in days)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert shown(page) == sum(day <= 5 for day in days)
    assert slider.get_attribute("aria-valuetext") == page.inner_text("lf-chains output")
    page.keyboard.press("End")
    assert shown(page) == CASES
    page.click("text=Play")
    page.wait_for_function("() => document.querySelector('.lf-time button').textContent === 'Pause'")
    page.wait_for_function("() => Number(document.querySelector('lf-chains input[type=range]').value) >= 2")
    page.click("text=Pause")


@pytest.mark.parametrize("mode", ["generation", "setting", "town", "kind"])
def test_each_colouring_has_a_legend_that_counts_every_case(page: Any, mode: str) -> None:
    page.select_option("lf-chains select", mode)
    counts = [int(n) for n in page.locator(".lf-key .lf-number").all_inner_texts()]
    assert sum(counts) == CASES and len(counts) >= 3
    page.click(".lf-key >> nth=1")
    assert page.get_attribute(".lf-key >> nth=1", "aria-pressed") == "true"


def test_it_is_accessible_narrow_and_wide_with_a_case_chosen(page: Any) -> None:
    page.fill("lf-chains input[type=search]", "B-00150")
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


def test_paper_shows_a_copy_of_the_picture(page: Any) -> None:
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    drawn = page.evaluate(
        """() => { const canvas = document.querySelector('.lf-printed');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let inked = 0; for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
        return [getComputedStyle(canvas).display, inked]; }"""
    )
    assert drawn[0] == "block" and drawn[1] > 2000
