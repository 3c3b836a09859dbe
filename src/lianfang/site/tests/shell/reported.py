"""A case reported in a county whose presences are close to the present, as in use, and the page of it."""

import datetime as dt
import uuid

import polars as pl
import pytest

from lianfang.access.times import now, to_local
from lianfang.cases.tests.cast import form_data, open_cast_outbreak
from lianfang.presences.keeping import ingest
from lianfang.records.tasks.running import run_waiting
from lianfang.registry.tests.cast import load_cast_register

CASE = "AH2021-0001"


def today() -> dt.datetime:
    return to_local(now()).replace(hour=0, minute=0, second=0, microsecond=0)


def at(days: int, hour: int = 0) -> dt.datetime:
    return today() + dt.timedelta(days=days, hours=hour)


@pytest.fixture
def county(cast, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    load_cast_register()
    open_cast_outbreak()
    rows = []
    for day in range(-6, 0):
        rows += [
            ("P-WANG", "H-1", "dwelling", at(day, 0), at(day, 7)),
            ("P-LI", "H-1", "dwelling", at(day, 0), at(day, 7)),
        ]
        rows += [
            ("P-WANG", "W-1", "work", at(day, 9), at(day, 12)),
            ("P-OUYANG", "W-1", "work", at(day, 10), at(day, 13)),
        ]
        rows += [
            ("P-OUYANG", "H-2", "dwelling", at(day, 18), at(day, 24)),
            ("P-SHAN", "H-2", "dwelling", at(day, 18), at(day, 24)),
        ]
    ingest(pl.DataFrame(rows, schema=["person_id", "place_id", "place_kind", "start", "end"], orient="row"))
    return cast


def report_form(**changes):
    return form_data(
        person_id="P-WANG",
        onset_date=f"{at(-3):%Y-%m-%d}",
        sampled_at=f"{at(-1, 9):%Y-%m-%dT%H:%M}",
        diagnosed_at=f"{at(-1, 15):%Y-%m-%dT%H:%M}",
        isolated_at=f"{at(-1, 16):%Y-%m-%dT%H:%M}",
        client_key=str(uuid.uuid4()),
        **changes,
    )


@pytest.fixture
def browser(county):
    client = county.client("investigator")
    assert client.post("/cases/report/", report_form()).url == f"/cases/{CASE}/"
    return client


@pytest.fixture
def answered(browser):
    respond(browser)
    return browser


def respond(browser) -> str:
    """Ask for the response on the page, let a worker do it, and return the page as it stands then."""
    assert browser.post(f"/cases/{CASE}/respond/").status_code == 302
    run_waiting()
    return html(browser.get(f"/cases/{CASE}/"))


def html(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def starts_by_itself(browser) -> bool:
    return 'hx-trigger="load, submit"' in html(browser.get(f"/cases/{CASE}/"))
