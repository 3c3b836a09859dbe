"""Seats as people write them; the three readings (one text, a column, an engine) are one."""

import ibis
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engines.engine import open_session
from lianfang.kernel.vocabulary import VehicleKind
from lianfang.playbook.load import load
from lianfang.presences.core.seats import CREW, SeatRules, cabin, parse_seat, reach_of, read_seats, seat_row, seat_rules

KINDS = list(VehicleKind)
AIR, CLOSED, OPEN, _, COACH, SHIP = KINDS


@pytest.mark.parametrize(
    ("text", "vehicle", "read"),
    [
        ("12A", AIR, 12),
        ("12a", AIR, 12),
        ("１２Ａ", AIR, 12),
        (" 12 A ", AIR, 12),
        ("12", AIR, 12),
        ("12排C座", AIR, 12),
        ("第3排", COACH, 3),
        ("3B", COACH, 3),
        ("23", COACH, None),
        ("23号", COACH, None),
        ("05车12A", CLOSED, 12),
        ("3车12F号", CLOSED, 12),
        ("05车厢12A", CLOSED, 12),
        ("05车023号", CLOSED, None),
        ("7号铺", OPEN, 7),
        ("5车７号下铺", OPEN, 7),
        ("7", OPEN, 7),
        ("12A", OPEN, None),
        ("B203", SHIP, "B203"),
        ("b203 舱", SHIP, "B203"),
        ("Ｂ２０３号房", SHIP, "B203"),
        ("crew", AIR, CREW),
        ("Cabin crew", AIR, CREW),
        ("乘务员", CLOSED, CREW),
        ("机组成员", AIR, CREW),
        ("司机", COACH, CREW),
        ("乘务", SHIP, CREW),
        ("靠窗", AIR, None),
        ("", AIR, None),
        (None, SHIP, None),
        ("12AB", AIR, None),
        ("1234A", AIR, None),
    ],
)
def test_how_a_seat_is_read(text, vehicle, read):
    assert parse_seat(text, vehicle) == read


def test_without_a_vehicle_kind_whatever_gives_a_number_is_read():
    assert [parse_seat(text) for text in ("12A", "05车12A", "3车12F号", "7号铺", "7", "crew", "B203")] == [
        12,
        12,
        12,
        7,
        7,
        CREW,
        None,
    ]


PIECES = [
    "1",
    "12",
    "005",
    "７",
    "A",
    "f",
    "Ｂ",
    "车",
    "车厢",
    "排",
    "座",
    "号",
    "铺",
    "下铺",
    "第",
    "舱",
    " ",
    "\u3000",
]
PIECES += ["crew", "CABIN", "乘务", "员", "司机", "é", "-", "B203", "无座"]
texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


@pytest.fixture(scope="module")
def session():
    with open_session(threads=1) as opened:
        yield opened


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.none() | texts, st.sampled_from([None, *KINDS])), min_size=200, max_size=400))
def test_a_column_and_an_engine_read_like_one_text(session, rows):
    frame = pl.DataFrame(
        {
            "n": range(len(rows)),
            "seat": [text for text, _ in rows],
            "vehicle": [kind and kind.value for _, kind in rows],
            "place_kind": "vehicle",
        },
        schema_overrides={"seat": pl.String, "vehicle": pl.String},
    )
    every = SeatRules({kind: 0 if kind is SHIP else 3 for kind in KINDS})
    engine = session.to_polars(read_seats(ibis.memtable(frame), every)).sort("n")
    column = frame.with_columns(row=seat_row(), cabin=cabin())
    assert column.schema["row"] == pl.Int32
    for (text, kind), row, name, told in zip(
        rows, column["row"], column["cabin"], engine.select("row", "cabin").rows(), strict=True
    ):
        expected = None if kind is None else parse_seat(text, kind)
        if isinstance(expected, str):
            assert (row, name) == (0, expected)
        else:
            assert (row, name) == (expected, None)
        assert told == (row, name or told[1])
        assert name or told[0] != 0 or kind is not SHIP


def test_the_ninth_edition_rules_on_seats_and_the_eighth_does_not():
    nine = seat_rules(load("covid19-cn-9"))
    assert nine.reach == {
        VehicleKind.AIRCRAFT: 3,
        VehicleKind.TRAIN_CLOSED: None,
        VehicleKind.TRAIN_OPEN: 1,
        VehicleKind.COACH_CLOSED: None,
        VehicleKind.COACH_VENTILATED: 3,
        VehicleKind.SHIP: 0,
    }
    assert nine.crew == {VehicleKind.AIRCRAFT, VehicleKind.COACH_VENTILATED, VehicleKind.SHIP}
    assert reach_of(load("covid19-cn-8")) == {}
