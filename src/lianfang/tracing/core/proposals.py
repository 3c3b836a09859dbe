"""From rows of tracing to one proposal a person: they become contacts and exposures."""

import polars as pl

from lianfang.kernel.vocabulary import WITHOUT_MEASURES, Category, FoundBy
from lianfang.tracing.core.state import IS_CONTACT

STRICTEST = (Category.CLOSE_CONTACT, Category.SECONDARY_CONTACT, Category.GENERAL_CONTACT)
"""Categories of contacts, the strictest first: the category of a person is the strictest of the person's rows."""

SHOWN = (*STRICTEST, *WITHOUT_MEASURES)
"""Those, and behind them what the system only says: the order of all that a row may have."""


def strictness() -> pl.Expr:
    """Return the place of each row's ``category`` in `SHOWN`; what is not among them comes last."""
    places = {category.value: place for place, category in enumerate(SHOWN)}
    return pl.col("category").replace_strict(places, default=len(SHOWN), return_dtype=pl.Int64)


def one_a_person(contacts: pl.DataFrame) -> pl.DataFrame:
    """Gather rows of tracing to one row a person.

    Parameters
    ----------
    contacts : pl.DataFrame
        Schema `lianfang.kernel.schema.CONTACTS`.

    Returns
    -------
    pl.DataFrame
        ``person_id, degree, category, rule, found_by, first_contact, last_contact, minutes, is_case``, by person.
        Category, rule and degree are those of the strictest row (the longest of them); the times span all rows;
        ``minutes`` is the longest time together with one case, or one contact, in all settings: hours with two cases
        at one table are not counted twice.
    """
    # What is no contact counts only for whom there is nothing else: a meal after the isolation is no last contact.
    is_contact = IS_CONTACT.polars()
    contacts = contacts.filter(is_contact | ~is_contact.any().over("person_id"))
    top = (
        contacts.with_columns(rank=strictness())
        .sort("person_id", "rank", "degree", -pl.col("minutes").fill_null(-1), "case_id", "place_kind")
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "degree", "category", "rule", "is_case")
    )
    together = contacts.group_by("person_id", "case_id", "degree").agg(pl.col("minutes").sum())
    minutes = together.group_by("person_id").agg(pl.col("minutes").max())
    both = pl.col("found_by").n_unique() > 1
    spans = contacts.group_by("person_id").agg(
        pl.col("first_contact").min(),
        pl.max_horizontal("last_contact", "latest_exposure").max().alias("last_contact"),
        found_by=pl.when(both).then(pl.lit(FoundBy.BOTH.value)).otherwise(pl.col("found_by").first()),
    )
    return (
        top.join(spans, on="person_id", maintain_order="left")
        .join(minutes, on="person_id", maintain_order="left")
        .select(
            "person_id",
            "degree",
            "category",
            "rule",
            "found_by",
            "first_contact",
            "last_contact",
            "minutes",
            "is_case",
        )
    )
