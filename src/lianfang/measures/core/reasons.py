"""Why a period runs as it does, in words that the person under it understands. Expressions over the rows of a rule."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.model import MeasureRule, Playbook
from lianfang.playbook.words import STARTS

PREVIOUS_END = "previous_end"
"""What `clock_from` says of a period that starts where the one before ends."""

START_LABELS: dict[str, Text] = {**STARTS, PREVIOUS_END: Text("上一阶段期满", "the end of the stage before")}
"""What a period can be counted from, as a noun."""


class Words(NamedTuple):
    """One expression a language."""

    zh: pl.Expr
    en: pl.Expr


def _day(column: pl.Expr) -> Words:
    return Words(column.dt.strftime("%-m月%-d日"), column.dt.strftime("%Y-%m-%d"))


def _moment(column: pl.Expr) -> Words:
    whole_hour = column.dt.minute() == 0
    zh = (
        pl.when(whole_hour)
        .then(column.dt.strftime("%Y年%-m月%-d日%-H时"))
        .otherwise(column.dt.strftime("%Y年%-m月%-d日%-H时%M分"))
    )
    return Words(zh, column.dt.strftime("%Y-%m-%d %H:%M"))


def _since(column: pl.Expr) -> Words:
    """Return a time from which days are counted: of 00:00, which stands for a day without an hour, the day alone."""
    bare = column == column.dt.truncate("1d")
    time = _moment(column)
    return Words(
        pl.when(bare).then(column.dt.strftime("%Y年%-m月%-d日")).otherwise(time.zh),
        pl.when(bare).then(column.dt.strftime("%Y-%m-%d")).otherwise(time.en),
    )


def _words_of(column: str, words: Mapping[str, Text]) -> Words:
    """Put words for codes; empty for a code that has none."""
    zh = {code: label.zh for code, label in words.items()}
    en = {code: label.en for code, label in words.items()}
    return Words(
        pl.col(column).replace_strict(zh, default=None, return_dtype=pl.String),
        pl.col(column).replace_strict(en, default=None, return_dtype=pl.String),
    )


def _label(column: str) -> Words:
    return _words_of(column, START_LABELS)


def _format(words: Text, *values: Words) -> Words:
    """Fill the gaps of both languages; a gap without a value leaves the whole sentence empty."""
    return Words(
        pl.format(words.zh, *(value.zh for value in values)), pl.format(words.en, *(value.en for value in values))
    )


def _where(condition: pl.Expr, words: Words) -> Words:
    return Words(*(pl.when(condition).then(part).otherwise(pl.lit("")) for part in words))


def _join(*parts: Words) -> Words:
    return Words(
        pl.concat_str([part.zh.fill_null("") for part in parts]),
        pl.concat_str([part.en.fill_null("") for part in parts]).str.strip_chars(),
    )


def _fixed(words: Text) -> Words:
    return Words(pl.lit(words.zh), pl.lit(words.en))


def period_reason(rule: MeasureRule, *, undated: Words) -> Words:
    """Return why a period of `rule` has its dates.

    Parameters
    ----------
    rule : MeasureRule
        The rule that the rows follow.
    undated : Words
        What `undated_reason` says of the stages behind it.

    Returns
    -------
    Words
        Expressions over the columns ``clock_from, clock_at, start, end, test_dates`` and the inner
        ``_known_at, _result_at, _first_day, _cut_by, _over_zh, _over_en`` of `lianfang.measures.core.decide`.
    """
    start_label, clock = _label("clock_from"), _since(pl.col("clock_at"))
    end = _moment(pl.col("end"))
    cut = pl.col("_cut_by").is_not_null()
    first = _day(pl.col("_first_day"))
    if rule.days is None:
        term = _format(
            Text("从{}（{}）起，至符合解除条件。", "From {} ({}) until the release conditions hold. "),
            start_label,
            clock,
        )
        missed = _fixed(Text("", ""))
    else:
        last = _day(pl.col("_first_day").dt.offset_by(f"{rule.days - 1}d"))
        term = _format(
            Text(
                f"从{{}}（{{}}）起算，{{}}为第1天，{{}}为第{rule.days}天，{{}}期满。",
                f"Counted from {{}} ({{}}): day 1 is {{}}, day {rule.days} is {{}}, over at {{}}. ",
            ),
            start_label,
            clock,
            first,
            last,
            end,
        )
        gone = (pl.col("_known_at").dt.date() - pl.col("_first_day")).dt.total_days()
        days = Words(gone.cast(pl.String()), gone.cast(pl.String()))
        left = Words((rule.days - gone).cast(pl.String()), (rule.days - gone).cast(pl.String()))
        found = _format(
            Text(
                "{}发现时已过{}天，补足其余{}天即可。",
                "Found on {}: {} of the days had passed, the other {} are served. ",
            ),
            _moment(pl.col("_known_at")),
            days,
            left,
        )
        positive = _format(
            Text(
                "{}检测阳性时已过{}天，补足其余{}天即可。",
                "At the positive test of {} {} of the days had passed, the other {} are served. ",
            ),
            _since(pl.col("_result_at")),
            days,
            left,
        )
        by_result = pl.col("_result_at").is_not_null()
        missed = _where(
            (gone > 0) & ~cut,
            Words(
                pl.when(by_result).then(positive.zh).otherwise(found.zh),
                pl.when(by_result).then(positive.en).otherwise(found.en),
            ),
        )
    ended = _format(
        Text("从{}（{}）起，至{}（{}）止。", "From {} ({}) to {} ({}). "), start_label, clock, end, _label("_cut_by")
    )
    return _join(
        Words(pl.col("_over_zh"), pl.col("_over_en") + " "),
        _fixed(Text(f"{rule.title.zh}。", f"{rule.title.en}. ")),
        Words(
            pl.when(cut).then(ended.zh).otherwise(term.zh),
            pl.when(cut).then(ended.en).otherwise(term.en),
        ),
        missed,
        _tests(rule),
        _fixed(_release(rule)),
        undated,
    )


def undated_reason(later: Sequence[str], playbook: Playbook) -> Words:
    """Return which stages follow a period without an end, and what they wait for; empty where none does.

    Such a stage starts from a fact that is not known yet, as the time after discharge does, and has no row of its own.

    Parameters
    ----------
    later : sequence of str
        Columns with the rule ids of the stages behind the period, in their order.
    playbook : Playbook
        The rules.
    """
    if not later:
        return _fixed(Text("", ""))
    rules = [rule for rule in playbook.measures if rule.after is not None]
    titles = {rule.id: Text(f"“{rule.title.zh}”", f'"{rule.title.en}"') for rule in rules}
    starts = {rule.id: START_LABELS[rule.clock_from or PREVIOUS_END] for rule in rules}
    stages = [_words_of(stage, titles) for stage in later]
    listed = Words(
        pl.concat_str([stage.zh for stage in stages], separator="、", ignore_nulls=True),
        pl.concat_str([stage.en for stage in stages], separator=", ", ignore_nulls=True),
    )
    return _where(
        pl.col("end").is_null() & pl.col(later[0]).is_not_null(),
        _format(
            Text("其后为{}，从{}起算，时间未定。", "Then follows {}, counted from {}, which is not known yet. "),
            listed,
            _words_of(later[0], starts),
        ),
    )


def _tests(rule: MeasureRule) -> Words:
    if not rule.tests:
        return _fixed(Text("", ""))
    placed = pl.col("start").dt.date()
    of_rule = [pl.col("_first_day").dt.offset_by(f"{day - 1}d") for day in rule.tests]
    extra = pl.col("test_dates").list.contains(placed) & ~pl.any_horizontal(placed == date for date in of_rule)
    words = _format(Text("管控开始当日（{}）", "the day of placement ({})"), _day(placed))
    named = [Words(*(pl.when(extra).then(part) for part in words))]
    for day, date in zip(rule.tests, of_rule, strict=True):
        words = _format(Text(f"第{day}天（{{}}）", f"day {day} ({{}})"), _day(date))
        due = pl.col("test_dates").list.contains(date)
        named.append(Words(*(pl.when(due).then(part) for part in words)))
    listed = Words(
        pl.concat_str([word.zh for word in named], separator="、", ignore_nulls=True),
        pl.concat_str([word.en for word in named], separator=", ", ignore_nulls=True),
    )
    some = pl.col("test_dates").list.len() > 0
    all_of = pl.all_horizontal(pl.col("test_dates").list.contains(date) for date in of_rule)
    tests = _format(Text("核酸检测：{}", "Tests: {}"), listed)
    zh = (
        pl.when(all_of)
        .then(tests.zh + "。")
        .when(some)
        .then(tests.zh + "，已过的检测日不补。")
        .otherwise(pl.lit("检测日均已过。"))
    )
    en = (
        pl.when(all_of)
        .then(tests.en + ". ")
        .when(some)
        .then(tests.en + "; earlier test days are not made up. ")
        .otherwise(pl.lit("All test days have passed. "))
    )
    return Words(zh, en)


def release_words(rule: MeasureRule) -> Text | None:
    """Return what must hold before release, in one line; None where the rule names nothing."""
    if not rule.release:
        return None
    return Text(
        "、".join(condition.text.zh for condition in rule.release),
        "; ".join(condition.text.en for condition in rule.release),
    )


def _release(rule: MeasureRule) -> Text:
    words = release_words(rule)
    return Text("", "") if words is None else Text(f"解除条件：{words.zh}。", f"Release when: {words.en}. ")


def over_reason(rule: MeasureRule) -> Words:
    """Return that a period was over before it could be served; it stands in the reason of the next one."""
    sentence = _format(
        Text(f"“{rule.title.zh}”到{{}}已期满，不再执行。", f'"{rule.title.en}" was over at {{}} and is not served.'),
        _moment(pl.col("end")),
    )
    return Words(
        pl.concat_str([pl.col("_over_zh").fill_null(""), sentence.zh.fill_null("")]),
        pl.concat_str([pl.col("_over_en").fill_null(""), sentence.en.fill_null("")], separator=" ").str.strip_chars(),
    )


def nothing_left_reason() -> Words:
    """Return that every period of a person was over: the sentences of `over_reason`, then the conclusion."""
    known = pl.col("found_at").is_not_null() & (pl.col("found_at") == pl.col("_known_at"))
    found = _format(
        Text("{}发现时已无需措施。", "When the person was found, on {}, no measure was left."),
        _moment(pl.col("found_at")),
    )
    plain = Text("已无需措施。", "No measure is left.")
    return Words(
        pl.concat_str([pl.col("_over_zh"), pl.when(known).then(found.zh).otherwise(pl.lit(plain.zh))]),
        pl.concat_str([pl.col("_over_en"), pl.when(known).then(found.en).otherwise(pl.lit(plain.en))], separator=" "),
    )


def nothing_asked_reason(rule: MeasureRule) -> Words:
    """Return that the playbook asks nothing of a category."""
    note = rule.note.text if rule.note else Text("", "")
    return _fixed(Text(f"{rule.title.zh}。{note.zh}", f"{rule.title.en}. {note.en}".strip()))
