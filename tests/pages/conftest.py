"""Fixtures of the page tests: Debian's Chromium, and a served demo county."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.pages.county import County, chromium_path, served_county


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the tests of one file.

    Playwright keeps an event loop running in this thread, and Django refuses to touch a database beside one: the loop
    must end with the file. For the same reason no file opens a Playwright of its own.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking"],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with served_county(tmp_path_factory.mktemp("county")) as served:
        yield served
