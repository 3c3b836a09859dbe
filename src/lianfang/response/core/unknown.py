"""Whom one list names and another does not know: most slips of ids, digits and files show by that alone."""

from collections.abc import Mapping

import polars as pl

from lianfang.kernel.schema import UNDECIDED
from lianfang.kernel.text import Text

_NO_PRESENCE = Text(
    "在场记录中没有该病例的人员，查不到其接触者：请核对人员编号，或补充在场记录",
    "this case's person is in no presence, so nobody whom they met can be found: check the id of the person, or add "
    "the presences",
)


def who_met(cases: pl.DataFrame, contacts: pl.DataFrame) -> set[str]:
    """Return the people of cases whom a meeting shows to be in a presence: nobody has to look for them."""
    met = contacts.filter(pl.col("minutes").is_not_null())
    of_cases = cases.join(met.select("case_id"), on="case_id", how="semi")["person_id"]
    return set(of_cases) | set(met["person_id"]) | set(met["via_person_id"].drop_nulls())


def in_no_presence(cases: pl.DataFrame, seen: set[str]) -> pl.DataFrame:
    """Name the cases whose person is in no presence, led to their rows.

    Parameters
    ----------
    cases : pl.DataFrame
        ``case_id, person_id``, in the order of the list.
    seen : set of str
        Ids of people who are in a presence.

    Returns
    -------
    pl.DataFrame
        Columns of `UNDECIDED`.
    """
    return (
        cases.with_row_index("_row")
        .filter(~pl.col("person_id").is_in(sorted(seen)))
        .select(
            table=pl.lit("cases"),
            row=pl.col("_row").cast(pl.Int64),
            column=pl.lit("person_id"),
            value=pl.col("case_id"),
            reason_zh=pl.lit(_NO_PRESENCE.zh),
            reason_en=pl.lit(_NO_PRESENCE.en),
        )
        .cast(pl.Schema(UNDECIDED))
    )


def no_presence_words(rows: pl.DataFrame) -> list[Text]:
    """Say how many cases are in no presence, and which, whatever the order of the list; nothing where there is none."""
    if not rows.height:
        return []
    named = rows.sort(pl.col("value").str.len_chars(), "value")["value"].head(5).to_list()
    more = "…" if rows.height > len(named) else ""
    return [
        Text(
            f"有{rows.height}名病例的人员不在任何在场记录中（{'、'.join(named)}{more}），查不到其接触者",
            f"cases whose person is in no presence: {rows.height} ({', '.join(named)}{more}); nobody whom they met can "
            "be found",
        )
    ]


def unknown_words(lists: Mapping[str, pl.Series], found: pl.Series, known: pl.Series, people: str) -> list[Text]:
    """Say of each list how many of its people the list of people does not know, and of those that tracing found.

    Parameters
    ----------
    lists : mapping
        Name of a file, and the ids of people in it.
    found : pl.Series
        Ids of the contacts.
    known : pl.Series
        Ids of the list of people.
    people : str
        Its name.
    """
    said = []
    names = [(Text(file, file), ids) for file, ids in lists.items()]
    for name, ids in [*names, (Text("查到的接触者", "the contacts found"), found)]:
        those = ids.drop_nulls().unique()
        unknown = those.filter(~those.is_in(known.implode()))
        if unknown.len():
            said.append(
                Text(
                    f"{name.zh}：{those.len()}人中有{unknown.len()}人不在 {people} 中",
                    f"{name.en}: {unknown.len()} of {those.len()} people are unknown to {people}",
                )
            )
    return said
