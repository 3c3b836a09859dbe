"""The page "Presences": from the manifest alone, numbers and names of lists, and what was traced with them."""

import datetime as dt
import re

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.core.roles import Role, may
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.outbreaks.services import open_outbreak, record_run
from lianfang.presences import keeping, removing
from lianfang.presences import views as presence_views
from lianfang.presences.opened import COLUMNS
from lianfang.presences.stock import LISTS_SHOWN, stock_of
from lianfang.presences.store.manifest import Manifest, Part, Retracted, SegmentFile, Source
from lianfang.presences.store.snapshot import Snapshot
from lianfang.tracing.tests.cast import DAY, SCOPE

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PAGE = "/presences/"
CASES = " · Cases of this outbreak"
"""What the room of cases offers beside an outbreak."""
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def county(outbreak, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return outbreak


def client(cast, name):
    account = getattr(cast, name)
    account.language = "en"
    account.save(update_fields=["language"])
    return cast.client(name)


def visits(*days: int, person: str = "P-SECRET"):
    rows = [(person, "X-HIDDEN", "work", DAY + dt.timedelta(days=n), DAY + dt.timedelta(days=n) + HOUR) for n in days]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def run(code="OB-1", hours=0):
    record_run(
        outbreak=code,
        case_id=None,
        as_of=AT + hours * HOUR,
        playbook="x",
        seconds=1,
        cases=1,
        contacts=1,
        at=AT + hours * HOUR,
        presences=keeping.content(),
    )


def text(cast, name="investigator"):
    response = client(cast, name).get(PAGE)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_an_empty_store_says_how_presences_get_in(county):
    page = text(county)
    assert "No presences have been taken in yet." in page
    assert "lianfang presences ingest FILE… --by ADMINISTRATOR" in page
    assert "not traced yet" in page


def test_lists_days_and_numbers_stand_there_and_nobody_is_named(county, tmp_path):
    (tmp_path / "rail-tickets.csv").write_text(
        "person_id,place_id,start,end\nP-SECRET,X-HIDDEN,2021-08-01 08:00,2021-08-01 09:30\n"
        "P-SECRET,X-HIDDEN,2021-08-03 08:00,2021-08-03 09:00\nP-SECRET,X-HIDDEN,2021-08-03 08:00,\n"
    )
    keeping.store().ingest(tmp_path / "rail-tickets.csv", at=AT)
    keeping.ingest(visits(0, 1, person="P-OTHER"), name="factory roster")
    page = text(county)
    assert re.search(r"factory roster .* 2 0 counts rail-tickets\.csv 2021-08-06 09:00 2 1 counts", page)
    assert re.search(r"4 Presences 2 People named different ids 1 Places named different ids 4 Days covered", page)
    assert "First presence: 2021-08-01 08:00 · Last presence: 2021-08-06 01:00" in page
    assert "2 days in between have none." in page
    assert "2021-08-03 1" in page
    assert "P-SECRET" not in page and "P-OTHER" not in page and "X-HIDDEN" not in page


def test_a_list_that_was_replaced_says_by_which(county, tmp_path):
    store = keeping.store()
    store.ingest(visits(0), name="old", at=AT)
    store.ingest(visits(0, 1), name="new", replaces="old", at=AT + HOUR)
    assert re.search(r"new .* 2 0 counts old .* 1 0 replaced by new", text(county))


def test_each_open_outbreak_says_whether_it_was_traced_with_them(county):
    for code, ended in (("OB-2", None), ("OB-3", DAY.date())):
        made = open_outbreak(
            code=code,
            name=f"outbreak {code}",
            playbook="covid19-cn-8",
            jurisdiction="330999",
            started_on=DAY.date(),
            by=SCOPE,
            at=AT,
        )
        type(made)._base_manager.filter(pk=code).update(ended_on=ended)
    keeping.ingest(visits(0))
    run("OB-1")
    assert f"安和疫情{CASES} 2021-08-06 09:00 yes outbreak OB-2{CASES} — not traced yet" in text(county)
    assert "OB-3" not in text(county)
    keeping.ingest(visits(1))
    assert f"安和疫情{CASES} 2021-08-06 09:00 no: some were added or taken out since" in text(county)
    run("OB-1", hours=1)
    assert f"安和疫情{CASES} 2021-08-06 10:00 yes" in text(county)
    removing.retract("P-SECRET", by=county.administrator, at=AT + 2 * HOUR)
    page = text(county)
    assert "no: some were added or taken out since" in page
    assert "1 People taken out" in page


def test_the_cases_of_an_outbreak_are_offered_to_whom_they_are(county):
    link = 'href="/cases/?outbreak=OB-1"'
    assert link in county.client("commander").get(PAGE).content.decode()
    page = county.client("administrator").get(PAGE).content.decode()
    assert "安和疫情" in page and link not in page


def test_a_run_of_an_earlier_version_is_not_called_up_to_date(county):
    keeping.ingest(visits(0))
    record_run(outbreak="OB-1", case_id=None, as_of=AT, playbook="x", seconds=1, cases=1, contacts=1, at=AT)
    assert f"安和疫情{CASES} 2021-08-06 09:00 not known" in text(county)


def test_merging_the_parts_of_a_day_changes_nothing(county):
    keeping.ingest(visits(0))
    keeping.ingest(visits(0, person="P-OTHER"))
    before = keeping.content()
    assert keeping.store().compact() == 1
    assert keeping.content() == before
    keeping.ingest(visits(0))  # the same list again
    assert keeping.content() == before


@pytest.mark.parametrize("role", Role.codes())
def test_who_may_look(county, role):
    keeping.ingest(visits(0))
    browser = county.client(role)
    assert browser.get(PAGE).status_code == (200 if may(role, "presence.view") else 403)
    linked = f'href="{PAGE}"' in browser.get("/account/").content.decode()
    assert linked == may(role, "presence.view")


def test_the_neighbour_sees_the_lists_and_no_outbreak_of_ours(county):
    keeping.ingest(visits(0), name="roster")
    page = text(county, "neighbour")
    assert "roster" in page
    assert "安和疫情" not in page
    assert "No outbreak is open in your area." in page


def test_it_asks_a_fixed_number_of_queries_and_reads_no_presence(county, monkeypatch):
    browser = county.client("investigator")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(PAGE).status_code == 200
        return len(caught)

    keeping.ingest(visits(0))
    run()
    queries()
    before = queries()
    for n in range(4):
        keeping.ingest(visits(n + 1, n + 2))
        open_outbreak(
            code=f"N-{n}",
            name="more",
            playbook="covid19-cn-8",
            jurisdiction="330999",
            started_on=DAY.date(),
            by=SCOPE,
            at=AT,
        )
        run(f"N-{n}")
    entries = AuditEntry.objects.count()
    monkeypatch.setattr(Snapshot, "opened", lambda self: pytest.fail("the page opened the data"))
    assert queries() == before
    assert AuditEntry.objects.count() == entries, "nobody is named, so nothing is recorded"


def test_a_store_of_a_hundred_million_rows_is_told_by_its_manifest(county, monkeypatch):
    days, lists = 400, 1500
    first = DAY.date() - dt.timedelta(days=days - 1)
    segments = []
    for n in range(days):
        day = first + dt.timedelta(days=n)
        start = (dt.datetime.combine(day, dt.time()) - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
        segments.append(SegmentFile(f"days/{day}/a.parquet", "x", day.isoformat(), 250_000, start, start + 1, [1]))
    manifest = Manifest(
        version=7,
        key="k",
        persons=[Part("ids/p", 0, 9_000_000), Part("ids/q", 9_000_000, 1_000_000)],
        segments=segments,
        sources=[Source(n, f"{n:064}", f"list {n}", 66_666, n % 2, AT.isoformat()) for n in range(1, lists + 1)],
        retracted=[Retracted("m", 1, 1, (AT + HOUR).isoformat())],
    )
    stock = stock_of(manifest)
    assert (stock.rows, stock.persons, stock.list_count) == (100_000_000, 10_000_000, lists)
    assert [one.name for one in stock.lists[:2]] == ["list 1500", "list 1499"]
    assert len(stock.lists) == LISTS_SHOWN
    assert stock.changed_at == AT + HOUR
    assert stock.coverage.earlier == 250_000 * (days - len(stock.coverage.days))
    monkeypatch.setattr(keeping, "manifest", lambda: manifest)
    page = text(county)
    assert "100,000,000 Presences" in page
    assert "1400 earlier lists are not shown." in page


def test_a_store_that_cannot_be_read_is_told_and_the_page_stands(county):
    keeping.ingest(visits(0))
    run()
    keeping.ingest(visits(1))
    (keeping.folder() / "manifest" / "0000000099.json").write_text("{")
    page = text(county)
    assert "is damaged: restore it" in page
    assert "not known" in page


def test_the_smallest_day_can_still_be_seen():
    from lianfang.presences.core.coverage import coverage

    drawn = presence_views.bars(coverage({dt.date(2021, 8, 1): 1, dt.date(2021, 8, 3): 1_000_000}))
    assert [(bar.x, bar.y, bar.height) for bar in drawn] == [(0, 98, 2), (10, 100, 0), (20, 0, 100)]
    assert drawn[2].words == "2021-08-03 · 1,000,000"
