"""Compare and write against a slow, obvious oracle: random rows stored, random rows found, decisions in between."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.access.models import AuditEntry
from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT, Cast
from lianfang.intake.tests.written import rows_written
from lianfang.records.kept import Beside, Kept, Written
from lianfang.records.models import Clock
from lianfang.records.proposals import compare, put, write

pytestmark = pytest.mark.database
TASK = system_scope("test")
HOUR = dt.timedelta(hours=1)


def _other_owner(decided: pl.DataFrame, rows: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
    """Keep beside a stopped clock the rule that it would have now, where that is another, as the owner's name."""
    both = decided.join(rows.select("subject", "clock", now="clock_rule"), on=["subject", "clock"], how="left")
    wanted = pl.when(pl.col("now") != pl.col("rule")).then(pl.col("now")).otherwise(pl.lit(""))
    return (
        both.with_columns(wanted=wanted.fill_null(""))
        .filter(pl.col("wanted") != pl.col("owner"))
        .select("id", "done_at", owner="wanted")
    )


RULES = Kept(
    Clock,
    key=("subject_kind", "subject", "clock"),
    follows=("matter",),
    open=("rule",),
    undecided={"done_at": None},
    may_go={"done_at": None, "escalated_to": ""},
    kind="records.clock",
    act="clock.start",
)
"""A spec with all parts: `matter` follows, `rule` while it runs, and an escalated one does not go."""

Row = dict[str, Any]
KEYS = [(subject, clock) for subject in "ab" for clock in "xy"]
said = (st.sampled_from(["m1", "m2"]), st.sampled_from(["r1", "r2"]))


def of_keys(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[tuple[str, str], Any]]:
    """Each key by itself: something, or nothing."""
    drawn = st.fixed_dictionaries(dict.fromkeys(KEYS, st.none() | values))
    return drawn.map(lambda found: {key: value for key, value in found.items() if value is not None})


found_rows = of_keys(st.tuples(*said))
stored_rows = of_keys(st.tuples(*said, st.booleans(), st.booleans()))
decisions = of_keys(st.sampled_from(["stop", "undo", "escalate"]))


def frame(found: dict[tuple[str, str], tuple[str, str]]) -> pl.DataFrame:
    rows = [
        {"subject_kind": "t", "subject": s, "clock": c, "matter": m, "rule": r, "jurisdiction": "330999"}
        for (s, c), (m, r) in found.items()
    ]
    names = ("subject_kind", "subject", "clock", "matter", "rule", "jurisdiction")
    moment = pl.lit(AT.astimezone(dt.UTC), pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)).with_columns(starts=moment, due=moment)


def now_stored() -> dict[tuple[str, str], Row]:
    names = ("subject", "clock", "matter", "rule", "done_at", "escalated_to")
    rows = Clock.unscoped.filter(subject_kind="t").values(*names)
    return {(row.pop("subject"), row.pop("clock")): row for row in rows}


def decide(what: dict[tuple[str, str], str]) -> None:
    for (subject, clock), act in what.items():
        values = {"stop": {"done_at": AT}, "undo": {"done_at": None}, "escalate": {"escalated_to": "above"}}[act]
        Clock.unscoped.filter(subject_kind="t", subject=subject, clock=clock).update(**values)


def slow(stored: dict, found: dict, meanwhile: dict, *, only: str) -> dict[tuple[str, str], Row]:
    """What must stand in the end, row by row; only what is told of is let go."""
    told = None if not only else {only}
    after = {key: dict(row) for key, row in stored.items()}
    for key, act in meanwhile.items():
        if key in after:
            field = "escalated_to" if act == "escalate" else "done_at"
            after[key][field] = {"stop": AT, "undo": None, "escalate": "above"}[act]
    for key, (matter, rule) in found.items():
        if key not in stored:
            after[key] = {"matter": matter, "rule": rule, "done_at": None, "escalated_to": ""}
            continue
        after[key]["matter"] = matter
        # It was compared while it ran, and runs still.
        if stored[key]["done_at"] is None and after[key]["done_at"] is None:
            after[key]["rule"] = rule
    for key in set(stored) - set(found):
        was_free = stored[key]["done_at"] is None and stored[key]["escalated_to"] == ""
        is_free = after[key]["done_at"] is None and after[key]["escalated_to"] == ""
        if was_free and is_free and (told is None or key[0] in told):
            del after[key]
    return after


@given(stored_rows, found_rows, decisions, st.sampled_from(["", "a"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_equals_the_slow_code(cast: Cast, stored, found, meanwhile, only) -> None:
    Clock.unscoped.filter(subject_kind="t").delete()
    for (subject, clock), (matter, rule, done, escalated) in stored.items():
        Clock.unscoped.create(
            subject_kind="t",
            subject=subject,
            clock=clock,
            matter=matter,
            rule=rule,
            jurisdiction_id="330999",
            starts=AT,
            due=AT,
            done_at=AT if done else None,
            escalated_to="above" if escalated else "",
        )
    told = pl.DataFrame({"subject": [only]}) if only else None
    before = now_stored()
    rows = Clock.unscoped.filter(subject_kind="t")
    ready = compare(RULES, frame(found), rows, at=AT, told=told)
    decide(meanwhile)
    done = write(ready, by=TASK, at=AT)
    after = now_stored()
    assert after == slow(before, found, meanwhile, only=only)
    assert done.withdrawn == len(before) - len(set(before) & set(after))
    if not meanwhile:
        again = compare(RULES, frame(found), rows, at=AT, told=told)
        assert not any((again.following.height, again.renewed.height, again.gone))


def test_where_nothing_differs_nothing_is_written_and_no_trace_left(cast: Cast) -> None:
    found = {("a", "x"): ("m1", "r1"), ("b", "x"): ("m1", "r1")}
    rows = Clock.unscoped.filter(subject_kind="t")
    assert write(compare(RULES, frame(found), rows), by=TASK, at=AT).total == 2
    traces = AuditEntry.objects.count()
    with rows_written(Clock) as written:
        done = write(compare(RULES, frame(found), rows), by=TASK, at=AT)
    assert (done, bool(done), written, AuditEntry.objects.count()) == (Written(), False, [], traces)
    changed = {**found, ("b", "x"): ("m1", "r2")}
    with rows_written(Clock) as written:
        ready = compare(RULES, frame(changed), rows, about={"outbreak": "OB1"})
        write(ready, by=TASK, at=AT)
    assert written == [("records_clock", "update")]
    entry = AuditEntry.objects.order_by("-number").first()
    assert entry is not None
    assert (entry.actor, entry.kind) == ("system:test", "records.clock")
    assert entry.detail == {
        "act": "clock.start", "outbreak": "OB1", "changed": 1, "withdrawn": 0, "differing": 0, "agreeing": 0,
    }  # fmt: skip


def test_what_is_kept_beside_a_decision_is_only_put_where_nothing_else_was_decided(cast: Cast) -> None:
    def beside(decided: pl.DataFrame, rows: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
        return _other_owner(decided, rows.rename({"rule": "clock_rule"}), at)

    kept = Kept(
        Clock,
        key=("subject_kind", "subject", "clock"),
        open=("rule", "owner"),
        undecided={"done_at": None},
        beside=Beside("owner", beside, same=("done_at",)),
    )
    rows = Clock.unscoped.filter(subject_kind="t")
    found = {("a", "x"): ("m1", "r1"), ("b", "x"): ("m1", "r1"), ("c", "x"): ("m1", "r1")}
    put(compare(kept, frame(found).with_columns(owner=pl.lit("")), rows, at=AT))
    rows.filter(subject__in=["a", "b"]).update(done_at=AT)
    other = dict.fromkeys(found, ("m1", "r2"))
    ready = compare(kept, frame(other).with_columns(owner=pl.lit("")), rows, at=AT)
    assert ready.beside.height == 2
    rows.filter(subject="b").update(done_at=AT + HOUR)
    done = put(ready)
    assert (done.changed, done.differing, done.agreeing) == (1, 1, 0)
    assert dict(rows.values_list("subject", "owner")) == {"a": "r2", "b": "", "c": ""}
    assert dict(rows.values_list("subject", "rule")) == {"a": "r1", "b": "r1", "c": "r2"}


def test_rows_without_a_key_are_replaced_as_a_whole(cast: Cast) -> None:
    kept = Kept(Clock, key=("subject_kind", "subject", "clock", "rule"), may_go={}, is_whole=True)
    rows = Clock.unscoped.filter(subject_kind="t")
    put(compare(kept, frame({("a", "x"): ("m", "r1"), ("b", "x"): ("m", "r1")}), rows))
    same = rows.get(subject="a").pk
    done = put(compare(kept, frame({("a", "x"): ("m", "r1"), ("b", "x"): ("m", "r2")}), rows))
    assert (done.changed, done.withdrawn) == (1, 1)
    assert rows.get(subject="a").pk == same and rows.get(subject="b").rule == "r2"
