"""The facts that measures are decided on: their columns, how they are read, and which rows are no facts."""

import datetime as dt
from typing import get_args

import polars as pl

from lianfang.intake.core.cells import tidy_column
from lianfang.intake.core.clock_changes import has_offset
from lianfang.intake.core.moments import read_moments
from lianfang.kernel.asof import is_later, later_words, moment_words
from lianfang.kernel.cells import with_value
from lianfang.kernel.schema import Column, Schema
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Category, Classification, OriginRisk, Severity, SpecialNeed, Word, YesNo
from lianfang.kernel.words import NOTHING, one_word, plain, several_words
from lianfang.measures.core.samples import FIRST, derived, read_tests
from lianfang.playbook.model import ClockStart
from lianfang.playbook.words import FACT_LABELS

DERIVED_TIMES = ("own_positive_at",)
"""What a period may start from and nobody fills in: it follows from tests."""

TIMES: tuple[ClockStart, ...] = tuple(name for name in get_args(ClockStart) if name not in DERIVED_TIMES)
"""Facts that are times: whatever a period or a clock may start from."""

PAST = ("last_exposure", "left_area", "entered_at", "found_at", "in_quarantine_since")
"""Times without which nobody would be in the list: one that lies ahead is wrong. Other times that lie ahead, such as a
discharge that is planned, have not happened yet and count as not known."""

_WHO = ("person_id", "category")
_WORDS: dict[str, type[Word]] = {
    "category": Category,
    "origin_risk": OriginRisk,
    "classification": Classification,
    "symptomatic": YesNo,
    "severity": Severity,
    "home_feasible": YesNo,
    "chooses_central": YesNo,
}
_TESTS = ("linked_tests", "own_tests")

FACT_COLUMNS: dict[str, pl.DataType] = {
    **{name: pl.String() for name in _WHO},
    **{name: pl.Datetime("us") for name in TIMES},
    **{name: pl.String() for name in (*list(_WORDS)[1:], "special", *_TESTS)},
}
"""Columns of the facts; one that is absent is empty."""

FACTS_TABLE = Schema(
    "facts",
    tuple(
        Column(
            name,
            "moment" if name in TIMES and name != "last_exposure" else "text",
            required=name in _WHO,
        )
        for name in FACT_COLUMNS
    ),
)
"""The facts as a file. Words are read by `conform`, which names the person where one is not known, and last exposures
by `iso_moments`: whether one is a bare date or 00:00 makes a day's difference."""

REFUSED: dict[str, pl.DataType] = {
    name: pl.String() for name in ("person_id", "category", "fact", "reason_zh", "reason_en")
}
"""Columns of the facts that could not be decided, in their order."""

REFUSED_ROWS: dict[str, pl.DataType] = {"_row": pl.UInt32(), **REFUSED}
"""The same with the number of the row."""

_BAD_TESTS = Text(
    "“{label}”写法不对（{value}）；应为 2021-08-06:neg;2021-08-09:pos",
    'the {label} are not written as 2021-08-06:neg;2021-08-09:pos ("{value}")',
)
_UNKNOWN_WORD = Text(
    "“{label}”（{fact}）中的“{value}”不认识，未作判定；可用：{known}",
    'the {label} ({fact}) holds "{value}", which is not known, so nothing was decided; it is one of {known}',
)
_NO_TIME = Text(
    "“{label}”（{fact}）的“{value}”不是时间；请写成 2022-01-05 或 2022-01-05 14:30",
    'the {label} ({fact}), "{value}", is no time; write it as 2022-01-05 or 2022-01-05 14:30',
)
_AHEAD = Text(
    "“{label}”（{fact}，{value}）晚于截止时间；请改正，或推后截止时间",
    "the {label} ({fact}, {value}) lies after the time of reckoning; correct it, or reckon later",
)
_WRONG = {"tests": _BAD_TESTS, "ahead": _AHEAD, "time": _NO_TIME, "word": _UNKNOWN_WORD}
"""The sentence for each kind of fault; what a fact says itself goes into its ``{value}``, as it is."""

_NO_PERSON = Text("缺少人员编号；请补填", "the person's id is missing; fill it in")
MISSING = Text(
    "缺少“{label}”（{fact}），无法按规则确定措施；请补填",
    "the {label} ({fact}) is not known and the rule needs it; fill it in",
)
"""That a fact which a rule asks for is not known."""


def iso_moments(values: pl.Series, *, time_zone: str) -> pl.Series:
    """Return times as ISO text, in which a bare date stays one; what cannot be read stays as it is, to be refused.

    Parameters
    ----------
    values : pl.Series
        Text in any of the ways in which lists write times.
    time_zone : str
        Times with an offset are moved to this zone.
    """
    text = tidy_column(values.cast(pl.String))
    start, end = (read_moments(text, time_zone=time_zone, next_day=one) for one in (False, True))
    frame = pl.DataFrame({"text": text, "start": start, "end": end})
    iso = pl.when(pl.col("start") == pl.col("end")).then(pl.col("start").dt.strftime("%Y-%m-%d %H:%M:%S"))
    return frame.select(
        pl.coalesce(iso, pl.col("start").dt.strftime("%Y-%m-%d"), "text").alias(values.name)
    ).to_series()


def with_iso_times(facts: pl.DataFrame) -> pl.DataFrame:
    """Return the facts with every time that is text as ISO text.

    One with an offset stays as it is, and is refused: whoever knows the zone moves it first (`iso_moments`).
    """
    texts = [name for name in TIMES if facts.schema.get(name) == pl.String()]
    moved = {name: iso_moments(facts[name], time_zone="UTC") for name in texts}
    return facts.with_columns(
        pl.when(~has_offset(facts[name])).then(moved[name]).otherwise(facts[name]).alias(name) for name in texts
    )


def _time(facts: pl.DataFrame, name: str) -> pl.Expr:
    """Read a time; a bare date is 00:00 of its day."""
    given = pl.col(name)
    if facts.schema[name] == pl.String():
        given = pl.coalesce(
            given.str.to_datetime(shape, time_unit="us", strict=False) for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
        )
    return given.cast(pl.Datetime("us"))


def _exposed_on(facts: pl.DataFrame) -> pl.Expr:
    """Return the day of the last exposure: 24:00 belongs to the day that it closes, a bare date is its day."""
    kind, time = facts.schema["last_exposure"], _time(facts, "last_exposure")
    bare: pl.Expr = pl.lit(kind == pl.Date())
    if kind == pl.String():
        bare = pl.col("last_exposure").str.strip_chars().str.contains(r"^\d{4}-\d{2}-\d{2}$").fill_null(False)
    return pl.when(bare).then(time).otherwise(time.dt.offset_by("-1us")).dt.date()


def conform(facts: pl.DataFrame, *, as_of: dt.datetime) -> pl.DataFrame:
    """Return the facts with every column in its type, words as codes, and what is derived from them.

    Parameters
    ----------
    facts : pl.DataFrame
        Any of `FACT_COLUMNS`, as `with_iso_times` gives them; texts are read as times and words, a date counts as its
        00:00.
    as_of : datetime.datetime
        Naive local; tests after it have not happened.

    Returns
    -------
    pl.DataFrame
        `FACT_COLUMNS` with ``special`` as a list of codes; the number of the row ``_row``; ``_exposed_on``, the day to
        which the last exposure belongs; the derived facts
        (`lianfang.measures.core.samples.DERIVED`) with their times; and what is wrong about the row, where anything is:
        ``_fact``, ``_value``, ``_kind`` (of `well_formed`).
    """
    empty = {name: pl.lit(None, kind).alias(name) for name, kind in FACT_COLUMNS.items() if name not in facts.columns}
    given = facts.with_columns(*empty.values()).with_row_index("_row").cast({"_row": pl.UInt32()})
    special = several_words(pl.col("special"), SpecialNeed)
    frame = given.select(
        "_row",
        pl.col("person_id").cast(pl.String).str.strip_chars().replace("", None),
        *(_time(given, name).alias(name) for name in TIMES),
        _exposed_on(given).alias("_exposed_on"),
        *(one_word(pl.col(name), words).alias(name) for name, words in _WORDS.items()),
        special.codes.alias("special"),
        *(pl.col(name).cast(pl.String) for name in _TESTS),
    )
    wrong = [_unknown_words(given), _unknown_needs(given, special.unknown)]
    for column in _TESTS:
        tests = read_tests(given, column)
        unread = tests.filter(pl.col("on").is_null() | pl.col("positive").is_null())
        wrong.append(_wrong(unread.select("_row", _value="entry"), column, "tests"))
        tests = tests.join(unread.select("_row").unique(), on="_row", how="anti")
        facts_of = (
            (("own_positive", None),)
            if column == "own_tests"
            else (("linked_positive", None), ("linked_first_two", FIRST))
        )
        for fact, first in facts_of:
            frame = frame.join(derived(tests, fact=fact, first=first, as_of=as_of), on="_row", how="left")
    for name in TIMES:
        if given.schema[name] == pl.String():
            said = pl.col(name).str.strip_chars()
            unread = given.filter((said != "") & _time(given, name).is_null())
            wrong.append(_wrong(unread.select("_row", _value=pl.col(name)), name, "time"))
        if name in PAST:
            ahead = frame.filter(is_later(pl.col(name), as_of))
            wrong.append(_wrong(ahead.select("_row", _value=moment_words(pl.col(name))), name, "ahead"))
        else:
            frame = frame.with_columns(pl.when(~is_later(pl.col(name), as_of)).then(name).alias(name))
    first_wrong = pl.concat(wrong).unique("_row", keep="first", maintain_order=True)
    return _completed(frame.sort("_row")).join(first_wrong, on="_row", how="left", maintain_order="left")


def _completed(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill what follows from the words: without symptoms, and the class of a case that has none."""
    without = (pl.col("classification") == Classification.ASYMPTOMATIC) | (pl.col("severity") == Severity.ASYMPTOMATIC)
    frame = frame.with_columns(symptomatic=pl.coalesce("symptomatic", pl.when(without).then(pl.lit("no"))))
    silent = pl.col("symptomatic") == "no"
    assumed = pl.when(silent).then(pl.lit("asymptomatic")).otherwise(pl.lit("confirmed"))
    of_cases = pl.when(pl.col("category") == Category.CASE).then(assumed)
    return frame.with_columns(classification=pl.coalesce("classification", of_cases))


def _wrong(rows: pl.DataFrame, fact: str, kind: str) -> pl.DataFrame:
    return rows.select("_row", "_value", _fact=pl.lit(fact), _kind=pl.lit(kind)).unique(
        "_row", keep="first", maintain_order=True
    )


def _unknown_words(given: pl.DataFrame) -> pl.DataFrame:
    found = [_wrong(given.head(0).select("_row", _value=pl.lit("")), "", "word")]
    for name, words in _WORDS.items():
        said = plain(pl.col(name))
        unknown = given.filter(
            said.is_not_null() & ~said.is_in(list(NOTHING)) & one_word(pl.col(name), words).is_null()
        )
        found.append(_wrong(unknown.select("_row", _value=pl.col(name).cast(pl.String)), name, "word"))
    return pl.concat(found)


def _unknown_needs(given: pl.DataFrame, unknown: pl.Expr) -> pl.DataFrame:
    rows = given.select("_row", _value=unknown.list.join("; ")).filter(pl.col("_value").is_not_null())
    return _wrong(rows, "special", "word")


def well_formed(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off rows that are not facts about one person in one category.

    Parameters
    ----------
    frame : pl.DataFrame
        As `conform` gives it.

    Returns
    -------
    tuple of pl.DataFrame
        The other rows, and what was split off, with columns `REFUSED_ROWS`, each once.
    """
    nameless, wrong = pl.col("person_id").is_null(), pl.col("_fact").is_not_null()
    lacking = pl.col("category").is_null() & ~wrong & ~nameless
    refused = [
        refuse(frame.filter(nameless), "person_id", _NO_PERSON),
        refuse(frame.filter(lacking), "category", MISSING),
    ]
    told = frame.filter(~nameless & wrong)
    for (fact, kind), rows in told.partition_by("_fact", "_kind", as_dict=True).items():
        refused.append(refuse(rows, str(fact), _WRONG[str(kind)]))
    return frame.filter(~nameless & ~wrong & ~lacking), pl.concat(refused)


def _known_words(fact: str) -> Text:
    """Return the words that a fact may be told in."""
    vocabulary = SpecialNeed if fact == "special" else _WORDS.get(fact, ())
    return Text("、".join(w.label.zh for w in vocabulary), ", ".join(w.value for w in vocabulary))


def left_out(facts: pl.DataFrame, *, as_of: dt.datetime) -> pl.DataFrame:
    """Return the facts of later times that `conform` leaves out of rows that are decided without them.

    Parameters
    ----------
    facts : pl.DataFrame
        As for `conform`.
    as_of : datetime.datetime
        Naive local.

    Returns
    -------
    pl.DataFrame
        Columns `REFUSED_ROWS`, one row a fact.
    """
    given = facts.with_row_index("_row").cast({"_row": pl.UInt32()})
    told = {one: pl.col(one) if one in given.columns else pl.lit(None) for one in _WHO}
    who = given.select("_row", **{one: column.cast(pl.String) for one, column in told.items()})
    found = [pl.DataFrame(schema=REFUSED_ROWS)]
    for name in given.columns:
        if name in TIMES and name not in PAST:
            times = given.select("_row", _at=_time(given, name)).filter(is_later(pl.col("_at"), as_of))
            later = times.select("_row", _value=moment_words(pl.col("_at")))
        elif name in _TESTS:
            tests = read_tests(given, name).filter(pl.col("on") > as_of.date())
            later = tests.group_by("_row").agg(_value=pl.col("entry").str.join("; "))
        else:
            continue
        zh, en = later_words(name, pl.col("_value"), as_of)
        named = later.join(who, on="_row").select("_row", *_WHO, fact=pl.lit(name), reason_zh=zh, reason_en=en)
        found.append(named.cast(pl.Schema(REFUSED_ROWS)))
    return pl.concat(found)


def _label(fact: str) -> Text:
    return FACT_LABELS.get(fact, Text(fact, fact))


def refuse(rows: pl.DataFrame, fact: str, words: Text) -> pl.DataFrame:
    """Refuse rows for one fact.

    Parameters
    ----------
    rows : pl.DataFrame
        ``_row, person_id, category``, and ``_value`` where the reason names it.
    fact : str
        Name of the fact that is missing or wrong.
    words : Text
        The reason, with gaps for the fact's ``{label}`` and name ``{fact}``, the ``{known}`` words and the ``{value}``
        of the row, where it has them.

    Returns
    -------
    pl.DataFrame
        Columns `REFUSED_ROWS`.
    """
    reason = words.format(label=_label(fact), fact=fact, known=_known_words(fact), value="{value}")
    zh, en = (with_value(one, pl.col("_value")) if "{value}" in one else pl.lit(one) for one in reason)
    return rows.select(
        "_row", "person_id", "category", pl.lit(fact).alias("fact"), zh.alias("reason_zh"), en.alias("reason_en")
    )
