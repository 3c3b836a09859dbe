"""Limits of time: which start with a subject, when each starts, when it is due. One rule, one due time, everywhere.

A subject is whatever a limit may hang on: a case, a contact, an outbreak, a zone, a person, a task. A rule of the
playbook says which (`ClockRule.subject`); the frame of the subjects holds their times.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

import polars as pl

from lianfang.kernel.text import Text
from lianfang.playbook.model import ClockRule, Playbook
from lianfang.playbook.words import CLOCK_TIMES, SUBJECTS

LIMIT_TO_LOCATE = "everything"
"""The clock of the playbook within which everybody is to be found and reached; see `rules_for`."""

LIMIT_TO_TRANSFER = "transferred"
"""The clock of the playbook within which a contact who belongs into central quarantine is there."""

_HOUR = 3_600_000_000
"""Microseconds."""

_LEARNED = "reported_at"
_ILL = "onset_date"

_NO_START = Text(
    "“{title}”无法计时：{subject}缺少{needs}的时间；请补填其中一项",
    'the clock "{title}" has not started: the {subject} has no time of {needs}; fill in one of them',
)
_TOO_EARLY = Text(
    "“{title}”无法计时：{subject}已填的{needs}均过早，时限在发病之前已到期；请核对，或补填报告时间",
    'the clock "{title}" has not started: from each time of {needs} that the {subject} has, it would be due before the '
    "onset; check them, or fill in when it was reported",
)


def held(pauses: Iterable[tuple[dt.datetime, dt.datetime]]) -> dt.timedelta:
    """Return how long a clock stood still: pauses from and until, those that overlap counted once.

    Raises
    ------
    ValueError
        When a pause ends before it begins.
    """
    total, reached = dt.timedelta(), None
    for begun, ended in sorted(pauses):
        if ended < begun:
            raise ValueError(f"a pause from {begun} cannot end at {ended}")
        begun = begun if reached is None else max(begun, reached)
        total += max(ended - begun, dt.timedelta())
        reached = ended if reached is None else max(ended, reached)
    return total


def due_of(starts: dt.datetime, hours: float, pauses: Iterable[tuple[dt.datetime, dt.datetime]] = ()) -> dt.datetime:
    """Return when a limit is due: `hours` after a fact's time, to the microsecond, and as much later as it was paused.

    Parameters
    ----------
    starts : datetime
        The fact's time; naive or aware, and so is what is returned.
    hours : float
        What the rule gives.
    pauses : iterable of (datetime, datetime)
        From and until; a pause that goes on is none yet, for a paused clock is not overdue.
    """
    return starts + dt.timedelta(microseconds=round(hours * _HOUR)) + held(pauses)


def due_expr(starts: pl.Expr, hours: float) -> pl.Expr:
    """Return `due_of` of a column of times, without pauses."""
    return starts + pl.duration(microseconds=round(hours * _HOUR))


def rules_for(playbook: Playbook, subject: str) -> list[ClockRule]:
    """Return the rules of the clocks of one kind of subject, in the order of the playbook.

    This is the one place that says what the limit to locate a contact is. A playbook that gives contacts rules of their
    own (``subject: contact``), beside that to move them (`LIMIT_TO_TRANSFER`), has said it. Of one that does not, the
    clock `LIMIT_TO_LOCATE`, by which everything about everybody is to be known, starts once more for each contact when
    that contact is proposed: the case's own clock runs from the case, and who is found a day later cannot have been
    late before anybody knew. Where several rules are about it, the shortest counts.
    """
    rules = [rule for rule in playbook.clocks if rule.subject == subject]
    if subject != "contact" or any(rule.clock != LIMIT_TO_TRANSFER for rule in rules):
        return rules
    named = [rule for rule in playbook.clocks if rule.clock == LIMIT_TO_LOCATE and rule.subject == "case"]
    if not named:
        return rules
    shortest = min(named, key=lambda rule: rule.hours)
    changed = {"subject": "contact", "starts_from": ["proposed_at"], "done_with": None}
    return [shortest.model_copy(update=changed), *rules]


def limit_to_locate(playbook: Playbook) -> ClockRule | None:
    """Return the rule of the limit to locate a contact (`rules_for`); None where the playbook sets or tells none."""
    return next((one for one in rules_for(playbook, "contact") if one.clock != LIMIT_TO_TRANSFER), None)


def limits_to_transfer(playbook: Playbook) -> list[ClockRule]:
    """Return the rules of the limit to bring a contact into central quarantine."""
    return [one for one in rules_for(playbook, "contact") if one.clock == LIMIT_TO_TRANSFER]


def done_at(
    clocks: pl.DataFrame, subjects: pl.DataFrame, rules: Sequence[ClockRule], *, key: str = "case_id"
) -> pl.DataFrame:
    """Say which clocks are done by a fact of their subject: `clocks` with ``done_at``, empty where none tells it.

    Parameters
    ----------
    clocks : pl.DataFrame
        From `clocks_of`.
    subjects, rules, key
        As for `clocks_of`; a rule names the fact (`ClockRule.done_with`).
    """
    by_rule = {rule.id: rule.done_with for rule in rules if rule.done_with in subjects.columns}
    facts = sorted({one for one in by_rule.values() if one is not None})
    told = subjects.select(
        pl.col(key).cast(pl.String()),
        *[_moment(subjects[name]).cast(pl.Datetime("us")).alias(f"_{name}") for name in facts],
    ).unique(key, keep="first", maintain_order=True)
    done = pl.lit(None, pl.Datetime("us"))
    for rule, fact in by_rule.items():
        done = pl.when(pl.col("rule") == rule).then(pl.col(f"_{fact}")).otherwise(done)
    joined = clocks.join(told, on=key, how="left", maintain_order="left")
    return joined.with_columns(done_at=done).drop([f"_{name}" for name in facts])


def clocks_of(subjects: pl.DataFrame, rules: Sequence[ClockRule], *, key: str = "case_id") -> pl.DataFrame:
    """Start the clocks of every subject.

    For each rule the first of its `starts_from` that the subject has starts the clock. A time from which the clock
    would be due before the subject fell ill (``onset_date``) is passed over for the next, but for the time of learning
    (``reported_at``): what was known then is not undone by an onset that came later. Where several rules are about one
    clock, the first of them that can start decides.

    Parameters
    ----------
    subjects : pl.DataFrame
        One row a subject: its key and any of the times a rule may start from (``reported_at``, ``proposed_at`` …),
        naive and local. A date counts as its 00:00, an ISO text is read; a column that is absent is empty.
    rules : sequence of ClockRule
        Those of the subject (`rules_for`).
    key : str
        Name of the column that tells one subject from another.

    Returns
    -------
    pl.DataFrame
        The key, then ``clock, starts, due, rule``: at most one row a subject and clock, sorted by key, due and clock.
        What could not start is given, with its reason, by `not_started`.
    """
    schema = {
        key: pl.String(),
        "clock": pl.String(),
        "starts": pl.Datetime("us"),
        "due": pl.Datetime("us"),
        "rule": pl.String(),
    }
    started = [
        known.select(
            key,
            pl.lit(rule.clock).alias("clock"),
            "starts",
            due_expr(pl.col("starts"), rule.hours).alias("due"),
            pl.lit(rule.id).alias("rule"),
        )
        for rule in rules
        if (known := _with_start(subjects, rule, key).filter(pl.col("starts").is_not_null())).height
    ]
    if not started:
        return pl.DataFrame(schema=schema)
    return (
        pl.concat(started)
        .cast(pl.Schema(schema))
        .unique([key, "clock"], keep="first", maintain_order=True)
        .sort(key, "due", "clock")
    )


def not_started(
    subjects: pl.DataFrame, rules: Sequence[ClockRule], *, key: str = "case_id", started: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Name the clocks that no time of the subject could start, and what would start them.

    Parameters
    ----------
    subjects, rules, key
        As for `clocks_of`.
    started : pl.DataFrame, optional
        What `clocks_of` gave for them, where it has been asked already.

    Returns
    -------
    pl.DataFrame
        The key, then ``clock, rule, needs, reason_zh, reason_en``: one row a subject and clock, sorted by key and
        clock; `needs` are the names of the times of which one suffices, `rule` is the first rule of that clock.
    """
    schema = {
        key: pl.String(),
        "clock": pl.String(),
        "rule": pl.String(),
        "needs": pl.List(pl.String()),
        "reason_zh": pl.String(),
        "reason_en": pl.String(),
    }
    if started is None:
        started = clocks_of(subjects, rules, key=key)
    of_clock: dict[str, list[ClockRule]] = {}
    for rule in rules:
        of_clock.setdefault(rule.clock, []).append(rule)
    missing = [pl.DataFrame(schema=schema)]
    for clock, about in of_clock.items():
        needs = list(dict.fromkeys(start for rule in about for start in rule.starts_from))
        times = [_moment(subjects[name]).is_not_null() for name in needs if name in subjects.columns]
        without, early = (_reason(words, about[0], needs) for words in (_NO_START, _TOO_EARLY))
        has_time = pl.any_horizontal(times) if times else pl.lit(False)
        missing.append(
            subjects.select(pl.col(key).cast(pl.String()), has_time.alias("has time"))
            .join(started.filter(pl.col("clock") == clock), on=key, how="anti")
            .select(
                key,
                pl.lit(clock).alias("clock"),
                pl.lit(about[0].id).alias("rule"),
                pl.lit(needs, dtype=pl.List(pl.String())).alias("needs"),
                pl.when("has time").then(pl.lit(early.zh)).otherwise(pl.lit(without.zh)).alias("reason_zh"),
                pl.when("has time").then(pl.lit(early.en)).otherwise(pl.lit(without.en)).alias("reason_en"),
            )
        )
    return pl.concat(missing).cast(pl.Schema(schema)).sort(key, "clock")


def _reason(words: Text, rule: ClockRule, needs: Sequence[str]) -> Text:
    named = [CLOCK_TIMES[start] for start in needs]
    times = Text("、".join(one.zh for one in named), " or ".join(one.en for one in named))
    return words.format(title=rule.title.text, needs=times, subject=SUBJECTS[rule.subject])


def _with_start(subjects: pl.DataFrame, rule: ClockRule, key: str) -> pl.DataFrame:
    ill = _moment(subjects[_ILL]) if _ILL in subjects.columns else None
    present = []
    for name in rule.starts_from:
        if name not in subjects.columns:
            continue
        moment = _moment(subjects[name]).cast(pl.Datetime("us"))
        if ill is not None and name not in (_LEARNED, _ILL):
            # Empty where the onset is empty, and so is the comparison: such a time stands.
            is_early = (due_expr(moment, rule.hours) < ill.cast(pl.Datetime("us"))).fill_null(False)
            moment = pl.when(~is_early).then(moment)
        present.append(moment)
    starts = pl.coalesce(present) if present else pl.lit(None, pl.Datetime("us"))
    return subjects.select(pl.col(key).cast(pl.String()), starts.alias("starts"))


def _moment(column: pl.Series) -> pl.Expr:
    """Read a column as times: lists from outside may carry a kept column as ISO text or as dates."""
    value = pl.col(column.name)
    if column.dtype == pl.String():
        text = value.str.strip_chars().str.replace("T", " ", literal=True)
        return pl.coalesce(
            text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"),
            text.str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us"),
            text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")),
        )
    return value.cast(pl.Datetime("us"))
