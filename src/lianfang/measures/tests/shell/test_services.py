"""Proposing: what stays of what was decided, which state follows, and who sees which measures."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.intake.tests.written import rows_written
from lianfang.kernel.errors import Refused
from lianfang.measures import services
from lianfang.measures.core.decide import CONDITIONS, MEASURES, decide
from lianfang.measures.core.state import in_force as in_force_frame
from lianfang.measures.models import Measure
from lianfang.measures.selectors import (
    differing,
    ending_on,
    in_force,
    measure_rows,
    measures_frame,
    measures_of_case,
    measures_of_person,
    over,
    with_test_on,
)
from lianfang.measures.tests.shell.conftest import BOOK, MET, SCOPE, accept, facts
from lianfang.measures.tests.shell.rows import CENTRAL, HOUR, order, row
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.registry.models import Person

pytestmark = pytest.mark.database


def test_proposing_twice_changes_nothing(propose) -> None:
    first = propose(P_LI=MET, P_SHAN=MET)
    assert (first.changed, first.withdrawn, first.differing) == (4, 0, 0)
    before = measures_frame("ANHE", SCOPE)
    entries = AuditEntry.objects.count()
    again = propose(P_LI=MET, P_SHAN=MET, at=AT + HOUR)
    assert (again.changed, again.withdrawn, again.differing) == (0, 0, 0)
    assert measures_frame("ANHE", SCOPE).equals(before)
    assert AuditEntry.objects.count() == entries
    assert set(Measure.objects.within(SCOPE).values_list("proposed_at", flat=True)) == {AT}


def test_the_frame_is_what_was_decided(propose) -> None:
    propose(P_LI=MET)
    frame = measures_frame("ANHE", SCOPE)
    stored = {name: kind for name, kind in MEASURES.items() if name not in CONDITIONS}
    assert frame.columns == [*stored, "decision", "proposed_at", "decided_at", "released_at", "jurisdiction"]
    assert {name: kind for name, kind in frame.schema.items() if name in MEASURES} == stored
    quarantine = frame.filter(pl.col("measure") == "central_quarantine").to_dicts()[0]
    assert quarantine["start"] == dt.datetime(2021, 8, 6, 9) and quarantine["end"] == dt.datetime(2021, 8, 19)
    assert quarantine["test_dates"] == [dt.date(2021, 8, day) for day in (6, 8, 11, 18)]
    assert quarantine["playbook"] == BOOK.name and quarantine["jurisdiction"] == "330999001001001"


def test_a_renewed_proposal_replaces_what_nobody_decided(propose) -> None:
    propose(P_LI=MET, P_SHAN=MET)
    came = propose(P_LI=MET + dt.timedelta(days=1))
    assert came.changed == 2 and came.withdrawn == 2
    assert {m.person_id for m in Measure.objects.within(SCOPE)} == {"P-LI"}
    # Of some people only: the others are left alone.
    assert propose(P_SHAN=MET, complete=False).withdrawn == 0
    assert {m.person_id for m in Measure.objects.within(SCOPE)} == {"P-LI", "P-SHAN"}


def test_a_decision_is_never_overwritten(propose, proposed, register) -> None:
    key = proposed[CENTRAL]
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT)
    ordered_end = row(key).end
    came = propose(P_LI=MET + dt.timedelta(days=2), P_SHAN=MET, P_ZHAO=MET, at=AT + HOUR)
    assert came.differing == 1
    measure = row(key)
    assert measure.end == ordered_end and measure.decision == "accepted"
    assert measure.new_proposal["end"] == "2021-08-21T00:00"
    assert list(differing(measure_rows(SCOPE)).values_list("pk", flat=True)) == [key]
    # The same other proposal again is nothing new; the old one again takes the mark away.
    assert propose(P_LI=MET + dt.timedelta(days=2), P_SHAN=MET, P_ZHAO=MET, at=AT + 2 * HOUR).differing == 0
    propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET)
    assert row(key).new_proposal is None
    propose(P_SHAN=MET, P_ZHAO=MET)
    assert row(key).new_proposal["withdrawn"] is True and row(key).decision == "accepted"


def test_what_people_did_after_the_comparison_stays(proposed, register) -> None:
    li, later, shan = proposed[CENTRAL], proposed["P-LI", "home_monitoring"], proposed["P-SHAN", "central_quarantine"]
    carry_out(act="measure.order", keys=[later], by=register.investigator, at=AT)
    moved = decide(facts(P_LI=MET + 24 * HOUR), playbook=BOOK, as_of=AT.replace(tzinfo=None)).measures
    ready = services.to_store(moved, outbreak="ANHE", by=SCOPE, at=AT)
    assert ready.beside["id"].to_list() == [later]
    assert (ready.renewed.height, shan in ready.gone, len(ready.gone)) == (1, True, 4)
    before = row(li).end
    carry_out(act="measure.order", keys=[li, shan], by=register.investigator, at=AT)
    carry_out(act="measure.release", keys=[later], by=register.commander, at=AT, note="检测均阴性")
    done = services.store(ready, by=SCOPE, at=AT + HOUR)
    assert (row(li).decision, row(li).end) == ("accepted", before)
    assert row(shan).decision == "accepted"
    assert row(later).new_proposal is None, "who is released needs no other proposal"
    assert (done.changed, done.withdrawn, done.differing) == (0, 3, 0)


def test_a_decided_measure_is_written_only_where_it_differs(propose, proposed, register) -> None:
    own = {key: pk for key, pk in proposed.items() if key[0] != "P-ZHAO"}
    carry_out(act="measure.order", keys=own.values(), by=register.commander, at=AT)
    with rows_written(Measure) as rows:
        propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET)
    assert rows == []
    with rows_written(Measure) as rows:
        propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET)
    assert rows == [("measures_measure", "update")] * sum(person == "P-LI" for person, _ in own)


def test_what_was_changed_by_hand_is_compared_by_the_proposal_it_was_changed_from(propose, proposed, register) -> None:
    """`core.differences` in columns, over JSON as either database holds it."""
    key = proposed[CENTRAL]
    shorter = order(key, end=dt.datetime(2021, 8, 18), test_dates=(dt.date(2021, 8, 8),))
    carry_out(
        act="measure.change",
        keys=[key],
        by=register.investigator,
        at=AT,
        note="末次接触日核实",
        given=shorter.as_json(),
    )
    assert propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET).differing == 0
    assert propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET).differing == 1
    assert row(key).new_proposal == {
        "kind": "central_quarantine",
        "place_class": row(key).place_class,
        "start": "2021-08-06T09:00",
        "end": "2021-08-20T00:00",
        "test_dates": row(key).new_proposal["test_dates"],
        "at": AT.isoformat(timespec="seconds"),
    }
    assert len(row(key).new_proposal["test_dates"]) > 1
    # Adopted and decided anew: nothing differs.
    carry_out(act="measure.adopt", keys=[key], by=register.investigator, at=AT, note="好" * 300)
    assert row(key).decision_note == "好" * 200
    assert propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET).differing == 0
    assert not differing(measure_rows(SCOPE)).exists()


def test_a_refused_measure_that_is_proposed_no_more_carries_no_mark(propose, proposed, register) -> None:
    key = proposed[CENTRAL]
    carry_out(act="measure.refuse", keys=[key], by=register.investigator, at=AT, note="不属实")
    assert propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET).differing == 1
    propose(P_SHAN=MET, P_ZHAO=MET)
    assert row(key).new_proposal is None


def test_very_many_measures_are_ordered_released_and_put_back_in_few_statements(register) -> None:
    many = 20_000
    people = [Person(person_id=f"N{n}", name=f"人{n}", jurisdiction_id="330999001001001") for n in range(many)]
    Person.unscoped.bulk_create(people, batch_size=1000)
    told = {"jurisdiction_id": "330999001001001", "category": "close_contact", "kind": "central_quarantine"}
    Measure.unscoped.bulk_create(
        [
            Measure(outbreak_id="ANHE", person_id=one.person_id, start=AT, rule="r", proposed_at=AT, **told)
            for one in people
        ],
        batch_size=500,
    )
    for part in range(0, many, 500):
        accept([one.person_id for one in people[part : part + 500]])
    ids = list(Measure.unscoped.filter(rule="r").values_list("pk", flat=True))
    at_once, beside = -(-many // 900), 20

    def statements(act) -> tuple[int, object]:
        with CaptureQueriesContext(connection) as asked:
            done = act()
        return len(asked), done

    count, change = statements(lambda: carry_out(act="measure.order", keys=ids, by=register.commander, at=AT).change)
    assert count <= 3 * at_once + beside, "read in parts, written in parts; who is accepted is read in parts too"
    assert Measure.unscoped.filter(rule="r", decision="accepted", decided_by=register.commander).count() == many
    count, released = statements(
        lambda: carry_out(act="measure.release", keys=ids, by=register.commander, at=AT, note="检测均阴性").change
    )
    assert count <= 2 * at_once + beside
    for one in (released, change):
        count, _ = statements(lambda one=one: undo_change(change_id=one.pk, by=register.commander, at=AT))
        assert count <= 2 * -(-many // 500) + beside
    assert Measure.unscoped.filter(rule="r", decision="proposed", decided_by=None, released_at=None).count() == many


def test_a_mark_that_goes_leaves_a_trace_too(propose, proposed, register) -> None:
    own = [pk for (person, _), pk in proposed.items() if person == "P-LI"]
    carry_out(act="measure.order", keys=own, by=register.investigator, at=AT)
    propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET)
    number = audit.last_number()
    assert propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET).differing == 0
    assert {row(pk).new_proposal for pk in own} == {None}
    assert not differing(measure_rows(SCOPE)).exists()
    assert audit.written_since(number)


def test_a_new_proposal_is_adopted_by_a_person(propose, proposed, register) -> None:
    key = proposed[CENTRAL]
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT)
    propose(P_LI=MET + dt.timedelta(days=2), P_SHAN=MET, P_ZHAO=MET)
    with pytest.raises(Refused):
        carry_out(act="measure.adopt", keys=[proposed["P-SHAN", "central_quarantine"]], by=register.investigator, at=AT)
    change = carry_out(act="measure.adopt", keys=[key], by=register.investigator, at=AT + HOUR).change
    assert row(key).end.isoformat() == "2021-08-20T16:00:00+00:00" and row(key).new_proposal is None
    undo_change(change_id=change.pk, by=register.investigator, at=AT + 2 * HOUR)
    assert row(key).end.isoformat() == "2021-08-18T16:00:00+00:00" and row(key).new_proposal is not None


def test_nothing_is_proposed_for_strangers(propose, register) -> None:
    measures = decide(facts(P_NOBODY=MET), playbook=BOOK, as_of=to_local(AT)).measures
    with pytest.raises(Refused, match="P-NOBODY"):
        services.propose_measures(measures=measures, outbreak="ANHE", by=SCOPE, at=AT)
    with pytest.raises(Refused, match="NOWHERE"):
        services.propose_measures(measures=measures, outbreak="NOWHERE", by=SCOPE, at=AT)
    assert not Measure.objects.within(SCOPE).exists()


def test_states_follow_from_the_facts(proposed, register) -> None:
    ids = list(proposed.values())
    at = dt.datetime(2021, 8, 10, 12, tzinfo=AT.tzinfo)
    assert not in_force(measure_rows(SCOPE), at).exists()
    carry_out(
        act="measure.order",
        keys=[pk for (person, _), pk in proposed.items() if person != "P-ZHAO"],
        by=register.investigator,
        at=AT,
    )
    for moment in (AT, at, at + dt.timedelta(days=10), at + dt.timedelta(days=17)):
        rows = in_force(measure_rows(SCOPE), moment)
        frame = in_force_frame(measures_frame("ANHE", SCOPE), at=moment.replace(tzinfo=None))
        assert sorted(rows.values_list("person_id", "rule")) == sorted(frame.select("person_id", "rule").iter_rows())
    assert {m.kind for m in in_force(measure_rows(SCOPE), at)} == {"central_quarantine"}
    assert {m.kind for m in over(measure_rows(SCOPE), at + dt.timedelta(days=10))} == {"central_quarantine"}
    # Half open: the last day of the quarantine that ends at 00:00 of the 19th is the 18th.
    assert {m.kind for m in ending_on(measure_rows(SCOPE), dt.date(2021, 8, 18))} == {"central_quarantine"}
    assert not ending_on(measure_rows(SCOPE), dt.date(2021, 8, 19)).exists()
    assert with_test_on(measure_rows(SCOPE), dt.date(2021, 8, 11)).count() == 3
    assert not with_test_on(measure_rows(SCOPE), dt.date(2021, 8, 12)).exists()
    assert len(ids) == 6


def test_measures_of_a_person_and_of_a_case(proposed, register) -> None:
    from lianfang.cases.models import Case
    from lianfang.tracing.models import Contact, Exposure

    area = register.areas["330999001"]
    case = Case.objects.create(case_id="A1", outbreak_id="ANHE", person_id="P-WANG", jurisdiction=area, reported_at=AT)
    contact = Contact.unscoped.get(person_id="P-LI")
    for kind in ("dwelling", "meal"):
        Exposure.objects.create(
            contact=contact, case=case, degree=1, place_kind=kind, found_by="interview", rule="category.close_contact"
        )
    scope = register.scope("investigator")
    assert [m.kind for m in measures_of_person("P-LI", scope)] == ["central_quarantine", "home_monitoring"]
    assert [m.person_id for m in measures_of_case("A1", scope)] == ["P-LI", "P-LI"]
    assert not measures_of_person("P-ZHAO", scope).exists()
    assert not measures_of_case("A1", register.scope("neighbour")).exists()
    assert not measures_of_person("P-LI", register.scope("stranger")).exists()
