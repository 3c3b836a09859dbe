"""The response through the database: as over files, twice the same, all or nothing, and what people decided stays."""

import datetime as dt

import polars as pl
import pytest

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.services import Refused
from lianfang.cases.models import Case
from lianfang.chains.models import ChainLink
from lianfang.headquarters.selectors import clocks_frame
from lianfang.measures.models import Measure
from lianfang.measures.selectors import measures_frame
from lianfang.outbreaks.models import Run
from lianfang.playbook.load import load
from lianfang.presences import keeping
from lianfang.records.models import Clock
from lianfang.response import services
from lianfang.response.run import respond_to_files
from lianfang.response.services import respond_outbreak
from lianfang.response.tests.shell.conftest import AT, SCOPE, SMALL
from lianfang.tracing.models import Contact, Exposure

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def everything() -> dict[str, list[dict]]:
    models = (Contact, Exposure, ChainLink, Measure, Clock, AuditEntry)
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in models}


def test_the_database_gives_what_the_files_give(small_county, tmp_path):
    done = respond_outbreak(outbreak_code="O", at=AT)
    files = respond_to_files(SMALL, tmp_path / "out", playbook=load("covid19-cn-9"), as_of=dt.datetime(2022, 7, 8, 18))
    assert done.response.contacts.equals(files.response.contacts)
    assert done.response.given["chains"].equals(files.response.given["chains"])
    # The files know more of some people (a child, a pregnancy, a mild course, C5 without a report): leave them out.
    others = ~pl.col("person_id").is_in(["P01", "P05", "P14", "P15"])
    assert done.response.measures.filter(others).equals(files.response.measures.filter(others))
    stored = measures_frame("O", SCOPE)
    assert stored.height == done.response.measures.height == done.measures
    columns = ["person_id", "measure", "start", "end", "test_dates", "rule", "reason_zh", "playbook"]
    order = ["person_id", "start", "rule"]
    assert stored.select(columns).sort(order).equals(done.response.measures.select(columns).sort(order))
    assert clocks_frame("O", SCOPE).height == done.response.clocks.height == done.clocks
    assert Contact.objects.within(SCOPE).count() == done.response.contacts["person_id"].n_unique()
    assert Exposure.objects.count() == done.response.contacts.height
    assert verify() is None


def test_twice_changes_nothing(small_county):
    respond_outbreak(outbreak_code="O", at=AT)
    before = everything()
    again = respond_outbreak(outbreak_code="O", at=AT)
    assert (again.contacts, again.chains, again.measures, again.clocks) == (0, 0, 0, 0)
    assert everything() == before
    assert Run.objects.count() == 2


def test_a_run_notes_which_presences_it_traced(small_county):
    respond_outbreak(outbreak_code="O", at=AT)
    assert Run.objects.get().presences == keeping.content()
    later = {"person_id": ["P09"], "place_id": ["late"], "start": [AT.replace(tzinfo=None)]}
    keeping.ingest(pl.DataFrame(later).with_columns(end=pl.col("start") + dt.timedelta(hours=1)))
    assert Run.objects.get().presences != keeping.content()
    respond_outbreak(outbreak_code="O", at=AT)
    assert Run.objects.latest("pk").presences == keeping.content()


def test_presences_that_come_while_it_traces_are_traced_and_noted(small_county, monkeypatch):
    traced = []

    def trace_and_add(*args, **kwargs):
        traced.append(None)
        if len(traced) == 1:
            later = {"person_id": ["P09"], "place_id": ["late"], "start": [AT.replace(tzinfo=None)]}
            keeping.ingest(pl.DataFrame(later).with_columns(end=pl.col("start") + dt.timedelta(hours=1)))
        return find_contacts(*args, **kwargs)

    find_contacts = services.find_contacts
    monkeypatch.setattr(services, "find_contacts", trace_and_add)
    respond_outbreak(outbreak_code="O", at=AT)
    assert len(traced) == 2
    assert Run.objects.get().presences == keeping.content()


def test_whom_an_investigator_refused_gets_no_measure_and_stays_refused(small_county):
    respond_outbreak(outbreak_code="O", at=AT)
    Contact.objects.within(SCOPE).filter(person_id="P08").update(decision="refused")
    Contact.objects.within(SCOPE).filter(person_id="P22").update(decision="accepted", category="close_contact")
    ordered = Measure.objects.within(SCOPE).get(person_id="P04", kind="central_quarantine")
    Measure.objects.within(SCOPE).filter(pk=ordered.pk).update(decision="accepted")
    respond_outbreak(outbreak_code="O", at=AT)
    measures = Measure.objects.within(SCOPE)
    assert not measures.filter(person_id="P08").exists()
    assert measures.filter(person_id="P22", kind="central_quarantine").exists()
    assert measures.get(pk=ordered.pk).decision == "accepted"
    assert Contact.objects.within(SCOPE).get(person_id="P08").decision == "refused"


def test_a_new_case_moves_what_was_proposed(small_county):
    respond_outbreak(outbreak_code="O", at=AT)
    Case.unscoped.create(
        case_id="C7",
        outbreak=small_county,
        person_id="P06",
        jurisdiction_id="330999103",
        onset_date=AT - dt.timedelta(days=2),
        sampled_at=AT - dt.timedelta(hours=8),
        reported_at=AT - dt.timedelta(hours=4),
    )
    done = respond_outbreak(outbreak_code="O", at=AT, case_id="C7")
    assert Contact.objects.within(SCOPE).get(person_id="P06").is_case
    assert Contact.objects.within(SCOPE).get(person_id="P14").category == "close_contact"  # was a secondary contact
    kinds = Measure.objects.within(SCOPE).filter(person_id="P06").values_list("category", flat=True)
    assert set(kinds) == {"case"}
    assert done.clocks == 7
    assert Run.objects.latest("pk").case_id == "C7"


def test_people_whom_the_register_does_not_know_are_named(small_county):
    from lianfang.registry.models import Person

    Person.unscoped.filter(pk="P18").delete()
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert done.unknown == ["P18"]
    assert done.measures == done.response.measures.filter(pl.col("person_id") != "P18").height


def test_a_failure_half_way_stores_nothing(small_county, monkeypatch):
    before = everything()

    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("lianfang.headquarters.services.store", fail)
    with pytest.raises(RuntimeError):
        respond_outbreak(outbreak_code="O", at=AT)
    assert everything() == before


def test_facts_that_change_meanwhile_are_answered_too(small_county, monkeypatch):
    traced = []

    def trace_and_change(cases, *args, **kwargs):
        traced.append(cases.height)
        if len(traced) == 1:
            Case.unscoped.filter(pk="C4").update(classification="excluded")
        return find_contacts(cases, *args, **kwargs)

    find_contacts = services.find_contacts
    monkeypatch.setattr(services, "find_contacts", trace_and_change)
    done = respond_outbreak(outbreak_code="O", at=AT)
    assert traced == [5, 4]
    assert "C4" not in done.response.cases["case_id"].to_list()
    assert not Exposure.objects.filter(case_id="C4").exists()


def test_who_may_ask(cast):
    assert respond_outbreak(outbreak_code="O", at=AT, by=cast["investigator"]).contacts > 0
    for role in ("grid_worker", "auditor", "administrator", "township_officer"):
        with pytest.raises(Refused):
            respond_outbreak(outbreak_code="O", at=AT, by=cast[role])
    with pytest.raises(Refused, match="there is no outbreak X"):
        respond_outbreak(outbreak_code="X", at=AT)
