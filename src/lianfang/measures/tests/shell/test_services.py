"""Proposing, ordering, changing, refusing, releasing: who may, what stays, and the way back."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access import audit
from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.intake.tests.written import rows_written
from lianfang.kernel.errors import Refused
from lianfang.measures import services
from lianfang.measures.core.decide import MEASURES, decide
from lianfang.measures.core.orders import Order
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
from lianfang.measures.tests.shell.conftest import BOOK, MET, SCOPE, facts
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.registry.models import Person

pytestmark = pytest.mark.database
HOUR = dt.timedelta(hours=1)
CENTRAL = ("P-LI", "central_quarantine")


def row(pk: int) -> Measure:
    return Measure.objects.within(SCOPE).get(pk=pk)


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
    assert frame.columns == [*MEASURES, "decision", "released_at", "jurisdiction"]
    assert {name: kind for name, kind in frame.schema.items() if name in MEASURES} == MEASURES
    quarantine = frame.filter(pl.col("measure") == "central_quarantine").to_dicts()[0]
    assert quarantine["start"] == dt.datetime(2021, 8, 6, 9) and quarantine["end"] == dt.datetime(2021, 8, 19)
    assert quarantine["test_dates"] == [dt.date(2021, 8, day) for day in (8, 11, 18)]
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
    carry_out(act="measure.release", keys=[later], by=register.commander, at=AT)
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
    ids = list(Measure.unscoped.filter(rule="r").values_list("pk", flat=True))
    at_once, beside = -(-many // 900), 20

    def statements(act) -> tuple[int, object]:
        with CaptureQueriesContext(connection) as asked:
            done = act()
        return len(asked), done

    count, change = statements(lambda: carry_out(act="measure.order", keys=ids, by=register.commander, at=AT).change)
    assert count <= 2 * at_once + beside, "read in parts, written in parts"
    assert Measure.unscoped.filter(rule="r", decision="accepted", decided_by=register.commander).count() == many
    count, released = statements(
        lambda: carry_out(act="measure.release", keys=ids, by=register.commander, at=AT).change
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
    measures = decide(facts(P_NOBODY=MET), playbook=BOOK, as_of=MET).measures
    with pytest.raises(Refused, match="P-NOBODY"):
        services.propose_measures(measures=measures, outbreak="ANHE", by=SCOPE, at=AT)
    with pytest.raises(Refused, match="NOWHERE"):
        services.propose_measures(measures=measures, outbreak="NOWHERE", by=SCOPE, at=AT)
    assert not Measure.objects.within(SCOPE).exists()


def test_ordering_names_who_and_when_and_is_undone(proposed, register) -> None:
    ids = [pk for (person, _), pk in proposed.items() if person in ("P-LI", "P-SHAN")]
    change = carry_out(act="measure.order", keys=ids, by=register.investigator, at=AT, note="已电话通知").change
    for pk in ids:
        measure = row(pk)
        assert (measure.decision, measure.decided_by, measure.decided_at) == ("accepted", register.investigator, AT)
        assert measure.decision_note == "已电话通知"
    entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.actor, entry.act, entry.detail["act"]) == ("account:investigator", "write", "measure.order")
    assert sorted(entry.detail["keys"]) == sorted(ids)
    # A second press of the button finds nothing to order, and changes nothing.
    with pytest.raises(Refused, match="already"):
        carry_out(act="measure.order", keys=ids, by=register.commander, at=AT + HOUR)
    undo_change(change_id=change.pk, by=register.investigator, at=AT + HOUR)
    assert {row(pk).decision for pk in ids} == {"proposed"}
    assert {row(pk).decided_by for pk in ids} == {None}
    assert verify() is None


def test_who_may_and_where(proposed, register) -> None:
    li, zhao = proposed[CENTRAL], proposed["P-ZHAO", "central_quarantine"]
    for name in ("township_officer", "grid_worker", "administrator", "auditor"):
        for act in (
            lambda by: carry_out(act="measure.order", keys=[li], by=by, at=AT),
            lambda by: carry_out(act="measure.refuse", keys=[li], by=by, at=AT, note="不属实"),
            lambda by: carry_out(act="measure.release", keys=[li], by=by, at=AT),
        ):
            with pytest.raises(Refused, match="role"):
                act(getattr(register, name))
    for name, pk in (("investigator", zhao), ("neighbour", li), ("stranger", li)):
        with pytest.raises(Refused, match="area"):
            carry_out(act="measure.order", keys=[pk], by=getattr(register, name), at=AT)
    # One row that is not in the area holds back all of them.
    with pytest.raises(Refused, match="area"):
        carry_out(act="measure.order", keys=[li, zhao], by=register.investigator, at=AT)
    with pytest.raises(Refused):
        carry_out(act="measure.order", keys=[], by=register.investigator, at=AT)
    assert {m.decision for m in Measure.objects.within(SCOPE)} == {"proposed"}


def test_refusing_needs_a_reason_and_ordered_ones_are_released_instead(proposed, register) -> None:
    key = proposed[CENTRAL]
    with pytest.raises(Refused, match="reason"):
        carry_out(act="measure.refuse", keys=[key], by=register.investigator, at=AT, note="  ")
    carry_out(act="measure.refuse", keys=[key], by=register.investigator, at=AT, note="当日不在场")
    assert (row(key).decision, row(key).decision_note) == ("refused", "当日不在场")
    with pytest.raises(Refused, match="never ordered"):
        carry_out(act="measure.release", keys=[key], by=register.investigator, at=AT)
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT + HOUR)
    with pytest.raises(Refused, match="release"):
        carry_out(act="measure.refuse", keys=[key], by=register.investigator, at=AT + HOUR, note="不属实")
    change = carry_out(act="measure.release", keys=[key], by=register.investigator, at=AT + 2 * HOUR).change
    assert (row(key).released_at, row(key).released_by) == (AT + 2 * HOUR, register.investigator)
    with pytest.raises(Refused, match="already"):
        carry_out(act="measure.release", keys=[key], by=register.investigator, at=AT + 3 * HOUR)
    undo_change(change_id=change.pk, by=register.commander, at=AT + 3 * HOUR)
    assert row(key).released_at is None


def test_what_was_released_is_taken_back_in_the_order_in_which_it_was_done(proposed, propose, register) -> None:
    """An order undone after the release would leave a proposal that is released: never in force when ordered again."""
    by, key = register.commander, proposed[CENTRAL]
    shorter = order(key, end=dt.datetime(2021, 8, 18), test_dates=())
    moved = {"P_LI": MET + 24 * HOUR, "P_SHAN": MET, "P_ZHAO": MET}
    decisions = (
        lambda: carry_out(act="measure.order", keys=[key], by=by, at=AT).change,
        lambda: carry_out(act="measure.change", keys=[key], by=by, at=AT, note="核实", given=shorter.as_json()).change,
        lambda: propose(**moved) and carry_out(act="measure.adopt", keys=[key], by=by, at=AT).change,
    )
    for decide_upon in decisions:
        decided = decide_upon()
        released = carry_out(act="measure.release", keys=[key], by=by, at=AT + HOUR).change
        with pytest.raises(Refused, match="changed since"):
            undo_change(change_id=decided.pk, by=by, at=AT + 2 * HOUR)
        assert (row(key).decision, row(key).released_at) == ("accepted", AT + HOUR)
        undo_change(change_id=released.pk, by=by, at=AT + 2 * HOUR)
        if decide_upon is decisions[0]:
            undo_change(change_id=decided.pk, by=by, at=AT + 2 * HOUR)
            assert (row(key).decision, row(key).released_at) == ("proposed", None)


def test_another_proposal_goes_with_the_decision_that_it_stood_beside(proposed, propose, register) -> None:
    by, key = register.investigator, proposed[CENTRAL]
    change = carry_out(act="measure.order", keys=[key], by=by, at=AT).change
    propose(P_LI=MET + 48 * HOUR, P_SHAN=MET, P_ZHAO=MET, at=AT + HOUR)
    assert row(key).new_proposal["end"] == "2021-08-21T00:00"
    undo_change(change_id=change.pk, by=by, at=AT + HOUR)
    # Undecided again, the row itself follows the proposal; nothing is kept beside it that could be adopted later.
    came = propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET, at=AT + 2 * HOUR)
    assert row(key).new_proposal is None and to_local(row(key).end) == dt.datetime(2021, 8, 20)
    assert came.changed == 2 and row(key).proposed_at == AT + 2 * HOUR
    assert list(differing(measure_rows(SCOPE))) == []
    with pytest.raises(Refused, match="none of these has a new proposal"):
        carry_out(act="measure.adopt", keys=[key], by=by, at=AT + 3 * HOUR)
    assert propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET, at=AT + 4 * HOUR).changed == 0
    # Also where the row already says what is proposed now.
    change = carry_out(act="measure.order", keys=[key], by=by, at=AT).change
    propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET, at=AT + HOUR)
    undo_change(change_id=change.pk, by=by, at=AT + HOUR)
    propose(P_LI=MET + 24 * HOUR, P_SHAN=MET, P_ZHAO=MET, at=AT + 2 * HOUR)
    assert row(key).new_proposal is None


def order(pk: int, **changes: object) -> Order:
    return Order(**{**services.order_of(row(pk)).__dict__, **changes})  # type: ignore[arg-type]


def test_changing_needs_a_reason_and_keeps_the_proposal(propose, proposed, register) -> None:
    key = proposed[CENTRAL]
    end = dt.datetime(2021, 8, 18)
    shorter = order(key, end=end, test_dates=(dt.date(2021, 8, 8),))
    with pytest.raises(Refused, match="reason"):
        carry_out(act="measure.change", keys=[key], by=register.investigator, at=AT, note="", given=shorter.as_json())
    with pytest.raises(Refused, match="nothing is changed"):
        carry_out(
            act="measure.change", keys=[key], by=register.investigator, at=AT, note="同意", given=order(key).as_json()
        )
    change = carry_out(
        act="measure.change",
        keys=[key],
        by=register.investigator,
        at=AT,
        note="末次接触日核实为8月3日",
        given=shorter.as_json(),
    ).change
    measure = row(key)
    assert (measure.decision, measure.decision_note) == ("accepted", "末次接触日核实为8月3日")
    assert services.order_of(measure) == shorter
    assert measure.changed_from["end"] == "2021-08-19T00:00"
    # The next run proposes what was proposed before: nothing differs from what was decided upon.
    assert propose(P_LI=MET, P_SHAN=MET, P_ZHAO=MET).differing == 0
    assert services.order_of(row(key)) == shorter
    undo_change(change_id=change.pk, by=register.investigator, at=AT + HOUR)
    assert row(key).decision == "proposed" and row(key).changed_from is None
    assert row(key).test_dates == ["2021-08-08", "2021-08-11", "2021-08-18"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end": dt.datetime(2021, 8, 5)}, "later than the start"),
        ({"test_dates": (dt.date(2021, 8, 30),)}, "outside the measure"),
        ({"end": dt.datetime(2021, 8, 25)}, "commander"),
        ({"end": None}, "commander"),
        ({"kind": "hospital_isolation", "start": dt.datetime(2021, 8, 5)}, "commander"),
        ({"test_dates": tuple(dt.date(2021, 8, day) for day in (8, 9, 10, 11))}, "commander"),
    ],
)
def test_what_an_investigator_may_not_order(proposed, register, changes: dict[str, object], words: str) -> None:
    key = proposed[CENTRAL]
    with pytest.raises(Refused, match=words):
        carry_out(
            act="measure.change",
            keys=[key],
            by=register.investigator,
            at=AT,
            note="加强",
            given=order(key, **changes).as_json(),
        )
    assert row(key).decision == "proposed"


def test_a_commander_goes_beyond_the_playbook_with_an_end(proposed, register) -> None:
    key = proposed[CENTRAL]
    with pytest.raises(Refused, match="needs an end"):
        carry_out(
            act="measure.change",
            keys=[key],
            by=register.commander,
            at=AT,
            note="同隔离点出现阳性",
            given=order(key, end=None).as_json(),
        )
    carry_out(
        act="measure.change",
        keys=[key],
        by=register.commander,
        at=AT,
        note="同隔离点出现阳性",
        given=order(key, end=dt.datetime(2021, 8, 25)).as_json(),
    )
    from lianfang.measures.words import is_beyond

    assert is_beyond(row(key))


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
    contact = Contact.objects.create(
        outbreak_id="ANHE",
        person_id="P-LI",
        jurisdiction=area,
        degree=1,
        category="close_contact",
        rule="category.close_contact",
        found_by="interview",
        proposed_at=AT,
    )
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
