"""Clocks through the doors and the page: started once, moved while they run, stopped by those who may, with undo."""

import datetime as dt
import re
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import Cast
from lianfang.access.times import now
from lianfang.headquarters import selectors, services
from lianfang.headquarters.tests.shell.county import add_case, add_outbreak
from lianfang.kernel.errors import Refused
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change
from lianfang.records.models import Clock
from lianfang.records.seen import mark_of

pytestmark = pytest.mark.database

TASK = system_scope("test")
START = dt.datetime(2021, 8, 5, 9)


def frame(*rows: tuple[str, str, dt.datetime, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "case_id": case,
                "clock": clock,
                "starts": start,
                "due": start + dt.timedelta(hours=h),
                "rule": f"clock.{clock}",
            }
            for case, clock, start, h in rows
        ]
    )


def start(*rows: tuple[str, str, dt.datetime, float]) -> int:
    return services.start_clocks(clocks=frame(*rows), outbreak="OB1", by=TASK, at=now())


@pytest.fixture
def county(cast: Cast) -> Cast:
    add_outbreak("OB1")
    add_case("C1", "OB1", "330999001001001")
    add_case("C2", "OB1", "330999002001")
    return cast


def test_starting_twice_changes_nothing_and_a_moved_start_moves_a_running_clock(county: Cast) -> None:
    assert start(("C1", "on_site", START, 2), ("C2", "on_site", START, 2)) == 2
    assert start(("C1", "on_site", START, 2), ("C2", "on_site", START, 2)) == 0
    later = START + dt.timedelta(hours=5)
    assert start(("C1", "on_site", later, 2), ("C2", "on_site", START, 2)) == 1
    frame_now = selectors.clocks_frame("OB1", TASK)
    assert frame_now["due"].to_list() == [later + dt.timedelta(hours=2), START + dt.timedelta(hours=2)]
    assert frame_now["jurisdiction"].to_list() == ["330999001001001", "330999002001"]


def test_a_stopped_clock_stays_as_it_was_stopped(county: Cast) -> None:
    start(("C1", "on_site", START, 2))
    clock = selectors.clock_rows(TASK).get()
    carry_out(act="clock.stop", keys=[clock.pk], by=county.investigator, at=now())
    assert start(("C1", "on_site", START + dt.timedelta(hours=9), 2)) == 0
    again = selectors.clock_rows(TASK).get()
    assert (again.due, again.done_by) == (clock.due, county.investigator)


def test_clocks_that_are_not_to_run_any_more_go_where_all_are_told(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C1", "core_facts", START, 4), ("C2", "on_site", START, 2))
    stopped = selectors.clocks_of_case("C2", TASK)[0]
    carry_out(act="clock.stop", keys=[stopped.pk], by=county.investigator, at=now())
    told, facts = frame(("C1", "on_site", START, 2)), {"outbreak": "OB1", "by": TASK, "at": now()}
    assert services.to_store(told, **facts, complete=False).gone == []
    ready = services.to_store(told, **facts)
    assert services.store(ready, by=TASK, at=now()).total == 1
    assert [(c.subject, c.clock) for c in selectors.clock_rows(TASK).order_by("subject")] == [
        ("C1", "on_site"),
        ("C2", "on_site"),
    ], "what somebody stopped stays"
    from lianfang.cases.models import Case

    Case.unscoped.filter(pk="C1").update(classification="excluded")
    ready = services.to_store(frame(("C2", "on_site", START, 2)), **facts)
    assert ready.gone == [], "excluding a case takes nothing away"


def test_a_case_of_another_outbreak_starts_no_clock(county: Cast) -> None:
    with pytest.raises(Refused, match="report the case first"):
        start(("C1", "on_site", START, 2), ("nobody", "on_site", START, 2))
    assert not selectors.clock_rows(TASK).exists()


def test_stopping_is_undone_as_one(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C1", "core_facts", START, 4), ("C2", "on_site", START, 2))
    ids = [clock.pk for clock in selectors.clocks_of_case("C1", TASK)]
    change = carry_out(act="clock.stop", keys=ids, by=county.commander, at=now()).change
    assert selectors.in_state(selectors.clock_rows(TASK), "done", now()).count() == 2
    undo_change(change_id=change.pk, by=county.commander, at=now())
    assert selectors.in_state(selectors.clock_rows(TASK), "done", now()).count() == 0


def test_who_may_not_stop_and_what_lies_elsewhere_is_refused(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C2", "on_site", START, 2))
    first, second = selectors.clock_rows(TASK).order_by("subject")
    with pytest.raises(Refused, match="role"):
        carry_out(act="clock.stop", keys=[first.pk], by=county.grid_worker, at=now())
    with pytest.raises(Refused, match="area"):
        carry_out(act="clock.stop", keys=[first.pk, second.pk], by=county.township_officer, at=now())
    carry_out(act="clock.stop", keys=[first.pk], by=county.township_officer, at=now())
    with pytest.raises(Refused, match="already"):
        carry_out(act="clock.stop", keys=[first.pk], by=county.investigator, at=now())


def test_scope_and_excluded_cases(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C2", "on_site", START, 2))
    seen = {
        name: [c.subject for c in selectors.clock_rows(county.scope(name))]
        for name in ("township_officer", "neighbour")
    }
    assert seen == {"township_officer": ["C1"], "neighbour": []}
    assert not selectors.clock_rows(county.scope("stranger")).exists()
    from lianfang.cases.models import Case

    Case.objects.within(TASK).filter(pk="C2").update(classification="excluded")
    assert [c.subject for c in selectors.clock_rows(TASK)] == ["C1"]


def test_states_follow_from_due_and_done(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C1", "core_facts", START, 4))
    due = selectors.clock_rows(TASK).first().due
    rows = selectors.clock_rows(TASK)
    counts = {state: selectors.in_state(rows, state, due).count() for state in selectors.CLOCK_STATES}
    assert counts == {"running": 1, "overdue": 1, "paused": 0, "done": 0}, "at its due time a clock is over"


def test_the_list_filters_stops_and_takes_back(county: Cast, settings: Any) -> None:
    ahead = dt.datetime.now() + dt.timedelta(days=3)
    start(("C1", "on_site", START, 2), ("C1", "core_facts", ahead, 4), ("C2", "on_site", START, 2))
    client = county.client("investigator")
    page = client.get("/clocks/?state=overdue&township=330999001")
    assert page.context["count"] == 1
    assert page.context["table"].page.object_list.data[0].subject == "C1"
    assert client.get("/clocks/?case=C1").context["count"] == 2
    assert client.get("/clocks/?clock=on_site&outbreak=OB1").context["count"] == 2
    assert client.get("/clocks/?state=done").context["count"] == 0
    key = str(page.context["table"].page.object_list.data[0].pk)
    done = client.post(
        "/clocks/?state=overdue",
        {"action": "clock.stop", "keys": [key], "seen": [f"{key}:{mark_of(Clock.unscoped.get(pk=key))}"]},
        follow=True,
    )
    assert done.context["count"] == 1, "C2's is left"
    assert Clock.objects.within(TASK).get(pk=key).done_by == county.investigator
    undo = [m for m in done.context["messages"] if "undo:" in m.extra_tags]
    client.post(f"/account/undo/{undo[0].extra_tags.split('undo:')[1].split()[0]}/", {"next": "/clocks/"})
    assert Clock.objects.within(TASK).get(pk=key).done_at is None


def test_what_is_due_stands_before_what_is_done(county: Cast) -> None:
    start(("C1", "first", START, 1), ("C1", "second", START, 2), ("C2", "third", START, 3))
    first = selectors.clock_rows(TASK).get(clock="first")
    carry_out(act="clock.stop", keys=[first.pk], by=county.investigator, at=now())
    rows = county.client("investigator").get("/clocks/").context["table"].page.object_list.data
    assert [clock.clock for clock in rows] == ["second", "third", "first"]
    assert [clock.clock for clock in selectors.clocks_of_case("C1", TASK)] == ["first", "second"]


def test_the_list_asks_a_fixed_number_of_queries(county: Cast) -> None:
    client = county.client("investigator")

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/clocks/").status_code == 200
        return len(queries)

    start(("C1", "on_site", START, 2))
    client.get("/clocks/")
    few = asked()
    start(*[("C1", f"c{n}", START, n) for n in range(1, 20)], *[("C2", f"c{n}", START, n) for n in range(1, 20)])
    assert asked() == few


def test_a_grid_worker_reads_clocks_but_has_no_button(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C2", "on_site", START, 2))
    page = county.client("grid_worker").get("/clocks/")
    assert page.context["count"] == 1
    text = page.content.decode()
    assert 'name="action"' not in text and "/cases/C1/" not in text and "C1" in text
    assert county.client("auditor").get("/clocks/").status_code == 403


def test_every_clock_says_why_and_leads_to_its_rule(county: Cast) -> None:
    start(("C1", "on_site", START, 2), ("C1", "long_gone", START, 3))
    page = county.client("investigator").get("/clocks/").content.decode()
    assert "2小时，从" in page and "2小时内到达现场" in page
    address = re.search(r'href="(/[^"]*/rules/[^"]+clock.on_site/)"', page)
    assert address and county.client("grid_worker").get(address[1]).status_code == 200
    assert "long_gone" in page and "已不含规则 clock.long_gone" in page
