"""Who must do what, where, from when until when, on which test days, and why: the playbook's measures on facts.

`docs/algorithms/measures.md` explains the steps with a worked example.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import MeasureKind, PlaceClass
from lianfang.measures.core.chain import stages, with_chain
from lianfang.measures.core.facts import REFUSED_ROWS, conform, left_out, refuse, well_formed, with_iso_times
from lianfang.measures.core.persons import one_a_category, that_count, unless_stricter
from lianfang.measures.core.reasons import (
    PREVIOUS_END,
    Words,
    nothing_asked_reason,
    nothing_left_reason,
    over_reason,
    period_reason,
    release_words,
    undated_reason,
)
from lianfang.measures.core.samples import DERIVED, at_of
from lianfang.playbook.model import ClockStart, MeasureRule, Playbook

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
    "conditions_zh": pl.String(),
    "conditions_en": pl.String(),
}
"""Columns of the measures, in their order."""

CONDITIONS = ("conditions_zh", "conditions_en")
"""What must hold before release, as the rule says it: nothing of it is stored, for the rule says it."""

_OVER: dict[str, pl.DataType] = {
    "_row": pl.UInt32(),
    "person_id": pl.String(),
    "category": pl.String(),
    "found_at": pl.Datetime("us"),
    "_known_at": pl.Datetime("us"),
    "clock_from": pl.String(),
    "clock_at": pl.Datetime("us"),
    "_over_zh": pl.String(),
    "_over_en": pl.String(),
    "_rule": pl.String(),
}
"""Columns of periods that were over before they could be served: what the row of who has nothing left is made of."""

_MISSING_CLOCK = Text(
    "缺少“{{label}}”（{{fact}}），规则“{title}”无法起算；请补填",
    'the {{label}} ({{fact}}) is not known, so "{title}" has no start; fill it in',
)


@dataclass(frozen=True)
class Decided:
    """The measures of everybody, and whom no measure could be decided for.

    Attributes
    ----------
    measures : pl.DataFrame
        Columns `MEASURES`: one row a person, category and period, sorted by person, category, start and rule.
    refused : pl.DataFrame
        Columns `facts.REFUSED`: one row a row of facts that could not be decided, with the name of the fact that is
        missing or wrong; sorted by person, category and fact, what is empty last.
    joined : pl.DataFrame
        ``person_id, category`` of the rows for which another row of the same person stands (`persons`).
    ahead : pl.DataFrame
        Columns `facts.REFUSED`: facts that lie after the time of reckoning and were left out of rows that were decided.
    """

    measures: pl.DataFrame
    refused: pl.DataFrame
    joined: pl.DataFrame
    ahead: pl.DataFrame


def decide(facts: pl.DataFrame, *, playbook: Playbook, as_of: dt.datetime) -> Decided:
    """Decide the measures of many people at once.

    Of the rules without `after` the first whose category and `when` fit opens a person's chain of periods; of the rules
    `after` it the first that fits follows, and so on. A condition on an empty fact does not fit; where no rule fits and
    one would if an empty fact were known, the row is refused with the name of that fact.

    A period ends (half open) at 00:00 of the day ``clock day + days``, one day later where the playbook counts the day
    after the clock start as day 1. It starts with its clock, but not before the person was found: days that had passed
    by then are not served again, a period that was over by then is left out and the next one follows, and test days
    before the start fall away; where the playbook says so, the day of the start is tested instead. A rule that holds
    because somebody tested positive starts no earlier than that day. Where nothing is left, one row of measure ``none``
    says so. A stage whose start is not known yet, such as the one after discharge, has no row; the reason of the period
    before it names it.

    Parameters
    ----------
    facts : pl.DataFrame
        One row a person; of several, those are decided that count (`persons`). Columns are those of
        `facts.FACT_COLUMNS`; any may be absent. Times are naive and local; a date counts as its 00:00. An exposure that
        ends at 00:00 belongs to the day before. Tests are written ``2021-08-06:neg;2021-08-09:pos``.
    playbook : Playbook
        Its sections `measures`, `counting` and `late_find` are used.
    as_of : datetime.datetime
        Naive local time of the decision; a row of measure ``none`` starts there where nothing else dates it. What lies
        after it has not happened: see `facts.PAST`.

    Returns
    -------
    Decided
        Every row of facts is in `measures`, in `refused` or in `joined`, and in one of them alone.
    """
    facts = with_iso_times(facts)
    frame, malformed = well_formed(conform(facts, as_of=as_of))
    frame, repeated = one_a_category(frame)
    told = frame.select("_row", "person_id", "category")
    frame, without_rule = with_chain(frame, playbook)
    frame = _with_known(frame, playbook)
    outcomes = _walk(frame, playbook, as_of)
    periods = pl.concat([_no_measures(), *(one.periods for one in outcomes)])
    nothing_left = _nothing_left(outcomes, periods, playbook, as_of)
    measures = pl.concat([periods, nothing_left])
    asking = measures.filter(pl.col("measure") != MeasureKind.NONE.value)["_row"]
    undecided = pl.concat([without_rule, *(one.refused for one in outcomes)])
    is_open = pl.col("_row").is_in(asking.implode())
    decidable = told.join(undecided, on="_row", how="anti")
    counting = that_count(decidable.with_columns(asks=is_open))
    # What could not be decided is told, unless something stricter was.
    left = unless_stricter(told.join(undecided, on="_row", how="semi"), counting)
    refused = pl.concat([malformed, undecided.join(left, on="_row", how="semi")])
    measures = measures.join(counting, on="_row", how="semi")
    one_way = pl.concat([counting.select(told.columns), left])
    joined = pl.concat([repeated.select(told.columns), told.join(one_way, on="_row", how="anti")])
    return Decided(
        measures=measures.drop("_row").sort("person_id", "category", "start", "rule"),
        refused=_sorted(refused),
        joined=joined.drop("_row").sort("person_id", "category"),
        ahead=_sorted(
            left_out(facts, as_of=as_of).join(counting, on="_row", how="semi").join(refused, on="_row", how="anti")
        ),
    )


def _sorted(refused: pl.DataFrame) -> pl.DataFrame:
    return refused.drop("_row").sort("person_id", "category", "fact", nulls_last=True)


def _with_known(frame: pl.DataFrame, playbook: Playbook) -> pl.DataFrame:
    """Add from when on a person's chain could begin (``_known_at``), and the result that made it so (``_result_at``).

    Who was upgraded, or tested positive, was not known as such before that day.
    """
    results: list[pl.Expr] = [pl.lit(None, pl.Datetime("us"))]
    for rule in playbook.measures:
        told = [fact for fact in DERIVED if "yes" in rule.when.get(fact, [])]
        results += [pl.when(pl.col("_stage0") == rule.id).then(pl.col(at_of(fact))) for fact in told]
    frame = frame.with_columns(pl.coalesce(results).alias("_result_at"))
    later = pl.col("found_at").is_null() | (pl.col("_result_at") > pl.col("found_at"))
    return frame.with_columns(
        _known_at=pl.max_horizontal("found_at", "_result_at"), _result_at=pl.when(later).then("_result_at")
    )


def _no_measures() -> pl.DataFrame:
    return pl.DataFrame(schema={"_row": _OVER["_row"], **MEASURES})


@dataclass(frozen=True)
class _Outcome:
    """What one rule makes of the rows at its stage.

    Attributes
    ----------
    periods : pl.DataFrame
        ``_row`` and `MEASURES`.
    onward : pl.DataFrame
        Rows that go on to the next stage, with the end of this one as ``_previous_end``.
    over : pl.DataFrame
        Columns `_OVER`: rows whose period was over before it could be served.
    refused : pl.DataFrame
        Columns `facts.REFUSED_ROWS`: rows whose chain has no start.
    """

    periods: pl.DataFrame
    onward: pl.DataFrame
    over: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_OVER))
    refused: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REFUSED_ROWS))


def _walk(frame: pl.DataFrame, playbook: Playbook, as_of: dt.datetime) -> list[_Outcome]:
    """Go through the stages of everybody's chain in their order, at each of them rule by rule."""
    rules = {rule.id: rule for rule in playbook.measures}
    names = stages(frame)
    rows = frame.with_columns(
        pl.lit(None, pl.Datetime("us")).alias("_previous_end"),
        pl.lit(None, pl.String()).alias("_over_zh"),
        pl.lit(None, pl.String()).alias("_over_en"),
    )
    outcomes: list[_Outcome] = []
    for number, stage in enumerate(names):
        here: list[_Outcome] = []
        by_rule = rows.filter(pl.col(stage).is_not_null()).partition_by(stage, as_dict=True)
        for (rule_id,), of_rule in by_rule.items():
            rule = rules[str(rule_id)]
            if rule.measure == MeasureKind.NONE:
                here.append(_nothing_asked(of_rule, rule, playbook, as_of))
            else:
                here.append(_period(of_rule, rule, playbook, later=names[number + 1 :]))
        outcomes += here
        rows = pl.concat([rows.clear(), *(one.onward.select(rows.columns) for one in here)])
    return outcomes


def _nothing_asked(rows: pl.DataFrame, rule: MeasureRule, playbook: Playbook, as_of: dt.datetime) -> _Outcome:
    """Say that the playbook asks nothing; nothing follows."""
    without_clock = rows.with_columns(
        pl.lit(None, pl.String()).alias("clock_from"), pl.lit(None, pl.Datetime("us")).alias("clock_at")
    )
    row = _none_row(without_clock, pl.lit(rule.id), nothing_asked_reason(rule), playbook, as_of)
    return _Outcome(row, onward=rows.clear())


def _period(rows: pl.DataFrame, rule: MeasureRule, playbook: Playbook, *, later: Sequence[str]) -> _Outcome:
    """Give the rows of a rule its period; `later` are the columns of the stages behind it."""
    rows = _with_clock(rows, rule)
    known = pl.col("clock_at").is_not_null()
    # The start of a later stage may still lie ahead, as discharge does: the reason of the period before names it.
    unstarted = rows.filter(~known) if rule.after is None else rows.clear()
    rows = _with_dates(rows.filter(known), rule, playbook, following=later[0] if later else None)
    served = pl.col("end").is_null() | (pl.col("start") < pl.col("end"))
    periods = _as_measures(
        rows.filter(served),
        pl.lit(rule.id),
        rule.measure,
        rule.place_class,
        period_reason(rule, undated=undated_reason(later, playbook)),
        playbook,
        conditions=release_words(rule),
    )
    passed = over_reason(rule)
    rows = rows.with_columns(
        pl.col("end").alias("_previous_end"),
        pl.when(~served).then(passed.zh).alias("_over_zh"),
        pl.when(~served).then(passed.en).alias("_over_en"),
        pl.lit(rule.id).alias("_rule"),
    )
    return _Outcome(
        periods,
        onward=rows,
        over=rows.filter(~served).select(*_OVER),
        refused=refuse(unstarted, str(rule.clock_from), _MISSING_CLOCK.format(title=rule.title.text)),
    )


def _nothing_left(
    outcomes: Sequence[_Outcome], periods: pl.DataFrame, playbook: Playbook, as_of: dt.datetime
) -> pl.DataFrame:
    """Say that nothing is left to those all of whose periods were over."""
    # The last stage of a row comes last here; it carries the sentences of the stages before it.
    over = pl.concat([pl.DataFrame(schema=_OVER), *(one.over for one in outcomes)])
    over = over.unique("_row", keep="last", maintain_order=True).join(periods, on="_row", how="anti")
    return _none_row(over, pl.col("_rule"), nothing_left_reason(), playbook, as_of)


def _starts(rule: MeasureRule) -> list[ClockStart]:
    return [rule.clock_from, *rule.otherwise_from] if rule.clock_from else []


def _with_clock(rows: pl.DataFrame, rule: MeasureRule) -> pl.DataFrame:
    """Add what starts the count (``clock_from``) and when (``clock_at``); empty where nothing does."""
    starts = _starts(rule)
    names = [pl.when(pl.col(start).is_not_null()).then(pl.lit(start)) for start in starts]
    times = [pl.col(start) for start in starts]
    if rule.after is not None:
        names.append(pl.when(pl.col("_previous_end").is_not_null()).then(pl.lit(PREVIOUS_END)))
        times.append(pl.col("_previous_end"))
    return rows.with_columns(pl.coalesce(names).alias("clock_from"), pl.coalesce(times).alias("clock_at"))


def _anew(rows: pl.DataFrame, rule: MeasureRule, *, tested_at_start: bool) -> pl.DataFrame:
    """Count from being found, that day being day 1, where fewer tests than the rule has could be taken otherwise."""
    found = pl.col("found_at").dt.date()
    dates = [pl.col("_first_day").dt.offset_by(f"{day - 1}d") for day in rule.tests]
    left = pl.sum_horizontal((date >= found).cast(pl.Int64) for date in dates)
    if tested_at_start:
        is_extra = (found > pl.col("_first_day")) & ~pl.any_horizontal(date == found for date in dates)
        left += is_extra.cast(pl.Int64)
    late = (left < len(rule.tests)).fill_null(False)
    return rows.with_columns(
        clock_from=pl.when(late).then(pl.lit("found_at")).otherwise("clock_from"),
        clock_at=pl.when(late).then("found_at").otherwise("clock_at"),
        _first_day=pl.when(late).then(found).otherwise("_first_day"),
    )


def _with_dates(rows: pl.DataFrame, rule: MeasureRule, playbook: Playbook, *, following: str | None) -> pl.DataFrame:
    """Add day 1 (``_first_day``), start, end and test dates of the period.

    A period ends with its term, or when the stage of column `following` starts from a fact of its own; ``_cut_by``
    names that fact.
    """
    # Where two rules of counting name one start, the first of them counts.
    day_one = {start: one.day_one for one in reversed(playbook.counting) for start in one.clock_from}
    from_next_day = [start for start, day in day_one.items() if day == "next"]
    by_exposure = pl.col("clock_from") == "last_exposure"
    clock_day = pl.when(by_exposure).then("_exposed_on").otherwise(pl.col("clock_at").dt.date())
    first_day = pl.when(pl.col("clock_from").is_in(from_next_day)).then(clock_day.dt.offset_by("1d"))
    rows = rows.with_columns(first_day.otherwise(clock_day).alias("_first_day"))
    tested_at_start = bool(rule.tests) and playbook.late_find is not None and playbook.late_find.test_on_placement
    if rule.if_late == "start_anew" and rule.tests:
        rows = _anew(rows, rule, tested_at_start=tested_at_start)
    term = pl.lit(None, pl.Datetime("us"))
    if rule.days is not None:
        term = pl.col("_first_day").dt.offset_by(f"{rule.days}d").cast(pl.Datetime("us"))
    cut_by, cut_at = _cut(rule, playbook, following)
    # Who is found on the day at whose 24:00 the exposure ends waits for nothing.
    closes = by_exposure & (pl.col("_exposed_on") < pl.col("clock_at").dt.date())
    at_once = closes & (pl.col("_known_at").dt.date() == pl.col("_exposed_on"))
    earliest = pl.when(at_once).then("_known_at").otherwise("clock_at")
    rows = rows.with_columns(
        cut_by.alias("_cut_by"),
        pl.max_horizontal(earliest, "_known_at").alias("start"),
        pl.coalesce(cut_at, term).alias("end"),
    )
    due = []
    if tested_at_start:
        placed, passed = pl.col("_known_at") >= pl.col("clock_at"), pl.col("start").dt.date() > pl.col("_first_day")
        # Whoever is found in a later stage has missed the days of the one before.
        late = placed if rule.after is not None else placed & passed
        due.append(pl.when(late).then(pl.col("start").dt.date()))
    for day in rule.tests:
        date = pl.col("_first_day").dt.offset_by(f"{day - 1}d")
        in_time = (date >= pl.col("start").dt.date()) & (pl.col("end").is_null() | (date < pl.col("end")))
        due.append(pl.when(in_time).then(date))
    dates = pl.concat_list(due).list.drop_nulls().list.unique().list.sort() if due else pl.lit([], pl.List(pl.Date()))
    return rows.with_columns(dates.alias("test_dates"))


def _cut(rule: MeasureRule, playbook: Playbook, following: str | None) -> tuple[pl.Expr, pl.Expr]:
    """Return which fact starts the stage behind `rule`, and when; empty where no fact of its own does."""
    names: list[pl.Expr] = [pl.lit(None, pl.String())]
    times: list[pl.Expr] = [pl.lit(None, pl.Datetime("us"))]
    if following is not None:
        for one in playbook.measures:
            for start in _starts(one) if one.after == rule.id else []:
                starts = (pl.col(following) == one.id) & pl.col(start).is_not_null()
                names.append(pl.when(starts).then(pl.lit(start)))
                times.append(pl.when(starts).then(pl.col(start)))
    return pl.coalesce(names), pl.coalesce(times)


def _none_row(rows: pl.DataFrame, rule: pl.Expr, reason: Words, playbook: Playbook, as_of: dt.datetime) -> pl.DataFrame:
    """Return one row of measure ``none`` for each row, from when the person was found."""
    dated = rows.with_columns(
        pl.coalesce("_known_at", pl.lit(as_of, pl.Datetime("us"))).alias("start"),
        pl.lit(None, pl.Datetime("us")).alias("end"),
        pl.lit([], pl.List(pl.Date())).alias("test_dates"),
    )
    return _as_measures(dated, rule, MeasureKind.NONE, PlaceClass.ANYWHERE, reason, playbook)


def _as_measures(
    rows: pl.DataFrame,
    rule: pl.Expr,
    measure: MeasureKind,
    place_class: PlaceClass,
    reason: Words,
    playbook: Playbook,
    *,
    conditions: Text | None = None,
) -> pl.DataFrame:
    """Return dated rows as ``_row`` and the columns of `MEASURES`."""
    stated = {
        "measure": pl.lit(measure.value),
        "place_class": pl.lit(place_class.value),
        "rule": rule,
        "reason_zh": reason.zh,
        "reason_en": reason.en,
        "playbook": pl.lit(playbook.name),
        "conditions_zh": pl.lit(conditions.zh if conditions else None, pl.String()),
        "conditions_en": pl.lit(conditions.en if conditions else None, pl.String()),
    }
    columns = [stated.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in MEASURES.items()]
    return rows.select("_row", *columns)
