"""What a predicate means where something is not known, in frames and for single rows."""

import datetime as dt
from types import SimpleNamespace

import polars as pl
import pytest

from lianfang.kernel.figures import Figure, ListLink, count_in_frame, count_in_frame_by
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.kernel.where import AT, DAY, EVERY, NOTHING, Param, W, Where, absent

NOON = dt.datetime(2021, 8, 5, 12)


def kept(where: Where, rows: list[dict], **params) -> list[bool]:
    """Ask each row, as a mapping, as an object and as a row of a frame; the three agree."""
    frame = pl.DataFrame(rows, infer_schema_length=None)
    names = params.pop("names", None)
    by_frame = frame.select(pl.repeat(True, pl.len()) & where.polars(names=names, **params)).to_series().to_list()
    by_row = [where.holds(row, **params) for row in rows] if names is None else by_frame
    by_object = [where.holds(SimpleNamespace(**row), **params) for row in rows] if names is None else by_frame
    assert by_frame == by_row == by_object
    return by_frame


TEXTS = [{"x": "a"}, {"x": "b"}, {"x": None}, {"x": ""}]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (W("x").eq("a"), [True, False, False, False]),
        (~W("x").eq("a"), [False, True, True, True]),
        (W("x").ne("a"), [False, True, False, False]),
        (~W("x").ne("a"), [True, False, True, True]),
        (W("x").is_in(["a", None, ""]), [True, False, False, False]),
        (~W("x").is_in(["a"]), [False, True, True, True]),
        (W("x").is_in([]), [False] * 4),
        (W("x").starts_with("a"), [True, False, False, False]),
        (~W("x").starts_with("a"), [False, True, True, True]),
        (W("x").blank(), [False, False, True, True]),
        (~W("x").blank(), [True, True, False, False]),
        (W("x").eq(Param("p")), [False] * 4),
        (~W("x").eq(Param("p")), [True] * 4),
        (W("x").ne(Param("p")), [False] * 4),
        (W("x").starts_with(Param("p")), [False] * 4),
        (W("x").is_in(Param("p")), [False] * 4),
        (EVERY, [True] * 4),
        (NOTHING, [False] * 4),
        (~NOTHING & ~W("x").eq("a") | NOTHING, [False, True, True, True]),
    ],
)
def test_what_is_not_known_is_no_match_and_its_negation_is_one(where: Where, expected: list[bool]) -> None:
    assert kept(where, TEXTS, p=None) == expected
    assert kept(~where, TEXTS, p=None) == [not one for one in expected]


def test_times_days_and_lists_of_days() -> None:
    hour = dt.timedelta(hours=1)
    rows = [{"t": NOON}, {"t": NOON + hour}, {"t": None}]
    assert kept(W("t").le(AT), rows, at=NOON) == [True, False, False]
    assert kept(W("t").gt(AT), rows, at=NOON) == [False, True, False]
    assert kept(W("t").lt(AT - hour), rows, at=NOON + 2 * hour) == [True, False, False]
    assert kept(W("t").null(), rows) == [False, False, True]
    today = W("t").ge(DAY.midnight()) & W("t").lt(DAY.midnight() + dt.timedelta(days=1))
    assert kept(today, rows, day=dt.date(2021, 8, 5)) == [True, True, False]
    assert kept(today, rows, day=dt.date(2021, 8, 4)) == [False, False, False]
    days = [{"d": [dt.date(2021, 8, 5)]}, {"d": []}, {"d": None}]
    assert kept(W("d").has_day(DAY), days, day=dt.date(2021, 8, 5)) == [True, False, False]
    assert kept(~W("d").has_day(DAY), days, day=dt.date(2021, 8, 5)) == [False, True, True]
    assert W("d").has_day(DAY).holds({"d": ["2021-08-05"]}, day=dt.date(2021, 8, 5))


def test_a_frame_may_call_a_field_otherwise_or_lack_it() -> None:
    where = W("kind").eq(Decision.ACCEPTED) & W("done_at").null()
    frame = pl.DataFrame({"measure": ["accepted", "refused"]})
    assert frame.filter(where.polars(names={"kind": "measure", "done_at": pl.lit(None)})).height == 1
    assert where.fields() == {"kind", "done_at"}
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        frame.filter(where.polars())


def test_a_row_is_walked_along_its_way() -> None:
    where = W("area__path").starts_with("33/")
    assert where.holds(SimpleNamespace(area=SimpleNamespace(path="33/01/")))
    assert not where.holds(SimpleNamespace(area=None))
    with pytest.raises(AttributeError):
        where.holds(SimpleNamespace())


def test_what_cannot_mean_anything_is_refused() -> None:
    with pytest.raises(TypeError, match="needs the parameter 'at'"):
        W("t").le(AT).polars()
    with pytest.raises(TypeError, match="no order"):
        W("x").lt("b")
    with pytest.raises(TypeError, match="no order"):
        W("x").lt(Param("p")).holds({"x": "a"}, p="b")
    with pytest.raises(TypeError, match="a time is compared with a time"):
        W("t").eq(DAY).holds({"t": NOON}, day=NOON.date())
    with pytest.raises(TypeError, match="contains a day"):
        W("d").has_day(AT).polars(at=NOON)
    with pytest.raises(ValueError, match="NaN"):
        W("n").eq(float("nan"))
    with pytest.raises(TypeError, match="no truth value"):
        bool(W("x").eq("a") and W("x").eq("b"))


def test_a_predicate_says_itself_in_both_languages() -> None:
    where = W("decision").eq("accepted") & (W("end").null() | W("end").gt(AT)) & ~W("kind").is_in(["none", "testing"])
    labels = {"decision": Text("决定", "the decision")}
    assert where.describe(labels) == Text(
        "决定为accepted且(end未知或end > at)且非（kind为none、testing之一）",
        "the decision is accepted and (end is not known or end > at) and not (kind is one of none, testing)",
    )
    assert W("x").not_null().describe().en == (~W("x").blank()).describe().en == "x is known"
    assert W("t").lt(DAY.midnight() - dt.timedelta(hours=2)).describe().en == "t < day 00:00 - 2:00:00"


def test_the_same_predicate_is_equal_and_can_be_a_key() -> None:
    assert W("x").eq("a") & W("y").null() == W("x").eq("a") & W("y").null()
    assert len({W("x").is_in(["a"]), W("x").is_in(["a"]), ~~W("x").is_in(["a"])}) == 1


def test_a_figure_counts_rows_or_people_in_all_and_in_groups() -> None:
    def figure(by) -> Figure:
        return Figure("x", Text("", ""), Text("", ""), "a.B", W("ok").eq(True), by=by)

    frame = pl.DataFrame(
        {"person_id": ["p", "p", "q", "r"], "ok": [True, True, True, False], "town": ["1", "1", "2", None]}
    )
    assert count_in_frame(figure("row"), frame) == 3
    assert count_in_frame(figure("person"), frame) == 2
    assert count_in_frame_by(figure("row"), frame, "town") == {"1": 2, "2": 1, None: 0}
    assert count_in_frame_by(figure("person"), frame, "town") == {"1": 1, "2": 1, None: 0}


def test_the_filters_of_a_list_name_the_time_of_counting() -> None:
    link = ListLink("a-list", "a.view", {"in_force_at": "{at}", "on": "{day}", "counted": "yes"})
    assert link.query(at=NOON, timespec="minutes") == {
        "in_force_at": "2021-08-05T12:00",
        "on": "2021-08-05",
        "counted": "yes",
    }
    assert ListLink("a-list", "a.view", {"counted": "yes"}).query() == {"counted": "yes"}


def test_what_a_frame_has_no_column_of_is_asked_of_each_row_however_many_there_are() -> None:
    for rows in (0, 1, 100_000):
        frame = pl.DataFrame({"n": range(rows)}, schema={"n": pl.Int64})
        for value, kept in ((None, rows), ("refused", 0)):
            where = ~W("decision").eq("refused")
            assert frame.filter(where.polars(names=absent(frame, decision=value))).height == kept
