"""The page about the API says what the application says."""

from lianfang.access.problems import CODES
from tools import api_doc


def test_the_page_is_what_the_application_says() -> None:
    assert api_doc.PAGE.read_text("utf-8") == api_doc.current(), "run python tools/api_doc.py"


def test_every_status_is_explained() -> None:
    assert set(api_doc.WHEN) == set(CODES)


def test_a_change_of_an_operation_changes_the_page() -> None:
    entry = {"summary": "Things", "x-permission": "case.view"}
    document = {"paths": {"/api/v1/things": {"get": entry}}}
    before = api_doc.page_of(document, CODES)
    entry["x-permission"] = "case.change"
    assert "GET /api/v1/things" in before and api_doc.page_of(document, CODES) != before
