"""Ordering, changing, refusing, releasing: who may, what stays, and the way back."""

from __future__ import annotations

import datetime as dt

import pytest

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_local
from lianfang.kernel.errors import Refused
from lianfang.measures import services
from lianfang.measures.models import Measure
from lianfang.measures.selectors import differing, measure_rows
from lianfang.measures.tests.shell.conftest import MET, SCOPE
from lianfang.measures.tests.shell.rows import CENTRAL, HOUR, order, row
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.tracing.models import Contact

pytestmark = pytest.mark.database


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
            lambda by: carry_out(act="measure.release", keys=[li], by=by, at=AT, note="检测均阴性"),
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
        carry_out(act="measure.release", keys=[key], by=register.investigator, at=AT, note="检测均阴性")
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT + HOUR)
    with pytest.raises(Refused, match="release"):
        carry_out(act="measure.refuse", keys=[key], by=register.investigator, at=AT + HOUR, note="不属实")
    change = carry_out(
        act="measure.release", keys=[key], by=register.investigator, at=AT + 2 * HOUR, note="检测均阴性"
    ).change
    assert (row(key).released_at, row(key).released_by) == (AT + 2 * HOUR, register.investigator)
    with pytest.raises(Refused, match="already"):
        carry_out(act="measure.release", keys=[key], by=register.investigator, at=AT + 3 * HOUR, note="检测均阴性")
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
        released = carry_out(act="measure.release", keys=[key], by=by, at=AT + HOUR, note="检测均阴性").change
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
    assert row(key).test_dates == ["2021-08-06", "2021-08-08", "2021-08-11", "2021-08-18"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"end": dt.datetime(2021, 8, 5)}, "later than the start"),
        ({"test_dates": (dt.date(2021, 8, 30),)}, "outside the measure"),
        ({"end": dt.datetime(2021, 8, 25)}, "commander"),
        ({"end": None}, "commander"),
        ({"kind": "hospital_isolation", "start": dt.datetime(2021, 8, 5)}, "commander"),
        ({"test_dates": tuple(dt.date(2021, 8, day) for day in (8, 9, 10, 11, 12))}, "commander"),
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


@pytest.mark.parametrize("decision", ["proposed", "refused", None])
def test_nobody_is_ordered_anything_as_a_contact_whom_nobody_accepted(proposed, propose, register, decision) -> None:
    key, by = proposed[CENTRAL], register.commander
    contact = Contact.unscoped.filter(person_id="P-LI")
    contact.update(decision=decision) if decision else contact.delete()
    shorter = order(key, end=dt.datetime(2021, 8, 18), test_dates=())
    for act, more in (("order", {}), ("change", {"note": "核实", "given": shorter.as_json()})):
        with pytest.raises(Refused, match="nobody has accepted"):
            carry_out(act=f"measure.{act}", keys=[key], by=by, at=AT, **more)
    # What was refused before the contact was taken back may stay so; only orders need somebody who accepted.
    carry_out(act="measure.refuse", keys=[key], by=by, at=AT, note="不属实")
    assert row(key).decision == "refused"


def test_accepting_the_contact_orders_in_the_same_act(proposed, register) -> None:
    Contact.unscoped.update(decision="proposed")
    li = Contact.unscoped.get(person_id="P-LI")
    carry_out(act="contact.accept", keys=[li.pk], by=register.investigator, at=AT)
    assert row(proposed[CENTRAL]).decision == "accepted"


def test_measures_of_a_case_rest_on_the_diagnosis(proposed, register) -> None:
    key = proposed[CENTRAL]
    Measure.unscoped.filter(pk=key).update(category="case")
    Contact.unscoped.all().delete()
    carry_out(act="measure.order", keys=[key], by=register.investigator, at=AT)
    assert row(key).decision == "accepted"


def test_releasing_says_what_nobody_knows_and_needs_the_ground(proposed, register) -> None:
    central, home = proposed[CENTRAL], proposed["P-LI", "home_monitoring"]
    by, over = register.investigator, AT + dt.timedelta(days=60)
    carry_out(act="measure.order", keys=[central, home], by=by, at=AT, note="已通知")
    with pytest.raises(Refused, match=r"all own tests negative; double sampling.*write on what ground"):
        carry_out(act="measure.release", keys=[central], by=by, at=over)
    with pytest.raises(Refused, match="not over yet"):
        carry_out(act="measure.release", keys=[home], by=by, at=AT + HOUR)
    carry_out(act="measure.release", keys=[home], by=by, at=over)
    carry_out(act="measure.release", keys=[central], by=by, at=over, note="历次及双采双检阴性，见报告单")
    assert (row(central).released_at, row(central).decision_note) == (over, "已通知 / 历次及双采双检阴性，见报告单")
    assert row(home).decision_note == "已通知"
