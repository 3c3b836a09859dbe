"""When each case may have been infected, and which cases have no known source among the others."""

import datetime as dt
from collections.abc import Mapping

import networkx as nx
import polars as pl

from lianfang.chains.core.timing import law_of
from lianfang.playbook.model import IntervalRule

COVERAGE = 0.95
"""Share of the incubation period that the plausible exposure covers, the same left out on either side."""

EXPOSED = {
    "case_id": pl.String(),
    "person_id": pl.String(),
    "day": pl.Date(),
    "exposed_from": pl.Datetime("us"),
    "exposed_to": pl.Datetime("us"),
}
"""Columns of `plausible_exposure`."""


def incubation_days(rule: IntervalRule, *, coverage: float = COVERAGE) -> tuple[int, int]:
    """Return the shortest and the longest incubation period that are considered, in whole days.

    Parameters
    ----------
    rule : IntervalRule
        The playbook's incubation period.
    coverage : float
        Share of the distribution between the two, before rounding outwards.
    """
    law, tail = law_of(rule), (1 - coverage) / 2
    return max(0, int(law.ppf(tail))), max(1, -int(-law.ppf(1 - tail) // 1))


def plausible_exposure(cases: pl.DataFrame, rule: IntervalRule, *, coverage: float = COVERAGE) -> pl.DataFrame:
    """Return the days on which each case may have been infected.

    Parameters
    ----------
    cases : polars.DataFrame
        ``case_id, person_id, onset_date, sampled_at``; a case with neither day is left out.
    rule : IntervalRule
        The playbook's incubation period.
    coverage : float
        See `incubation_days`.

    Returns
    -------
    polars.DataFrame
        Columns of `EXPOSED`, by case id: ``day`` (of onset, else of the sample), and half-open whole days. A case
        without onset may have been infected until the day of its sample.
    """
    shortest, longest = incubation_days(rule, coverage=coverage)
    person = pl.col("person_id").cast(pl.String) if "person_id" in cases.columns else pl.lit(None, pl.String)
    days = [pl.col(name).cast(pl.Date) for name in ("onset_date", "sampled_at") if name in cases.columns]
    onset = pl.col("onset_date").is_not_null() if "onset_date" in cases.columns else pl.lit(False)
    first = pl.col("day").cast(pl.Datetime("us"))
    return (
        cases.select(
            pl.col("case_id").cast(pl.String),
            person_id=pl.coalesce(person, pl.col("case_id").cast(pl.String)),
            day=pl.coalesce(*days, pl.lit(None, pl.Date)),
            least=pl.when(onset).then(shortest).otherwise(0),
        )
        .drop_nulls("day")
        .select(
            "case_id",
            "person_id",
            "day",
            exposed_from=first - dt.timedelta(days=longest),
            exposed_to=first - pl.duration(days="least") + dt.timedelta(days=1),
        )
        .sort("case_id")
    )


def known_links(contacts: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of cases that are known to have met, each pair both ways.

    Parameters
    ----------
    contacts : polars.DataFrame
        ``case_id, person_id, degree``; those of the first degree count.
    cases : polars.DataFrame
        ``case_id, person_id``.

    Returns
    -------
    polars.DataFrame
        ``infector, infectee`` (case ids), unique, sorted.
    """
    first = contacts.filter(pl.col("degree") == 1) if "degree" in contacts.columns else contacts
    one = first.select(infector=pl.col("case_id").cast(pl.String), person_id=pl.col("person_id").cast(pl.String)).join(
        cases.select(
            infectee=pl.col("case_id").cast(pl.String),
            person_id=pl.coalesce(pl.col("person_id"), pl.col("case_id")).cast(pl.String),
        ),
        on="person_id",
    )
    pairs = one.select("infector", "infectee").filter(pl.col("infector") != pl.col("infectee"))
    turned = pairs.select(infector="infectee", infectee="infector")
    return pl.concat([pairs, turned]).unique().sort("infector", "infectee")


def without_known_source(exposed: pl.DataFrame, contacts: pl.DataFrame, parent: Mapping[str, str]) -> pl.DataFrame:
    """Return the cases that no known contact explains, one of each group of acquainted ones.

    Parameters
    ----------
    exposed : polars.DataFrame
        Rows of `plausible_exposure`.
    contacts : polars.DataFrame
        Contacts of the cases; see `known_links`.
    parent : mapping
        From `links.known_tree`: the cases that are explained.

    Returns
    -------
    polars.DataFrame
        The other rows of `exposed`; among them, people who have met each other are counted once, by the earliest case:
        they go to places together, and two of a family in one shop are no coincidence.
    """
    known = known_links(contacts, exposed)
    roots = exposed.filter(~pl.col("case_id").is_in(list(parent)))
    acquainted = nx.Graph()
    acquainted.add_nodes_from(roots["case_id"])
    among = known.join(roots, left_on="infector", right_on="case_id", how="semi")
    among = among.join(roots, left_on="infectee", right_on="case_id", how="semi")
    acquainted.add_edges_from(among.iter_rows())
    earliest = {case: rank for rank, case in enumerate(roots.sort("day", "case_id")["case_id"])}
    first = [min(group, key=earliest.__getitem__) for group in nx.connected_components(acquainted)]
    return roots.filter(pl.col("case_id").is_in(first))
