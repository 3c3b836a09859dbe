"""Who must do what, where, from when until when, on which test days, and why: the playbook's measures on facts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import polars as pl

from lianfang.kernel.schema import Column, Schema
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category, MeasureKind, PlaceClass
from lianfang.measures.core.reasons import (
    PREVIOUS_END,
    Words,
    nothing_asked_reason,
    nothing_left_reason,
    over_reason,
    period_reason,
)
from lianfang.playbook.describe import FACT_LABELS
from lianfang.playbook.model import FACTS_IN_WHEN, ClockStart, MeasureRule, Playbook

TIMES: tuple[ClockStart, ...] = (
    "last_exposure",
    "left_area",
    "entered_at",
    "found_at",
    "in_quarantine_since",
    "onset_date",
    "sampled_at",
    "diagnosed_at",
    "reported_at",
    "isolated_at",
    "discharged_at",
)
WORDS = ("person_id", "category", "origin_risk", "special", "symptomatic", "severity", "linked_tests", "own_tests")
FACTS: dict[str, pl.DataType] = {
    **{name: pl.String() for name in WORDS[:2]},
    **{name: pl.Datetime("us") for name in TIMES},
    **{name: pl.String() for name in WORDS[2:]},
}
"""Columns of the facts; one that is absent is empty."""

_CHOICES = {
    "category": tuple(Category.codes()),
    "origin_risk": ("high", "medium", "low"),
    "symptomatic": ("yes", "no"),
}
FACTS_TABLE = Schema(
    "facts",
    tuple(
        Column(
            name,
            "moment" if name in TIMES else "choice" if name in _CHOICES else "text",
            required=name in ("person_id", "category"),
            choices=_CHOICES.get(name, ()),
        )
        for name in FACTS
    ),
)
"""The facts as a file."""

MEASURES: dict[str, pl.DataType] = {
    "person_id": pl.String(),
    "category": pl.String(),
    "measure": pl.String(),
    "place_class": pl.String(),
    "start": pl.Datetime("us"),
    "end": pl.Datetime("us"),
    "clock_from": pl.String(),
    "clock_at": pl.Datetime("us"),
    "test_dates": pl.List(pl.Date()),
    "rule": pl.String(),
    "reason_zh": pl.String(),
    "reason_en": pl.String(),
    "playbook": pl.String(),
}
"""Columns of the measures, in their order."""

REFUSED: dict[str, pl.DataType] = {
    name: pl.String() for name in ("person_id", "category", "fact", "reason_zh", "reason_en")
}
"""Columns of the facts that could not be decided, in their order."""


@dataclass(frozen=True)
class Decided:
    """The measures of everybody, and whom no measure could be decided for.

    Attributes
    ----------
    measures : pl.DataFrame
        Columns `MEASURES`: one row a person and period, sorted by person, start and rule.
    refused : pl.DataFrame
        Columns `REFUSED`: one row a row of facts that lacks what its rule needs, with the name of the fact.
    """

    measures: pl.DataFrame
    refused: pl.DataFrame


def decide(facts: pl.DataFrame, *, playbook: Playbook, as_of: dt.datetime) -> Decided:
    """Decide the measures of many people at once.

    Of the rules without `after` the first whose category and `when` fit opens a person's chain of periods; of the rules
    `after` it the first that fits follows, and so on. A condition on an empty fact does not fit; where no rule fits and
    one would if an empty fact were known, the row is refused with the name of that fact.

    A period ends (half open) at 00:00 of the day ``clock day + days``, one day later where the playbook counts the day
    after the clock start as day 1. It starts with its clock, but not before the person was found: days that had passed
    by then are not served again, a period that was over by then is left out and the next one follows, and test days
    before the start fall away. Where nothing is left, one row of measure ``none`` says so.

    Parameters
    ----------
    facts : pl.DataFrame
        One row a person and category. Columns are those of `FACTS`; any may be absent. Times are naive and local; a
        date counts as its 00:00. Tests are written ``2021-08-06:neg;2021-08-09:pos``.
    playbook : Playbook
        Its sections `measures` and `counting` are used.
    as_of : datetime.datetime
        Naive local time of the decision; a row of measure ``none`` starts there where nothing else dates it.

    Returns
    -------
    Decided
        Every row of facts is in `measures` or in `refused`, never in both.
    """
    frame = _conform(facts)
    frame, refused = _well_formed(frame)
    frame, unmatched = _with_chain(frame, playbook)
    refused.append(unmatched)

    stages = [name for name in frame.columns if name.startswith("_stage")]
    rules = {rule.id: rule for rule in playbook.measures}
    inner = [*frame.columns, "_previous_end", "_over_zh", "_over_en"]
    day_one = {start: rule.day_one for rule in reversed(playbook.counting) for start in rule.clock_from}
    frame = frame.with_columns(
        pl.lit(None, pl.Datetime("us")).alias("_previous_end"),
        pl.lit(None, pl.String()).alias("_over_zh"),
        pl.lit(None, pl.String()).alias("_over_en"),
    )
    kept: list[pl.DataFrame] = []
    over: list[pl.DataFrame] = []
    for number, stage in enumerate(stages):
        following = stages[number + 1] if number + 1 < len(stages) else None
        carried: list[pl.DataFrame] = []
        for (rule_id,), rows in frame.filter(pl.col(stage).is_not_null()).partition_by(stage, as_dict=True).items():
            rule = rules[str(rule_id)]
            if rule.measure == MeasureKind.NONE:
                kept.append(_as_measures(_nothing(rows, nothing_asked_reason(rule), as_of), rule))
                continue
            rows = _clocked(rows, rule)
            started = pl.col("clock_at").is_not_null()
            if rule.after is None:
                refused.append(_refuse(rows.filter(~started), str(rule.clock_from), _MISSING_CLOCK, rule))
            nexts = [one for one in playbook.measures if one.after == rule.id] if following else []
            rows = _dated(rows.filter(started), rule, day_one, nexts, following)
            served = pl.col("end").is_null() | (pl.col("start") < pl.col("end"))
            reason = period_reason(rule)
            kept.append(
                _as_measures(
                    rows.filter(served).with_columns(reason.zh.alias("reason_zh"), reason.en.alias("reason_en")), rule
                )
            )
            passed = over_reason(rule)
            rows = rows.with_columns(
                pl.when(~served).then(passed.zh).alias("_over_zh"),
                pl.when(~served).then(passed.en).alias("_over_en"),
                pl.col("end").alias("_previous_end"),
                pl.lit(rule.id).alias("_rule"),
            )
            over.append(rows.filter(~served).select(_LEFT))
            carried.append(rows.select(*inner))
        frame = pl.concat(carried) if carried else frame.clear()
    if over:
        # The last stage of a person comes last here; it carries the sentences of the stages before it.
        left = pl.concat(over).unique("_row", keep="last", maintain_order=True)
        left = left.join(pl.concat(kept).select("_row"), on="_row", how="anti")
        for (rule_id,), rows in left.partition_by("_rule", as_dict=True).items():
            kept.append(_as_measures(_nothing(rows, nothing_left_reason(), as_of), rules[str(rule_id)]))

    measures = pl.concat(kept) if kept else pl.DataFrame(schema={"_row": pl.UInt32(), **MEASURES})
    measures = measures.with_columns(pl.lit(playbook.name).alias("playbook"))
    return Decided(
        measures=measures.select(pl.col(name).cast(kind) for name, kind in MEASURES.items()).sort(
            "person_id", "category", "start", "rule"
        ),
        refused=pl.concat(refused).sort("person_id", "category", "fact", nulls_last=True),
    )


_LEFT = ("_row", "person_id", "category", "found_at", "clock_from", "clock_at", "_over_zh", "_over_en", "_rule")

_MISSING = Text(
    "缺少“{label}”({fact}),无法按规则确定措施;请补填",
    "the {label} ({fact}) is not known and the rule needs it; fill it in",
)
_MISSING_CLOCK = Text(
    "缺少“{label}”({fact}),规则“{title}”无法起算;请补填",
    'the {label} ({fact}) is not known, so "{title}" has no start; fill it in',
)
_NO_RULE = Text(
    "方案对这一类别、这些情况没有规定;请核对类别和来源地风险,或加用地方补充规定",
    "the playbook has no rule for this category and these facts; check them, or add a local overlay",
)
_BAD_TESTS = Text(
    "所关联密接的检测记录写法不对;应为 2021-08-06:neg;2021-08-09:pos",
    "the tests of the linked contact are not written as 2021-08-06:neg;2021-08-09:pos",
)
_TWICE = Text(
    "同一人同一类别有多行;只用第一行,请合并",
    "the same person and category stand twice; the first row is used, join them",
)
_NO_PERSON = Text("缺少人员编号;请补填", "the person's id is missing; fill it in")


def _conform(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the facts with every column, in its type; empty words as null; and the derived fact."""
    columns = []
    for name, kind in FACTS.items():
        if name not in facts.columns:
            columns.append(pl.lit(None, kind).alias(name))
        elif name in TIMES:
            given = pl.col(name)
            if facts.schema[name] == pl.String():
                given = given.str.strip_chars().str.to_datetime(time_unit="us", strict=False)
            columns.append(given.cast(pl.Datetime("us")).alias(name))
        else:
            words = pl.col(name).cast(pl.String()).str.strip_chars()
            columns.append(pl.when(words != "").then(words).alias(name))
    frame = facts.select(columns).with_row_index("_row")
    entries = pl.col("linked_tests").str.split(";").list.eval(pl.element().str.strip_chars().filter(pl.element() != ""))
    first_two = entries.list.sort().list.head(2)
    positive = first_two.list.eval(pl.element().str.ends_with(":pos")).list.any()
    return frame.with_columns(
        pl.when(positive)
        .then(pl.lit("yes"))
        .when(first_two.list.len() == 2)
        .then(pl.lit("no"))
        .alias("linked_positive"),
        entries.list.eval(~pl.element().str.contains(r"^\d{4}-\d{2}-\d{2}:(neg|pos)$")).list.any().alias("_bad_tests"),
    )


def _well_formed(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Split off rows that are not facts about one person in one category."""
    nameless = pl.col("person_id").is_null()
    twice = ~nameless & ~pl.struct("person_id", "category").is_first_distinct()
    bad = pl.col("_bad_tests").fill_null(False) & ~nameless & ~twice
    refused = [
        _refuse(frame.filter(nameless), "person_id", _NO_PERSON),
        _refuse(frame.filter(twice), "person_id", _TWICE),
        _refuse(frame.filter(bad), "linked_tests", _BAD_TESTS),
    ]
    return frame.filter(~nameless & ~twice & ~bad), refused


def _fits(rule: MeasureRule) -> list[pl.Expr]:
    return [pl.col(fact).is_in(values) for fact, values in rule.when.items()]


def _all(conditions: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(and_, conditions, pl.lit(True))


def _with_chain(frame: pl.DataFrame, playbook: Playbook) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add the rule of each stage (``_stage0``, ``_stage1`` …) and split off rows that no rule fits."""
    openers = [rule for rule in playbook.measures if rule.after is None]
    first = [
        pl.when((pl.col("category") == rule.category) & _all(_fits(rule))).then(pl.lit(rule.id)) for rule in openers
    ]
    frame = frame.with_columns(pl.coalesce([*first, pl.lit(None, pl.String())]).alias("_stage0"))

    # The first rule that would fit if its empty facts were known names the first of them.
    lacking: list[pl.Expr] = [pl.when(pl.col("category").is_null()).then(pl.lit("category"))]
    for rule in openers:
        if not rule.when:
            continue
        open_or_fits = [pl.col(fact).is_null() | pl.col(fact).is_in(values) for fact, values in rule.when.items()]
        missing = pl.coalesce(
            [
                *(pl.when(pl.col(fact).is_null()).then(pl.lit(fact)) for fact in FACTS_IN_WHEN if fact in rule.when),
                pl.lit(None, pl.String()),
            ]
        )
        lacking.append(pl.when((pl.col("category") == rule.category) & _all(open_or_fits)).then(missing))
    unmatched = frame.filter(pl.col("_stage0").is_null()).with_columns(
        pl.coalesce([*lacking, pl.lit(None, pl.String())]).alias("_fact")
    )
    refused = [_refuse(unmatched.filter(pl.col("_fact").is_null()), "category", _NO_RULE)]
    for (fact,), rows in unmatched.filter(pl.col("_fact").is_not_null()).partition_by("_fact", as_dict=True).items():
        # linked_positive is derived: what the user can fill in is the tests.
        refused.append(_refuse(rows, "linked_tests" if fact == "linked_positive" else str(fact), _MISSING))

    frame, number = frame.filter(pl.col("_stage0").is_not_null()), 0
    while True:
        stage = f"_stage{number}"
        follows = [
            pl.when((pl.col(stage) == rule.after) & _all(_fits(rule))).then(pl.lit(rule.id))
            for rule in playbook.measures
            if rule.after is not None
        ]
        number += 1
        frame = frame.with_columns(pl.coalesce([*follows, pl.lit(None, pl.String())]).alias(f"_stage{number}"))
        if frame[f"_stage{number}"].is_null().all():
            return frame.drop(f"_stage{number}"), pl.concat(refused)


def _starts(rule: MeasureRule) -> list[str]:
    return [rule.clock_from, *rule.otherwise_from] if rule.clock_from else []


def _clocked(rows: pl.DataFrame, rule: MeasureRule) -> pl.DataFrame:
    """Add what starts the count (``clock_from``) and when (``clock_at``); empty where nothing does."""
    starts = _starts(rule)
    names = [pl.when(pl.col(start).is_not_null()).then(pl.lit(start)) for start in starts]
    times = [pl.col(start) for start in starts]
    if rule.after is not None:
        names.append(pl.when(pl.col("_previous_end").is_not_null()).then(pl.lit(PREVIOUS_END)))
        times.append(pl.col("_previous_end"))
    return rows.with_columns(pl.coalesce(names).alias("clock_from"), pl.coalesce(times).alias("clock_at"))


def _dated(
    rows: pl.DataFrame,
    rule: MeasureRule,
    day_one: Mapping[ClockStart, str],
    nexts: list[MeasureRule],
    following: str | None,
) -> pl.DataFrame:
    """Add day 1, start, end and test dates of the period.

    ``_cut_by`` names the fact that ended the period before its term, where one did.
    """
    clock_day = pl.col("clock_at").dt.date()
    later = [start for start, day in day_one.items() if day == "next"]
    first_day = pl.when(pl.col("clock_from").is_in(later)).then(clock_day.dt.offset_by("1d")).otherwise(clock_day)
    planned = pl.lit(None, pl.Datetime("us"))
    if rule.days is not None:
        planned = pl.col("_first_day").dt.offset_by(f"{rule.days}d").cast(pl.Datetime("us"))
    cuts = [pl.lit(None, pl.Datetime("us"))]
    names = [pl.lit(None, pl.String())]
    for one in nexts:
        for start in _starts(one):
            hit = (pl.col(following or "") == one.id) & pl.col(start).is_not_null()
            cuts.insert(-1, pl.when(hit).then(pl.col(start)))
            names.insert(-1, pl.when(hit).then(pl.lit(start)))
    rows = rows.with_columns(
        first_day.alias("_first_day"), pl.coalesce(cuts).alias("_cut"), pl.coalesce(names).alias("_cut_by")
    )
    rows = rows.with_columns(
        pl.coalesce("_cut", planned).alias("end"), pl.max_horizontal("clock_at", "found_at").alias("start")
    )
    due = []
    for day in rule.tests:
        date = pl.col("_first_day").dt.offset_by(f"{day - 1}d")
        in_time = (date >= pl.col("start").dt.date()) & (pl.col("end").is_null() | (date < pl.col("end")))
        due.append(pl.when(in_time).then(date))
    dates = pl.concat_list(due).list.drop_nulls() if due else pl.lit([], pl.List(pl.Date()))
    return rows.with_columns(dates.alias("test_dates"))


def _nothing(rows: pl.DataFrame, reason: Words, as_of: dt.datetime) -> pl.DataFrame:
    """Return rows that say that nothing is asked, from when the person was found."""
    columns = {name: kind for name, kind in MEASURES.items() if name in ("clock_from", "clock_at")}
    return rows.with_columns(
        *(pl.lit(None, kind).alias(name) for name, kind in columns.items() if name not in rows.columns),
        pl.lit(MeasureKind.NONE.value).alias("_measure"),
        pl.coalesce("found_at", pl.lit(as_of, pl.Datetime("us"))).alias("start"),
        pl.lit(None, pl.Datetime("us")).alias("end"),
        pl.lit([], pl.List(pl.Date())).alias("test_dates"),
        reason.zh.alias("reason_zh"),
        reason.en.alias("reason_en"),
    )


def _as_measures(rows: pl.DataFrame, rule: MeasureRule) -> pl.DataFrame:
    nothing = "_measure" in rows.columns
    return rows.select(
        "_row",
        "person_id",
        "category",
        pl.lit(MeasureKind.NONE.value if nothing else rule.measure.value).alias("measure"),
        pl.lit(PlaceClass.ANYWHERE.value if nothing else rule.place_class.value).alias("place_class"),
        "start",
        "end",
        "clock_from",
        "clock_at",
        "test_dates",
        pl.lit(rule.id).alias("rule"),
        "reason_zh",
        "reason_en",
        pl.lit("").alias("playbook"),
    ).cast(pl.Schema(MEASURES))


def _refuse(rows: pl.DataFrame, fact: str, words: Text, rule: MeasureRule | None = None) -> pl.DataFrame:
    reason = words.format(
        label=FACT_LABELS.get(fact, Text(fact, fact)), fact=fact, title=rule.title.text if rule else ""
    )
    return rows.select(
        "person_id",
        "category",
        pl.lit(fact).alias("fact"),
        pl.lit(reason.zh).alias("reason_zh"),
        pl.lit(reason.en).alias("reason_en"),
    )
