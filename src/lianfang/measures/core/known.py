"""What is known of each person, as the playbook's measures ask for it: one row a person."""

import datetime as dt

import polars as pl

from lianfang.cases.core.known import known_at
from lianfang.kernel.cells import word_column
from lianfang.kernel.vocabulary import CATEGORY_RANK, WITHOUT_MEASURES, Category, Classification, Decision
from lianfang.measures.core.samples import derived, read_tests

OWN_COLUMNS = ("person_id", "case_id", "name", "id_number", "phone", "sex", "birth_date", "address", "jurisdiction")
"""Columns of the list of people that are no facts for a measure; every other column of it may be one."""


def _found_at(cases: pl.DataFrame, *, as_of: dt.datetime) -> pl.Expr:
    """When each case became known, never after the time of reckoning; then, where no time of the case says it."""
    now = pl.lit(as_of, dtype=pl.Datetime("us"))
    return pl.min_horizontal(known_at(cases).fill_null(now), now)


def case_of_person(cases: pl.DataFrame, *, as_of: dt.datetime) -> pl.DataFrame:
    """Return one case a person, with ``found_at``: who fell ill twice counts as the case that became known last."""
    found = cases.with_columns(found_at=_found_at(cases, as_of=as_of))
    return found.sort("found_at", "case_id").unique("person_id", keep="last", maintain_order=True)


def case_facts(cases: pl.DataFrame, people: pl.DataFrame, *, as_of: dt.datetime) -> pl.DataFrame:
    """Return the facts of the cases themselves.

    ``symptomatic`` follows from the classification where there is one, else from whether there is an onset; a column of
    that name wins. Who is in the list twice: see `case_of_person`.
    """
    classified = word_column(cases, "classification", Classification)
    stated = pl.col("symptomatic") if "symptomatic" in cases.columns else pl.lit(None, pl.String)
    derived = (
        pl.when(classified == Classification.ASYMPTOMATIC.value)
        .then(pl.lit("no"))
        .when(classified.is_not_null() | pl.col("onset_date").is_not_null())
        .then(pl.lit("yes"))
        .otherwise(pl.lit("no"))
    )
    # The window ends at 24:00 of a day of isolation whose hour nobody told; the measure belongs to that day.
    isolated = pl.col("isolated_at")
    whole_day = isolated == isolated.dt.truncate("1d")
    facts = case_of_person(cases, as_of=as_of).with_columns(
        category=pl.lit(Category.CASE.value),
        symptomatic=pl.coalesce(stated, derived),
        isolated_at=pl.when(whole_day).then(isolated.dt.offset_by("-1d")).otherwise(isolated),
    )
    dropped = ["row", "case_id", "infectious_from", "infectious_to", "window_rule", "window_problem", "rule", "measure"]
    return _with_people(facts.drop([n for n in dropped if n in facts.columns]), people)


def contact_facts(
    contacts: pl.DataFrame,
    cases: pl.DataFrame,
    people: pl.DataFrame,
    *,
    as_of: dt.datetime,
    decisions: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the facts of the contacts who are no cases.

    The category is the first of `CATEGORY_ORDER` that any row gives; the last exposure is the latest among the rows
    of that category. The person was found when the list of people says so, else when the earliest of the cases of those
    rows became known; of a close contact through somebody who turned positive, when that one became known or was
    sampled. Whose linked tests nobody tells has those that the list tells of the close contact whom the person met. Of
    whom nothing is proposed (`WITHOUT_MEASURES`), and of whom no investigator decided otherwise, there are no facts.

    Parameters
    ----------
    contacts, cases, people : pl.DataFrame
        As the response hands them.
    as_of : datetime
        Naive local.
    decisions : pl.DataFrame, optional
        ``person_id, decision, category``: what investigators decided. Whom they refused is no contact; the category
        that they accepted counts.
    """
    known = cases.select("case_id", known=_found_at(cases, as_of=as_of))
    turned = _turned(cases, people, as_of=as_of)
    upgraded = (pl.col("degree") == 2) & (pl.col("category") == Category.CLOSE_CONTACT.value)
    rows = (
        contacts.join(cases.select("person_id").unique(), on="person_id", how="anti")
        .join(known, on="case_id", how="left")
        .join(turned, on="via_person_id", how="left")
        .with_columns(known=pl.when(upgraded).then(pl.max_horizontal("known", "turned")).otherwise("known"))
        .with_columns(
            rank=pl.col("category").replace_strict(CATEGORY_RANK, default=len(CATEGORY_RANK), return_dtype=pl.Int64)
        )
    )
    strongest = pl.col("rank") == pl.col("rank").min()
    facts = (
        rows.sort("person_id", "rank", "case_id")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("category").first(),
            pl.max_horizontal("last_contact", "latest_exposure").filter(strongest).max().alias("last_exposure"),
            pl.min_horizontal(pl.col("known").filter(strongest).min(), pl.lit(as_of, dtype=pl.Datetime("us"))).alias(
                "found_at"
            ),
        )
    )
    # A contact of today whose hour nobody told lasts until 24:00: so much of it counts as has happened.
    ahead = pl.col("last_exposure") > pl.lit(as_of, dtype=pl.Datetime("us"))
    facts = facts.with_columns(last_exposure=pl.when(ahead).then(pl.lit(as_of)).otherwise("last_exposure"))
    if decisions is not None and decisions.height:
        said = decisions.select("person_id", "decision", decided="category")
        facts = (
            facts.join(said, on="person_id", how="left", maintain_order="left")
            .filter(pl.col("decision").ne_missing(Decision.REFUSED.value))
            .with_columns(
                category=pl.when(pl.col("decision") == Decision.ACCEPTED.value)
                .then(pl.coalesce("decided", "category"))
                .otherwise("category")
            )
            .drop("decision", "decided")
        )
    nothing = [category.value for category in WITHOUT_MEASURES]
    facts = facts.filter(~pl.col("category").is_in(nothing))
    facts = _with_people(_found(facts, people), people)
    if "own_tests" in people.columns:
        facts = _with_linked_tests(facts, contacts, people)
    return facts


def _turned(cases: pl.DataFrame, people: pl.DataFrame, *, as_of: dt.datetime) -> pl.DataFrame:
    """Return since when somebody is known to be infected: as a case, else by the day of the first positive test."""
    turned = case_of_person(cases, as_of=as_of).select(via_person_id="person_id", turned="found_at")
    if "own_tests" not in people.columns:
        return turned
    tested = people.with_row_index("_row").filter(pl.col("own_tests").is_not_null())
    tests = read_tests(tested, "own_tests").drop_nulls(["on", "positive"])
    positive = derived(tests, fact="own_positive", first=None, as_of=as_of).drop_nulls("own_positive_at")
    by_test = tested.join(positive, on="_row").select(via_person_id="person_id", turned="own_positive_at")
    return pl.concat([turned, by_test.join(turned, on="via_person_id", how="anti").unique("via_person_id")])


def _with_linked_tests(facts: pl.DataFrame, contacts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    own = people.select(via_person_id=pl.col("person_id"), _linked="own_tests").drop_nulls().unique("via_person_id")
    linked = (
        contacts.filter(pl.col("degree") == 2)
        .sort("person_id", "via_person_id")
        .join(own, on="via_person_id")
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "_linked")
    )
    told = pl.col("linked_tests") if "linked_tests" in facts.columns else pl.lit(None, pl.String())
    joined = facts.join(linked, on="person_id", how="left", maintain_order="left")
    return joined.with_columns(linked_tests=pl.coalesce(told, "_linked")).drop("_linked")


def _with_people(facts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    extra = [n for n in people.columns if n not in OWN_COLUMNS and n not in facts.columns]
    if not extra or not people.height:
        return facts
    # A list of people names each once (intake refuses a repeated key, the register cannot hold one).
    known = people.select("person_id", *extra).unique("person_id", keep="first", maintain_order=True)
    return facts.join(known, on="person_id", how="left", maintain_order="left")


def _found(facts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Take the time at which a person was found from the list of people, where it tells it."""
    if people.schema.get("found_at") != pl.Datetime("us"):
        return facts
    told = people.select("person_id", _found="found_at").unique("person_id", keep="first", maintain_order=True)
    joined = facts.join(told, on="person_id", how="left", maintain_order="left")
    return joined.with_columns(found_at=pl.coalesce("_found", "found_at")).drop("_found")
