"""What rooms declare of their acts holds together, every act that is recorded is declared, and plans keep to it."""

import ast
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.apps import apps
from hypothesis import given
from hypothesis import strategies as st

from lianfang.access.core.roles import PERMISSIONS
from lianfang.house import ROOMS, acts, declared, subjects
from lianfang.kernel.declare import Act, load_named
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.services import plans
from lianfang.records.core.acts import Asked, sort_out

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "lianfang"
PLANNED = [act for act in acts().values() if act.plan]
AT = dt.datetime(2021, 8, 6, 1, tzinfo=dt.UTC)
CARRIES = {"carry_out", "prepare", "record_change", "_save"}


@pytest.mark.parametrize("act", acts().values(), ids=lambda act: act.code)
def test_an_act_names_what_is_there(act: Act) -> None:
    model = apps.get_model(act.subject)
    assert act.permission in PERMISSIONS and len(act.code) <= 40
    assert set(act.sets) <= {field.attname for field in model._meta.concrete_fields}
    assert act.label.zh and act.label.en and "{n}" in act.done.zh and "{n}" in act.done.one and "{n}" in act.done.many
    if act.check_undo:
        assert callable(load_named(act.check_undo))
    if act.plan:
        assert act.sets and callable(load_named(act.plan))
        subject = subjects()[act.subject.lower()]
        assert callable(load_named(subject.said))
        assert not subject.renewed or callable(load_named(subject.renewed))
    assert sum(one.code == act.code for room in declared().values() for one in room.acts) == 1


def test_followers_stand_in_the_room_of_what_they_follow_or_right_of_it() -> None:
    room_of = {act.code: name for name, room in declared().items() for act in room.acts}
    found = [(name, one) for name, room in declared().items() for one in room.followers]
    assert {(one.after, one.act) for _, one in found} >= {
        ("contact.accept", "measure.order"),
        ("contact.refuse", "measure.withdraw"),
    }
    for name, one in found:
        assert room_of[one.act] == name and acts()[one.act].plan and acts()[one.after].plan
        assert ROOMS.index(room_of[one.after]) <= ROOMS.index(name)
        assert callable(load_named(one.rows))


def recorded(text: str) -> list[str]:
    """Return the codes that a module hands to whatever records a change."""
    return [
        word.value.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and _name(node.func) in CARRIES
        for word in node.keywords
        if word.arg == "act" and isinstance(word.value, ast.Constant)
    ]


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def test_every_act_that_is_recorded_is_declared() -> None:
    assert recorded("changes.record_change(by=by, at=at, act='person.merge', rows=rows)") == ["person.merge"]
    sources = [path for path in PACKAGE.rglob("*.py") if "tests" not in path.parts]
    found = {code for path in sources for code in recorded(path.read_text("utf-8"))}
    assert {"case.change", "case.classify", "interview.correct", "measure.change"} <= found
    assert found <= set(acts()), f"declare these in their room.py: {sorted(found - set(acts()))}"


CONDITIONS = {"with conditions": Text("两次阴性", "two negatives")}
ORDER = {"kind": "home_quarantine", "place_class": "home", "start": "2021-08-06T09:00", "end": "2021-08-10T00:00"}
MOMENT = st.none() | st.just(AT - dt.timedelta(hours=1))
ROW = st.builds(
    SimpleNamespace,
    decision=st.sampled_from(Decision.codes()),
    decision_note=st.sampled_from(["", "已通知"]),
    category=st.sampled_from(["close_contact", "general_contact", "case"]),
    outbreak_id=st.just("O"),
    person_id=st.sampled_from(["accepted", "proposed"]),
    playbook=st.sampled_from(["with conditions", "without"]),
    rule=st.just("r"),
    located_at=MOMENT,
    done_at=MOMENT,
    due=st.just(AT + dt.timedelta(hours=1)),
    paused_at=MOMENT,
    pause_reason=st.sampled_from(["", "在境外"]),
    held_seconds=st.integers(0, 7200),
    escalated_to=st.sampled_from(["", "理由", "市疾控中心"]),
    released_at=MOMENT,
    kind=st.sampled_from(["home_quarantine", "central_quarantine"]),
    place_class=st.just("home"),
    start=st.just(AT),
    end=st.none() | st.integers(-2, 9).map(lambda days: AT + dt.timedelta(days=days)),
    test_dates=st.just(["2021-08-08"]),
    changed_from=st.none(),
    new_proposal=st.none()
    | st.just({"withdrawn": True, "at": "2021-08-06T09:00:00+08:00"})
    | st.just(ORDER | {"test_dates": []}),
    started_on=st.sampled_from([dt.date(2021, 8, 6), dt.date(2021, 8, 7)]),
    ended_on=st.none() | st.just(dt.date(2021, 8, 5)),
    infectee_id=st.sampled_from(["C-1", "C-2"]),
    verdict=st.sampled_from(["", "confirmed", "refused"]),
)


@pytest.mark.parametrize("act", PLANNED, ids=lambda act: act.code)
@given(rows=st.lists(ROW, max_size=12), allowed=st.booleans(), category=st.sampled_from(["close_contact", "x"]))
def test_a_plan_answers_every_row_and_sets_what_is_declared(act: Act, rows, allowed, category) -> None:
    accepted = patch.object(plans, "accepted_contacts", lambda people: {("O", "accepted")} if people else set())
    with accepted, patch.object(plans, "conditions_by_rule", lambda: lambda book, rule: CONDITIONS.get(book)):
        _answers_every_row(act, rows, allowed, category)


def _answers_every_row(act: Act, rows, allowed, category) -> None:
    before = [dict(vars(row)) for row in rows]
    given_with = ORDER if act.code == "measure.change" else {"category": category}
    asked = Asked(7, AT, "理由", given_with, lambda permission: allowed)
    try:
        answers = load_named(act.plan)(rows, asked)
    except Refused:
        assert category == "x" and act.given == ("category",)
        return
    found = sort_out(answers, rows=len(rows), sets=act.sets)
    assert len(found.changed) + len(found.left) + len(found.refused) == len(rows)
    assert [dict(vars(row)) for row in rows] == before, "a plan changes nothing itself"
    for place, values in found.changed:
        row = SimpleNamespace(**{**vars(rows[place]), **values})
        assert vars(row) != vars(rows[place]), "what is changed says something else than before"
        again = load_named(act.plan)([row], asked)[0]
        assert again is None or not isinstance(again, dict), "done twice is done once"
