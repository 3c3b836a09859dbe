"""Whom to call first: the worked example of the page, laws of the score, and the plain telling."""

import datetime as dt
import random
import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.load import load
from lianfang.tracing.core.priority import (
    SHARES,
    born_by,
    parts_of,
    ranked,
    score_of,
    settings_of,
    weights_of,
    words_of,
)

RULE = load("covid19-cn-9").priority
PAGE = Path(__file__).resolve().parents[5] / "docs" / "algorithms" / "ranking.md"
AS_OF = dt.datetime(2022, 8, 10, 9)


def people_of(rows):
    return pl.DataFrame(
        rows,
        schema={
            "person_id": pl.String,
            "minutes": pl.Float64,
            "setting": pl.Float64,
            "last_contact": pl.Datetime("us"),
            "birth_date": pl.Date,
            "special": pl.String,
        },
        orient="row",
    )


def score_slowly(row, rule, as_of):
    """The score of one person, from the words of the page."""
    minutes, setting, last, born, special = row[1:]
    intensity = minutes / (minutes + rule.half_minutes) if minutes else rule.not_known
    if last is None:
        recency = rule.not_known
    else:
        recency = 0.5 ** (min(max((as_of.date() - last.date()).days, 0), 30) / rule.half_days)
    age = None
    if born is not None:
        had_birthday = (as_of.month, as_of.day) >= (born.month, born.day)
        age = as_of.year - born.year - (0 if had_birthday else 1)
    vulnerable = [band.share for band in rule.ages if age is not None and age >= band.from_age]
    vulnerable.append(rule.special.get(special, 0.0))
    return (
        rule.intensity * intensity
        + rule.setting * (setting or 0.0)
        + rule.recency * recency
        + rule.vulnerability * max(vulnerable)
    )


def random_person(chance, number):
    return (
        f"p{number}",
        chance.choice([None, 0.0, 1.0, 15.0, 60.0, 600.0]),
        chance.choice([None, 0.0, 0.4, 1.0]),
        chance.choice([None, AS_OF + dt.timedelta(hours=chance.randrange(-1000, 20))]),
        chance.choice([None, dt.date(chance.randrange(1930, 2022), chance.randint(1, 12), chance.randint(1, 28))]),
        chance.choice([None, "pregnant", "child", "illness", "unheard"]),
    )


@given(st.integers(0, 2**32))
def test_the_order_is_that_of_the_plain_telling(seed):
    chance = random.Random(seed)
    rows = [random_person(chance, number) for number in range(12)]
    got = ranked(people_of(rows), rule=RULE, as_of=AS_OF)
    expected = {row[0]: score_slowly(row, RULE, AS_OF) for row in rows}
    for row in got.iter_rows(named=True):
        assert row["score"] == pytest.approx(expected[row["person_id"]], abs=1e-12)
        assert row["score"] == pytest.approx(score_of(parts_of(row, RULE)) / 100)
        assert all(0 <= row[name] <= 1 for name in SHARES)
    assert got["score"].to_list() == sorted(got["score"], reverse=True)
    shuffled = people_of(chance.sample(rows, len(rows)))
    assert ranked(shuffled, rule=RULE, as_of=AS_OF).equals(got), "the order of the rows changes nothing"


@given(st.integers(0, 2**32), st.sampled_from(["minutes", "last_contact", "birth_date"]))
def test_more_of_anything_never_lowers_the_score(seed, what):
    """Longer, later and older: each is called no later for it, and nothing else moves it."""
    row = dict(zip(people_of([]).columns, random_person(random.Random(seed), 0), strict=True))
    if not row[what] or (what == "last_contact" and row[what] > AS_OF):
        return
    more = {"minutes": 5.0, "last_contact": dt.timedelta(days=1), "birth_date": dt.timedelta(days=-4000)}[what]
    other = {**row, what: row[what] + more, "person_id": "q"}
    score = ranked(people_of([tuple(row.values()), tuple(other.values())]), rule=RULE, as_of=AS_OF)
    by_person = dict(score.select("person_id", "score").rows())
    assert by_person["q"] >= by_person["p0"] - 1e-12


def test_the_heaviest_setting_counts_and_the_second_degree_less():
    rows = [("a", 1, "venue"), ("a", 1, "meal"), ("b", 2, "dwelling"), ("c", 2, "vehicle"), ("c", 1, "other")]
    frame = pl.DataFrame(rows, schema=["person_id", "degree", "place_kind"], orient="row")
    assert dict(settings_of(frame, RULE).rows()) == {"a": 0.8, "b": 0.5, "c": 0.3}


def test_the_weights_share_out_a_whole():
    for book in ("covid19-cn-8", "covid19-cn-9", "covid19-cn-8-local-2021-08"):
        rule = load(book).priority
        assert sum(weights_of(rule).values()) == pytest.approx(1)
        assert set(rule.by_place_kind) == set(PlaceKind)


@pytest.mark.parametrize(
    ("today", "age", "born"),
    [
        (dt.date(2022, 8, 10), 60, dt.date(1962, 8, 10)),
        (dt.date(2024, 2, 29), 60, dt.date(1964, 2, 29)),
        (dt.date(2024, 2, 29), 61, dt.date(1963, 2, 28)),
    ],
)
def test_whoever_has_an_age_today_was_born_by(today, age, born):
    assert born_by(today, age) == born


def table(text, heading):
    lines = text[text.index(heading) :].split("\n\n")[1].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def test_the_worked_example_of_the_page():
    text = PAGE.read_text("utf-8")
    assert f"as of {AS_OF:%Y-%m-%d}" in text
    rows = []
    for person, minutes, kinds, degree, last, born, special in table(text, "**Contacts.**")[1:]:
        met = pl.DataFrame(
            [(person, int(degree), kind) for kind in kinds.split(", ")],
            schema=["person_id", "degree", "place_kind"],
            orient="row",
        )
        rows.append(
            (
                person,
                float(minutes) if minutes else None,
                settings_of(met, RULE)["setting"].item(),
                dt.datetime.fromisoformat(last) if last else None,
                dt.date.fromisoformat(born) if born else None,
                special or None,
            )
        )
    got = ranked(people_of(rows), rule=RULE, as_of=AS_OF)
    shown = [
        [r["person_id"], *(f"{r[name]:.2f}" for name in SHARES), f"{100 * r['score']:.1f}"]
        for r in got.iter_rows(named=True)
    ]
    assert shown == table(text, "**Shares and score.**")[1:]


def test_the_words_say_each_share_its_weight_and_points():
    row = {"intensity": 0.5, "setting": 0.8, "recency": 1.0, "vulnerability": 0.0}
    words = words_of(parts_of(row, RULE))
    assert words.en == (
        "Intensity 0.50 × 35 = 17.5; Setting 0.80 × 30 = 24.0; Recency 1.00 × 20 = 20.0; Vulnerability 0.00 × 15 = 0.0"
    )
    assert words.zh.startswith("接触强度 0.50×35=17.5、场所") and not re.search(r"[{}]", words.zh)
