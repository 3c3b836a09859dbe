"""Acts: who may, what follows, what was seen, what is taken back, and what very many rows cost."""

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access import audit
from lianfang.access.models import AuditEntry
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.errors import Misused, Refused
from lianfang.measures.models import Measure
from lianfang.records import acts
from lianfang.records.acts import NotAgreed, carry_out, prepare
from lianfang.records.changes import undo_change
from lianfang.records.commands import act as command
from lianfang.records.models import Change, Clock
from lianfang.records.seen import ChangedSince, Seen, mark_of
from lianfang.records.tests.shell.acting import HOUR, World, build, measure, running
from lianfang.tracing.models import Contact

pytestmark = [pytest.mark.django_db, pytest.mark.database]
BY = system_scope("tests")


@pytest.fixture
def world(cast: Cast) -> World:
    return build(cast)


def marks(model, keys) -> Seen:
    return Seen({str(one.pk): mark_of(one) for one in model.unscoped.filter(pk__in=keys)})


# What follows, and the way back.


def test_accepting_orders_what_rests_on_it_in_one_change(world: World) -> None:
    by = world.cast.investigator
    done = carry_out(act="contact.accept", keys=world.contacts[:2], by=by, at=AT)
    assert world.decisions() == ["accepted", "accepted", "proposed"]
    assert world.measures() == [
        ("P00000", "accepted", False),
        ("P00001", "accepted", False),
        ("P00002", "proposed", False),
    ]
    assert [text.en for text in done.said] == ["2 contacts are accepted.", "2 measures are ordered."]
    assert [text.zh for text in done.said] == ["已采纳2名接触者。", "已下达2项措施。"]
    assert Change.objects.count() == 1
    entries = (
        AuditEntry.objects.filter(act="write").order_by("number").values_list("kind", "detail__act", "detail__after")
    )
    assert list(entries) == [
        ("tracing.contact", "contact.accept", None),
        ("measures.measure", "measure.order", "contact.accept"),
    ]
    undo_change(change_id=done.change.pk, by=by, at=AT + HOUR)
    assert set(world.decisions()) == {"proposed"}
    assert {(decision, released) for _, decision, released in world.measures()} == {("proposed", False)}
    assert set(Measure.unscoped.values_list("decided_by", "decision_note")) == {(None, "")}


def test_refusing_takes_down_what_rested_on_it_and_accepting_again_takes_it_up(world: World) -> None:
    by, keys = world.cast.investigator, world.contacts[:1]
    area = world.cast.areas["330999001"]
    measure("P00000", "second", area).save()
    measure("P00000", "own", area, category="case").save()
    ordered = Measure.unscoped.get(person_id="P00000", rule="m")
    world.accept_all()
    carry_out(act="measure.order", keys=[ordered.pk], by=by, at=AT, note="已通知")
    refused = carry_out(act="contact.refuse", keys=keys, by=by, at=AT + HOUR, note="当日不在场")
    own = {"person_id": "P00000"}
    assert world.measures(rule="m", **own) == [("P00000", "accepted", True)]
    assert world.measures(rule="second", **own) == [("P00000", "refused", False)]
    assert world.measures(rule="own", **own) == [("P00000", "proposed", False)], (
        "a case's measure rests on its diagnosis"
    )
    ordered.refresh_from_db()
    assert (ordered.decision_note, ordered.released_by) == ("已通知 / 当日不在场", by)
    assert refused.said[1].en == "With it 2 measures are refused or released."
    # Accepted again: what had gone with it comes back, once more in one change.
    back = carry_out(act="contact.accept", keys=keys, by=by, at=AT + 2 * HOUR)
    assert world.measures(rule="m", **own) == [("P00000", "accepted", False)]
    assert world.measures(rule="second", **own) == [("P00000", "accepted", False)]
    assert [(one.act.code, len(one.changed)) for one in back.followed] == [("measure.order", 1), ("measure.resume", 1)]
    for change in (back, refused):
        undo_change(change_id=change.change.pk, by=by, at=AT + 3 * HOUR)
    ordered.refresh_from_db()
    assert (ordered.decision, ordered.decision_note, ordered.released_at) == ("accepted", "已通知", None)
    assert world.measures(rule="second", **own) == [("P00000", "proposed", False)]


def test_what_was_refused_or_released_on_its_own_stays_so(world: World) -> None:
    by, keys = world.cast.investigator, world.contacts[:2]
    first, second = Measure.unscoped.order_by("person_id")[:2]
    carry_out(act="measure.refuse", keys=[first.pk], by=by, at=AT, note="已在外地隔离")
    world.accept_all()
    carry_out(act="measure.order", keys=[second.pk], by=by, at=AT)
    carry_out(act="measure.release", keys=[second.pk], by=by, at=AT, note="检测均阴性")
    carry_out(act="contact.refuse", keys=keys, by=by, at=AT + HOUR, note="不符")
    carry_out(act="contact.accept", keys=keys, by=by, at=AT + 2 * HOUR)
    assert world.measures()[:2] == [("P00000", "refused", False), ("P00001", "accepted", True)]


def test_an_undo_stops_where_a_follower_was_decided_since(world: World) -> None:
    by = world.cast.commander
    done = carry_out(act="contact.accept", keys=world.contacts, by=by, at=AT)
    held = Measure.unscoped.first()
    carry_out(act="measure.release", keys=[held.pk], by=by, at=AT + HOUR, note="检测均阴性")
    with pytest.raises(Refused, match="changed since"):
        undo_change(change_id=done.change.pk, by=by, at=AT + HOUR)
    assert set(world.decisions()) == {"accepted"}, "all or nothing"


# Who may.


def test_a_township_officer_locates_and_accepts_nothing(world: World) -> None:
    by = world.cast.township_officer
    with pytest.raises(Refused, match="role"):
        carry_out(act="contact.accept", keys=world.contacts, by=by, at=AT)
    carry_out(act="contact.locate", keys=world.contacts, by=by, at=AT)
    assert Contact.unscoped.filter(located_by=by).count() == 3 and set(world.decisions()) == {"proposed"}


@pytest.mark.parametrize("lacking", ["measure.order", "measure.release"])
def test_a_follower_without_permission_is_told_and_not_lost(world: World, monkeypatch, lacking: str) -> None:
    by = world.cast.investigator
    world.accept_all()
    carry_out(act="measure.order", keys=list(Measure.unscoped.values_list("pk", flat=True)), by=by, at=AT)
    rightly = acts.may
    monkeypatch.setattr(acts, "may", lambda role, permission: permission != lacking and rightly(role, permission))
    done = carry_out(act="contact.refuse", keys=world.contacts, by=by, at=AT + HOUR, note="不符")
    assert set(world.decisions()) == {"refused"}
    assert {(decision, released) for _, decision, released in world.measures()} == {("accepted", False)}
    assert "3 measures" in done.said[-1].en and "Left as they are" in done.said[-1].en
    assert "3 项措施" in done.said[-1].zh


def test_undoing_asks_for_the_permission_of_each_act(world: World, monkeypatch) -> None:
    from lianfang.records import changes

    done = carry_out(act="contact.accept", keys=world.contacts, by=world.cast.investigator, at=AT)
    monkeypatch.setattr(changes, "may", lambda role, permission: permission != "measure.order")
    with pytest.raises(Refused, match="role"):
        undo_change(change_id=done.change.pk, by=world.cast.investigator, at=AT)
    assert set(world.decisions()) == {"accepted"}


def test_all_or_nothing_and_inside_the_area(world: World) -> None:
    by = world.cast.investigator
    for keys in ([], [*world.contacts, 10**9]):
        with pytest.raises(Refused, match="area"):
            carry_out(act="contact.accept", keys=keys, by=by, at=AT)
    with pytest.raises(Refused, match="area"):
        carry_out(act="contact.accept", keys=world.contacts, by=world.cast.neighbour, at=AT)
    for code in ("contact.marry", "case.change"):
        with pytest.raises(Misused):
            carry_out(act=code, keys=world.contacts, by=by, at=AT)
    assert set(world.decisions()) == {"proposed"} and not Change.objects.exists()


# What was seen.

SUBJECTS = {
    "contact.accept": (Contact, {"category": "general_contact"}, "1 contact changed"),
    "measure.order": (Measure, {"end": AT + 99 * HOUR}, "1 measure changed"),
    "clock.stop": (Clock, {"due": AT + 99 * HOUR}, "1 clock changed"),
}


@pytest.mark.parametrize("act", SUBJECTS)
def test_a_chosen_row_that_changed_between_page_and_click_is_not_decided(world: World, act: str) -> None:
    model, change, words = SUBJECTS[act]
    if model is Measure:
        world.accept_all()
    keys = list(model.unscoped.values_list("pk", flat=True))
    seen = marks(model, keys)
    model.unscoped.filter(pk=keys[0]).update(**change)
    with pytest.raises(ChangedSince, match=words):
        carry_out(act=act, keys=keys, by=world.cast.investigator, at=AT, seen=seen)
    with pytest.raises(ChangedSince):
        carry_out(act=act, keys=keys, by=world.cast.investigator, at=AT, seen=Seen())
    assert not Change.objects.exists()
    carry_out(act=act, keys=keys, by=world.cast.investigator, at=AT, seen=marks(model, keys))


def test_somebody_decides_between_page_and_click(world: World) -> None:
    """The colleague's decision stands; whoever meant the same is told that it stands so already."""
    seen = marks(Contact, world.contacts)
    first = world.contacts[:1]
    carry_out(act="contact.accept", keys=first, by=world.cast.commander, at=AT)
    with pytest.raises(ChangedSince):
        carry_out(act="contact.refuse", keys=world.contacts, by=world.cast.investigator, at=AT, note="x", seen=seen)
    with pytest.raises(Refused, match="already"):
        carry_out(act="contact.accept", keys=first, by=world.cast.investigator, at=AT, seen=seen)
    done = carry_out(act="contact.accept", keys=world.contacts, by=world.cast.investigator, at=AT, seen=seen)
    assert (len(done.changed), list(done.left)) == (2, first)


def renewed(kind: str, detail: dict[str, object]) -> None:
    audit.record(actor="system:test", act="write", kind=kind, detail=detail, at=AT + HOUR)


@pytest.mark.parametrize("act", SUBJECTS)
def test_of_all_matching_rows_those_nobody_saw_are_left_out(world: World, act: str) -> None:
    model = SUBJECTS[act][0]
    if model is Measure:
        world.accept_all()
    area = world.cast.areas["330999001"]
    if model is Clock:
        running("survey", area).save()
    keys = list(model.unscoped.order_by("pk").values_list("pk", flat=True))
    number = audit.last_number()
    by = world.cast.investigator
    if model is Contact:
        # A colleague located one and took it back; another got another category by a response.
        change = carry_out(act="contact.locate", keys=keys[:1], by=world.cast.commander, at=AT).change
        undo_change(change_id=change.pk, by=world.cast.commander, at=AT)
        renewed("tracing.contact", {"act": "contact.propose", "renewed": ["P00001"]})
        expected = keys[2:]
    elif model is Measure:
        carry_out(act="measure.refuse", keys=keys[:1], by=world.cast.commander, at=AT, note="x")
        Measure.unscoped.filter(pk=keys[1]).update(proposed_at=AT + HOUR)
        renewed("measures.measure", {"act": "measure.propose", "changed": 1})
        expected = keys[2:]
    else:
        carry_out(act="clock.stop", keys=keys[:1], by=world.cast.commander, at=AT)
        expected = keys[1:]
    done = carry_out(act=act, keys=keys, by=by, at=AT + 2 * HOUR, seen=Seen(number=number))
    assert list(done.changed) == expected and done.unseen == len(keys) - len(expected)
    assert "after you opened the page" in done.said[-1].en
    with pytest.raises(ChangedSince, match="all of them"):
        carry_out(act=act, keys=keys, by=by, at=AT + 2 * HOUR, seen=Seen(number=number))


def test_clocks_that_a_response_moved_were_not_seen(world: World) -> None:
    number = audit.last_number()
    renewed("records.clock", {"act": "clock.start", "renewed": ["C1"]})
    with pytest.raises(ChangedSince):
        carry_out(act="clock.stop", keys=[world.clock], by=world.cast.investigator, at=AT, seen=Seen(number=number))


def test_a_response_names_what_it_judged_anew(world: World) -> None:
    """Of a contact that gets another category the trail says so: `proposed_at` starts its clock and stays."""
    import polars as pl

    from lianfang.kernel.schema import CONTACTS
    from lianfang.tracing.services import record_contacts

    row = dict.fromkeys(CONTACTS.names) | {
        "case_id": "C1", "person_id": "P00000", "degree": 1, "place_kind": "meal", "minutes": 30.0, "encounters": 1,
        "found_by": "co_presence", "category": "general_contact", "rule": "c", "is_case": False,
    }  # fmt: skip
    number = audit.last_number()
    found = pl.DataFrame([row, row | {"person_id": "PX"}], infer_schema_length=None)
    record_contacts(contacts=found, outbreak="O1", by=BY, at=AT + HOUR)
    ((_, detail),) = audit.written_after(number, kinds=("tracing.contact",))
    assert detail["renewed"] == ["P00000"], "who is new is told by the time"
    keys = list(Contact.unscoped.order_by("pk").values_list("pk", flat=True))
    with pytest.raises(ChangedSince):
        carry_out(act="contact.accept", keys=keys, by=world.cast.investigator, at=AT, seen=Seen(number=number))


# Before it is done.


def test_what_was_agreed_to_is_what_is_done(world: World) -> None:
    by = world.cast.investigator
    words = {"act": "contact.accept", "keys": world.contacts, "by": by, "at": AT}
    prepared = prepare(**words)
    assert (prepared.rows, len(prepared.part.changed)) == (6, 3)
    assert set(world.decisions()) == {"proposed"} and not Change.objects.exists()
    carry_out(act="measure.refuse", keys=[Measure.unscoped.first().pk], by=by, at=AT, note="不属实")
    with pytest.raises(NotAgreed):
        carry_out(**words, agreed=prepared.mark)
    assert set(world.decisions()) == {"proposed"}
    carry_out(**words, agreed=prepare(**words).mark)
    assert set(world.decisions()) == {"accepted"}


def test_a_plan_that_sets_what_is_not_declared_changes_nothing(world: World, monkeypatch) -> None:
    from lianfang.tracing.core import acts as plans

    monkeypatch.setattr(plans, "locate", lambda rows, asked: [{"category": "x"} for _ in rows])
    with pytest.raises(ValueError, match="category"):
        carry_out(act="contact.locate", keys=world.contacts, by=world.cast.investigator, at=AT)


def test_very_many_rows_take_few_statements(cast: Cast) -> None:
    many = 5_000
    world = build(cast, many)
    parts = -(-many // 900)
    with CaptureQueriesContext(connection) as asked:
        done = carry_out(act="contact.accept", keys=world.contacts, by=cast.investigator, at=AT)
    # Contacts and measures are read and written in parts; each follower looks contacts and measures up in parts.
    assert len(asked) <= 8 * parts + 30
    assert done.change.rows and len(done.changed) == many
    assert Measure.unscoped.filter(decision="accepted").count() == many
    with CaptureQueriesContext(connection) as asked:
        undo_change(change_id=done.change.pk, by=cast.investigator, at=AT + HOUR)
    # PostgreSQL also asks for the turn, once for each thing that writes, however many rows there are.
    statements = [one for one in asked if "pg_advisory_xact_lock" not in one["sql"]]
    assert len(statements) <= 4 * -(-many // 500) + 20
    assert Measure.unscoped.filter(decision="proposed").count() == many


# The command line.


def test_the_command_lists_says_and_does(world: World, monkeypatch) -> None:
    monkeypatch.setenv("LIANFANG_LANG", "en")
    run = CliRunner().invoke
    listed = run(command, ["--list"]).output
    assert "contact.accept\ttracing.Contact\tcontact.decide" in listed and "case.change" not in listed
    keys = ",".join(str(key) for key in world.contacts)
    words = ["contact.refuse", "--keys", keys, "--by", world.cast.investigator.username, "--note", "当日不在场"]
    assert "measure.withdraw\t3" in run(command, [*words, "--dry-run"]).output
    assert set(world.decisions()) == {"proposed"}
    done = run(command, words).output.splitlines()
    assert done[0] == "3 contacts are refused." and done[-1] == str(Change.objects.get().pk)
    assert set(world.decisions()) == {"refused"}


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ([], Misused),
        (["contact.accept", "--by", "nobody", "--keys", "1"], Refused),
        (["contact.accept", "--by", "investigator", "--keys", "x"], Misused),
        (["contact.marry", "--by", "investigator", "--keys", "1"], Misused),
        (["contact.accept", "--by", "investigator", "--keys", "1", "--given", "x"], Misused),
    ],
)
def test_a_command_that_cannot_mean_anything(world: World, words: list[str], refusal: type[Refused]) -> None:
    assert isinstance(CliRunner().invoke(command, words).exception, refusal)


def test_another_order_from_the_command_line(world: World) -> None:
    world.accept_all()
    one = Measure.unscoped.first()
    given = ["kind=home_monitoring", "place_class=home", "start=2021-08-06T09:00", 'test_dates=["2021-08-08"]']
    words = [
        "measure.change",
        "--keys",
        str(one.pk),
        "--by",
        "commander",
        "--note",
        "评估",
        "--given",
        "end=2021-08-09T00:00",
    ]
    done = CliRunner().invoke(command, [*words, *(word for more in given for word in ("--given", more))])
    assert done.exception is None, done.output
    one.refresh_from_db()
    assert (one.kind, one.test_dates, one.decision) == ("home_monitoring", ["2021-08-08"], "accepted")
    assert one.changed_from["kind"] == "home_quarantine"
    broken = CliRunner().invoke(command, [*words[:-2], "--given", "kind=home_monitoring"])
    assert isinstance(broken.exception, Refused) and "not whole" in str(broken.exception)
