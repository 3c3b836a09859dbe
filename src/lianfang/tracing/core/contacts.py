"""Contacts as a playbook sees them: co-presence and interview in one row, a category, and the rule that gave it."""

from typing import Any

import polars as pl

from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.vocabulary import Category, Decision, FoundBy, PlaceKind
from lianfang.playbook.model import CategoryRule, Playbook, ThresholdRule
from lianfang.presences.core.contact_rows import MICROSECONDS_A_MINUTE, assemble, in_order
from lianfang.tracing.core.state import OUTSIDE_RULE, UNDECIDED_RULE

PAIR = ["case_id", "person_id"]
SETTING = [*PAIR, "place_kind"]


def threshold_rule(kind: str, playbook: Playbook, *, degree: int) -> ThresholdRule | None:
    """Return the rule that says from how long shared presence in a kind of place counts; None: it does not count."""
    rules = (rule for rule in playbook.tracing.thresholds if rule.degree in (None, degree))
    return next((rule for rule in rules if rule.place_kinds is None or kind in rule.place_kinds), None)


def thresholds_of(playbook: Playbook, *, degree: int) -> dict[str, float]:
    """Return the thresholds of a playbook by place kind, as `degrees.first_degree` and `second_degree` take them."""
    found = {kind: threshold_rule(kind, playbook, degree=degree) for kind in PlaceKind.codes()}
    return {kind: rule.min_minutes for kind, rule in found.items() if rule is not None}


def usable_interviews(interviews: pl.DataFrame, *, cases: pl.DataFrame) -> pl.Series:
    """Tell for each interview row whether it can make a contact: its case is in the list, and it names somebody else.

    Parameters
    ----------
    interviews : pl.DataFrame
        ``case_id, person_id``.
    cases : pl.DataFrame
        ``case_id, person_id``.

    Returns
    -------
    pl.Series
        Boolean, one value a row, in the order of the rows.
    """
    joined = interviews.select(PAIR).join(
        cases.select("case_id", case_person="person_id"), on="case_id", how="left", maintain_order="left"
    )
    usable = pl.col("case_person").is_not_null() & (pl.col("case_person") != pl.col("person_id"))
    return joined.select(usable=usable.fill_null(False))["usable"]


def by_window(interviews: pl.DataFrame, *, windows: pl.DataFrame) -> pl.DataFrame:
    """Hold what cases told against their infectious windows.

    Parameters
    ----------
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`; where only one time is known, it is the time of the contact, but for a first
        one before the window, after which the contact may have gone on.
    windows : pl.DataFrame
        ``case_id, infectious_from, infectious_to, window_problem`` of every case.

    Returns
    -------
    pl.DataFrame
        The rows whose case is there, in their order, with ``standing``: `Category.UNDECIDED` where the case has no
        sound window, `Category.OUTSIDE_WINDOW` where the contact lies outside of it, else empty; times of the latter
        rows are cut to the window, as presences are. Besides ``since, until``: the window.
    """
    window = windows.select("case_id", "window_problem", since="infectious_from", until="infectious_to")
    rows = interviews.join(window, on="case_id", how="inner", maintain_order="left")
    first, last = pl.col("first_contact"), pl.col("last_contact")
    # A last contact at 24:00 belongs to the day that it closes, and a bare date is written so.
    closes = last.dt.truncate("1d") == last
    over = pl.when(closes).then(last - pl.duration(microseconds=1)).otherwise(last)
    begun = pl.coalesce(first, pl.when(closes).then(last - pl.duration(days=1)).otherwise(last))
    outside = (begun >= pl.col("until")).fill_null(False) | (over < pl.col("since")).fill_null(False)
    standing = (
        pl.when(pl.col("window_problem").is_not_null())
        .then(pl.lit(Category.UNDECIDED.value))
        .when(outside)
        .then(pl.lit(Category.OUTSIDE_WINDOW.value))
    )
    rows = rows.with_columns(standing=standing.otherwise(pl.lit(None, pl.String)))
    inside = pl.col("standing").is_null()
    return rows.with_columns(
        first_contact=pl.when(inside)
        .then(pl.when(first.is_not_null()).then(pl.max_horizontal(first, "since")))
        .otherwise(first),
        last_contact=pl.when(inside)
        .then(pl.when(last.is_not_null()).then(pl.min_horizontal(last, "until")))
        .otherwise(last),
    ).drop("window_problem")


def without_category(told: pl.DataFrame, met: pl.DataFrame, *, first: pl.DataFrame) -> pl.DataFrame:
    """Return whom a case named or met without being a contact by it: outside of its window, or while nobody knows one.

    Parameters
    ----------
    told : pl.DataFrame
        Rows of `by_window` with a standing.
    met : pl.DataFrame
        Rows of `degrees.first_degree` in the time in doubt (`cases.core.window.in_doubt`).
    first : pl.DataFrame
        The first degree; of a setting that is there nothing is said again.

    Returns
    -------
    pl.DataFrame
        The columns of `first`: one row a case, person and place kind.
    """
    own = told.filter(pl.col("standing").is_not_null())
    kind = pl.coalesce("place_kind", pl.lit(PlaceKind.OTHER.value))
    named = (
        own.with_columns(place_kind=kind)
        .group_by(*SETTING, "standing")
        .agg(pl.col("first_contact").min(), pl.col("last_contact").max())
        .with_columns(found_by=pl.lit(FoundBy.INTERVIEW.value))
    )
    seen = met.with_columns(standing=pl.lit(Category.UNDECIDED.value), found_by=pl.lit(FoundBy.CO_PRESENCE.value))
    both = pl.concat([named, seen], how="diagonal_relaxed")
    if not both.height:
        return first.clear()
    rows = (
        both.sort(*SETTING, "found_by", nulls_last=True)
        .group_by(SETTING, maintain_order=True)
        .agg(
            pl.col("standing").first(),
            pl.when(pl.col("found_by").n_unique() > 1)
            .then(pl.lit(FoundBy.BOTH.value))
            .otherwise(pl.col("found_by").first())
            .alias("found_by"),
            pl.col("first_contact").min(),
            pl.col("last_contact").max(),
            *(pl.col(name).drop_nulls().first() for name in both.columns if name in ("microseconds", "encounters")),
        )
        .with_columns(
            category=pl.col("standing"),
            rule=pl.when(pl.col("standing") == Category.UNDECIDED.value)
            .then(pl.lit(UNDECIDED_RULE))
            .otherwise(pl.lit(OUTSIDE_RULE)),
            protected=pl.lit(False),
            since=pl.col("first_contact"),
        )
    )
    rows = rows.join(first.select(SETTING).unique(), on=SETTING, how="anti")
    missing = [pl.lit(None, kind).alias(name) for name, kind in first.schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in first.schema.items())


def join_interviews(first: pl.DataFrame, interviews: pl.DataFrame, *, windows: pl.DataFrame) -> pl.DataFrame:
    """Merge the first degree with what cases told, to one row a case, person and place kind.

    Parameters
    ----------
    first : pl.DataFrame
        Rows of `degrees.first_degree`.
    interviews : pl.DataFrame
        Schema `kernel.schema.INTERVIEWS`. A row without a place kind joins the setting in which the pair was together
        longest (ties: the smallest kind); where they were in none, the kind is ``other``.
    windows : pl.DataFrame
        ``case_id, person_id, infectious_from`` of every case.

    Returns
    -------
    pl.DataFrame
        ``case_id, person_id, place_kind, microseconds, encounters, first_contact, last_contact, found_by, protected,
        since``. The earliest first and the latest last contact of both sources count. ``protected`` holds where every
        interview row of the setting says so. ``since`` is the first contact, and where nobody knows it the start of the
        case's window: from then on the contact may have been infected.
    """
    told = interviews.filter(usable_interviews(interviews, cases=windows))
    longest = first.sort("microseconds", "place_kind", descending=[True, False]).unique(PAIR, keep="first")
    told = (
        told.join(longest.select(*PAIR, longest="place_kind"), on=PAIR, how="left")
        .with_columns(place_kind=pl.coalesce("place_kind", "longest", pl.lit(PlaceKind.OTHER.value)))
        .group_by(SETTING)
        .agg(
            told_first=pl.col("first_contact").min(),
            told_last=pl.col("last_contact").max(),
            protected=pl.col("protected").fill_null(False).all(),
        )
    )
    merged = first.join(told, on=SETTING, how="full", coalesce=True)
    both = pl.col("encounters").is_not_null() & pl.col("protected").is_not_null()
    return (
        merged.with_columns(
            first_contact=pl.min_horizontal("first_contact", "told_first"),
            last_contact=pl.max_horizontal("last_contact", "told_last"),
            found_by=pl.when(both)
            .then(pl.lit(FoundBy.BOTH.value))
            .when(pl.col("encounters").is_not_null())
            .then(pl.lit(FoundBy.CO_PRESENCE.value))
            .otherwise(pl.lit(FoundBy.INTERVIEW.value)),
            protected=pl.col("protected").fill_null(False),
        )
        .join(windows.select("case_id", "infectious_from"), on="case_id", how="left")
        .with_columns(since=pl.coalesce("first_contact", "infectious_from"))
        .drop("told_first", "told_last", "infectious_from")
    )


def categorise(rows: pl.DataFrame, *, degree: int, playbook: Playbook) -> pl.DataFrame:
    """Give each row the category of the first rule whose conditions all hold, and that rule's id.

    A rule's minutes hold for a contact known by interview alone, whose minutes nobody measured: the investigator named
    it. What no rule takes is a general contact under the rule whose threshold it passed; nobody found is dropped.

    Parameters
    ----------
    rows : pl.DataFrame
        ``place_kind, microseconds, protected``; all of one degree, for the second also ``via_positive``.
    degree : {1, 2}
        The degree of the rows.
    playbook : Playbook
        The rules.
    """
    thresholds = {kind: threshold_rule(kind, playbook, degree=degree) for kind in PlaceKind.codes()}
    fallback = {kind: rule.id for kind, rule in thresholds.items() if rule is not None}
    category: Any = pl.when(pl.lit(False)).then(pl.lit(""))
    chosen: Any = pl.when(pl.lit(False)).then(pl.lit(""))
    for rule in playbook.tracing.categories:
        if rule.degree == degree:
            holds = _holds(rule)
            category = category.when(holds).then(pl.lit(rule.category.value))
            chosen = chosen.when(holds).then(pl.lit(rule.id))
    general = pl.lit(Category.GENERAL_CONTACT.value)
    by_threshold = pl.col("place_kind").replace_strict(fallback, default="", return_dtype=pl.String)
    return rows.with_columns(category=category.otherwise(general), rule=chosen.otherwise(by_threshold))


def close_only(
    first: pl.DataFrame, *, playbook: Playbook | None = None, decisions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the close contacts among the first degree, with ``first_contact`` as `degrees.carriers` takes it.

    Parameters
    ----------
    first : pl.DataFrame
        The first degree, merged and categorised.
    playbook : Playbook, optional
        Says which category a rule gives; needed with `decisions`.
    decisions : pl.DataFrame, optional
        ``person_id, decision, category, rule``, one row a person: what investigators decided, and the rule by which the
        person had been proposed. Through whom they refused nobody is sought. Whom they accepted as a close contact and
        the playbook does not call so counts with every row. Whom they gave another category counts with none; who was
        accepted as proposed stands as the playbook says now, for later facts may have made a close contact of them.
    """
    is_close = pl.col("category") == Category.CLOSE_CONTACT.value
    if decisions is None or playbook is None or not decisions.height:
        return first.filter(is_close).select(*PAIR, first_contact="since")
    by_rule = {rule.id: rule.category.value for rule in playbook.tracing.categories}
    proposed = pl.col("rule").replace_strict(by_rule, default=Category.GENERAL_CONTACT.value, return_dtype=pl.String)
    accepted = pl.col("decision") == Decision.ACCEPTED.value
    said = decisions.select(
        "person_id",
        called_close=accepted & is_close,
        refused=(pl.col("decision") == Decision.REFUSED.value)
        | (accepted & ~is_close & (pl.col("category") != proposed)),
    )
    rows = first.join(said, on="person_id", how="left", maintain_order="left")
    every_row = pl.col("called_close").fill_null(False) & ~is_close.any().over("person_id")
    return rows.filter((is_close | every_row) & ~pl.col("refused").fill_null(False)).select(
        *PAIR, first_contact="since"
    )


def assemble_contacts(
    first: pl.DataFrame,
    second: pl.DataFrame,
    carried: pl.DataFrame,
    *,
    cases: pl.DataFrame,
    playbook: Playbook,
    positive: pl.Series | None = None,
) -> pl.DataFrame:
    """Put both degrees into the columns and the order of `kernel.schema.CONTACTS`.

    Parameters
    ----------
    first : pl.DataFrame
        The first degree, merged and categorised.
    second : pl.DataFrame
        Rows of `degrees.second_degree`, with ``latest``.
    carried : pl.DataFrame
        Rows of `degrees.carriers`.
    cases : pl.DataFrame
        ``person_id`` of every case.
    playbook : Playbook
        Gives the second degree its categories.
    positive : pl.Series, optional
        Ids of people who have a positive test, beside the cases.

    Returns
    -------
    pl.DataFrame
        Schema `kernel.schema.CONTACTS`.
    """
    plain = assemble(first, second, carried, cases=cases)
    seen = pl.lit(FoundBy.CO_PRESENCE.value)
    ill = cases["person_id"] if positive is None else pl.concat([cases["person_id"], positive])
    turned = pl.col("via_person_id").is_in(ill.unique().implode())
    two = categorise(
        second.with_columns(protected=pl.lit(False), via_positive=turned, found_by=seen), degree=2, playbook=playbook
    ).with_columns(degree=pl.lit(2, pl.Int64), latest_exposure="latest")
    words = ["category", "rule", "found_by", "seat_unknown", "latest_exposure"]
    first = first.with_columns(latest_exposure=pl.lit(None, pl.Datetime("us")))
    marks = pl.concat(
        [
            first.select(*SETTING, *words, degree=pl.lit(1, pl.Int64)),
            two.join(carried.select("case_id", via_person_id="person_id"), on="via_person_id").select(
                *SETTING, *words, "degree"
            ),
        ]
    )
    joined = plain.join(marks, on=[*SETTING, "degree"], how="left")
    # Whoever is known by interview alone has no overlap, and so no seat that would be missing.
    return in_order(CONTACTS.conform(joined.with_columns(pl.col("seat_unknown").fill_null(False))))


def _holds(rule: CategoryRule) -> pl.Expr:
    holds = pl.lit(True)
    if rule.place_kinds is not None:
        holds = holds & pl.col("place_kind").is_in([kind.value for kind in rule.place_kinds])
    if rule.min_minutes is not None:
        needed = round(rule.min_minutes * MICROSECONDS_A_MINUTE)
        holds = holds & (pl.col("microseconds").fill_null(needed) >= needed)
    if rule.protected is not None:
        holds = holds & (pl.col("protected") == rule.protected)
    if rule.via_positive is not None and rule.degree == 2:
        holds = holds & (pl.col("via_positive") == rule.via_positive)
    return holds
