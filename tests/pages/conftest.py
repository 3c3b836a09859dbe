"""Fixtures of the page tests: Debian's Chromium, and a served demo county."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.pages.county import County, chromium_path, served_county


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
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
