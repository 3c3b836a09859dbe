"""The demo's response, read back from the database and scored against the truth."""

import datetime as dt

import polars as pl

from lianfang.access.scope import Scope, system_scope
from lianfang.drill.core.outbreak import Truth
from lianfang.drill.core.score import Score, score_response
from lianfang.house import ROOMS
from lianfang.kernel.declare import load_named

_PART = 5000


def score_of(outbreak: str, truth: Truth, as_of: dt.datetime, *, people: pl.DataFrame) -> Score:
    """Score what the database holds of an outbreak's response.

    Parameters
    ----------
    outbreak : str
        Code of the outbreak.
    truth : Truth
    as_of : datetime
        Naive, local.
    people : DataFrame
        ``person_id, household`` of the county.
    """
    from lianfang.cases.selectors import cases_frame
    from lianfang.headquarters.selectors import clocks_frame
    from lianfang.measures.selectors import measures_frame
    from lianfang.tracing.selectors import interviews_frame

    scope = system_scope("demo")
    cases = cases_frame(outbreak, scope)
    interviews = interviews_frame(outbreak, scope)
    return score_response(
        truth=truth,
        cases=cases,
        contacts=_exposures(outbreak),
        interviews=interviews,
        chains=_chains(outbreak, scope),
        simple=_two_lines(outbreak, cases, interviews),
        measures=measures_frame(outbreak, scope),
        people=people,
        clocks=clocks_frame(outbreak, scope).height,
        as_of=as_of,
    )


def _two_lines(outbreak: str, cases: pl.DataFrame, interviews: pl.DataFrame) -> pl.DataFrame:
    """Return the candidates by two lines of arithmetic, over the same meetings; nobody in a house without that room."""
    from lianfang.outbreaks.selectors import find_outbreak, playbook_of
    from lianfang.presences import keeping
    from lianfang.tracing.tracer import find_meetings

    named = find_outbreak(outbreak, system_scope("demo"))
    if "chains" not in ROOMS or named is None:
        return pl.DataFrame(schema={"infector": pl.String, "infectee": pl.String})
    playbook = playbook_of(named)
    as_of = cases["reported_at"].max()
    assert isinstance(as_of, dt.datetime)
    met = find_meetings(cases, keeping.store().snapshot(), playbook=playbook, as_of=as_of)
    ranked: pl.DataFrame = load_named("lianfang.chains.core.baseline:two_lines")(
        cases, interviews, playbook=playbook, met=met
    )
    return ranked


def _chains(outbreak: str, scope: Scope) -> pl.DataFrame:
    """Return who was thought to have infected whom: infector, infectee, weight; nobody in a house without that room."""
    schema = {"infector": pl.String, "infectee": pl.String, "weight": pl.Float64}
    links: list[tuple[str, str, float]] = []
    if "chains" in ROOMS:
        rows = load_named("lianfang.chains.selectors:chain_links")(outbreak, scope)
        links += rows.values_list("infector_id", "infectee_id", "weight")
    return pl.DataFrame(links, schema=schema, orient="row")


def _exposures(outbreak: str) -> pl.DataFrame:
    """Return which contacts were found to have met which case: contact_id, case_id, person_id."""
    from lianfang.tracing.core.state import IS_CONTACT
    from lianfang.tracing.selectors import contacts_frame, exposures_of

    found = contacts_frame(outbreak, system_scope("demo"))
    contacts = found.filter(IS_CONTACT.polars()).select("contact_id", "person_id")
    ids = contacts["contact_id"].to_list()
    rows: list[tuple[int, str]] = []
    for start in range(0, len(ids), _PART):
        part = exposures_of(ids[start : start + _PART])
        rows += part.values_list("contact_id", "case_id")
    schema = {"contact_id": pl.Int64, "case_id": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").join(contacts, on="contact_id")
