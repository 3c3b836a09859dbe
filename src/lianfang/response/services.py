"""The response to an outbreak of the database: facts through selectors, the same loop, decisions in one transaction."""

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, cast

import polars as pl

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, system_scope
from lianfang.access.services import need
from lianfang.access.times import to_local
from lianfang.access.turns import writing
from lianfang.kernel.vocabulary import Decision
from lianfang.outbreaks.services import record_run
from lianfang.presences import keeping
from lianfang.registry.selectors import areas_of_people
from lianfang.response.core.loop import Inputs, Response, no_progress, respond, rests_on, steps
from lianfang.response.standing import Facts, playbook_now, read_facts, stands_on
from lianfang.tracing.services import record_same_place
from lianfang.tracing.tracer import count_general, find_contacts, find_meetings

_TRIES = 3


@dataclass(frozen=True)
class Answered:
    """What a response came to.

    Attributes
    ----------
    changed : mapping of str to int
        Rows made or really changed, by the step that keeps them; all 0 where nothing had changed since the last.
    unknown : list of str
        People whom tracing found and the register does not know; nobody can call them until they are registered.
    seconds : float
        How long it took.
    response : Response
        The decisions themselves.
    is_current : bool
        Whether it stands on the facts as they were when it was stored. They were others where people changed them each
        time while it traced: it then stands on those of its last tracing, and is to be asked for again.
    joined : int
        Meetings with a case that were counted once because two records told of one stay.
    """

    changed: Mapping[str, int]
    unknown: list[str]
    seconds: float
    response: Response
    is_current: bool = True
    joined: int = 0


def respond_outbreak(
    *,
    outbreak_code: str,
    at: dt.datetime,
    by: Account | None = None,
    case_id: str | None = None,
    progress: Callable[[str], None] = no_progress,
) -> Answered:
    """Answer an outbreak with what is known of it now; doing the same twice changes nothing.

    Tracing never makes anybody wait, and comparing the results with what is stored seldom: the transaction writes the
    differences alone, all or none. It does so only where nothing that they rest on was written since the comparison
    began; else it compares again, at the last time while the others wait. Where the facts themselves are others it
    traces again. Where they are others each time, what the last tracing found is stored all the same, for the work must
    come to something: nobody who was refused or is no case any more gets a measure, and `Answered.is_current` tells the
    caller to ask again. What people decided is never overwritten.

    Parameters
    ----------
    outbreak_code : str
        Code of the outbreak.
    at : datetime
        Aware; the time of reckoning.
    by : Account, optional
        Who asked for it (needs ``case.report``); none for a task. The work itself runs under the system scope
        ``system:respond``: a response sees the whole outbreak, whoever asks.
    case_id : str, optional
        The case whose report asked for it.
    progress : callable
        Called with the name of each of `selectors.stages` as it begins; what it raises ends the response, which has
        stored nothing then.

    Raises
    ------
    Refused
        When there is no such outbreak.
    """
    if by is not None:
        need(by, "case.report")
    scope = system_scope("respond")
    started = time.perf_counter()
    as_of = to_local(at)
    playbook_now(outbreak_code, scope)  # refused before anybody is told of a step
    for _ in range(_TRIES):
        traced = _trace(outbreak_code, scope, as_of, progress)
        progress("store")
        for _ in range(_TRIES):
            number = audit.last_number()
            if not _stands(traced, outbreak_code, scope):
                break
            ready = _to_store(traced, outbreak_code, scope, at)
            with writing():
                changed = audit.written_since(number, kinds=rests_on(), outbreak=outbreak_code)
                if not changed and _same_presences(traced):
                    return _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started)
        else:
            with writing():
                # Others keep writing: they wait now, while it compares. It never traces here.
                if _stands(traced, outbreak_code, scope):
                    ready = _to_store(traced, outbreak_code, scope, at)
                    return _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started)
    with writing():
        # Others keep changing the facts.
        gone = _without_gone(traced, read_facts(outbreak_code, scope).inputs)
        ready = _to_store(gone, outbreak_code, scope, at)
        return _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started, is_current=False)


@dataclass(frozen=True)
class _Traced:
    """A response, what it stands on, and the digest of what of that it used."""

    facts: Facts
    response: Response
    as_of: dt.datetime
    digest: str
    joined: int = 0


def _trace(outbreak: str, scope: Scope, as_of: dt.datetime, progress: Callable[[str], None]) -> _Traced:
    facts = read_facts(outbreak, scope)
    joined: list[int] = []
    response = respond(
        facts.inputs,
        playbook=facts.playbook,
        as_of=as_of,
        trace=partial(find_contacts, joined=joined.append),
        count_general=count_general,
        meet=find_meetings,
        progress=progress,
    )
    return _Traced(facts, response, as_of, facts.digest(response.contacts, as_of), sum(joined))


def _stands(traced: _Traced, outbreak: str, scope: Scope) -> bool:
    """Tell whether a response would be the same if it were traced now."""
    if not _same_presences(traced):
        return False
    return stands_on(traced.digest, outbreak, scope, as_of=traced.as_of, contacts=traced.response.contacts)


def _without_gone(traced: _Traced, now: Inputs) -> _Traced:
    """Leave out the measures of whom an investigator refused since, and of whoever is no case any more."""
    decisions = cast("pl.DataFrame", now.decisions)
    refused = decisions.filter(pl.col("decision") == Decision.REFUSED.value)
    no_cases = traced.facts.inputs.cases.join(now.cases, on="person_id", how="anti")
    gone = pl.concat([refused.select("person_id"), no_cases.select("person_id")])
    measures = traced.response.measures.join(gone, on="person_id", how="anti")
    return replace(traced, response=replace(traced.response, given=traced.response.given | {"measures": measures}))


def _same_presences(traced: _Traced) -> bool:
    # What was merged meanwhile holds the same rows: that is no other fact.
    now = keeping.store().snapshot()
    return bool(getattr(traced.facts.inputs.presences, "content", None) == now.content)


def _to_store(traced: _Traced, outbreak: str, scope: Scope, at: dt.datetime) -> dict[str, Any]:
    """Compare a response with what is stored; nothing is written."""
    response = traced.response
    known = areas_of_people(scope, response.measures["person_id"].unique().to_list())
    found = dict(response.given)
    found["measures"] = response.measures.join(known, on="person_id", how="semi")
    return {
        step.name: import_module(step.kept).to_store(found[step.gives[0]], outbreak=outbreak, by=scope, at=at)
        for step in steps()
        if step.kept
    }


def _store(
    ready: dict[str, Any],
    traced: _Traced,
    outbreak: str,
    scope: Scope,
    *,
    at: dt.datetime,
    case_id: str | None,
    started: float,
    is_current: bool = True,
) -> Answered:
    response = traced.response
    written = {
        step.name: import_module(step.kept).store(ready[step.name], by=scope, at=at) for step in steps() if step.kept
    }
    record_same_place(counts=response.general, outbreak=outbreak)
    seconds = time.perf_counter() - started
    record_run(
        outbreak=outbreak,
        case_id=case_id,
        as_of=at,
        playbook=traced.facts.playbook.name,
        seconds=round(seconds, 3),
        cases=response.cases.height,
        contacts=response.contacts["person_id"].n_unique(),
        at=at,
        presences=getattr(traced.facts.inputs.presences, "content_digest", ""),
        facts=traced.digest,
        # Within its turn: whatever is written up to here it knew, or wrote itself.
        number=audit.last_number() if is_current else 0,
    )
    return Answered(
        changed={name: one.total for name, one in written.items()},
        unknown=written["contacts"].unknown,
        seconds=seconds,
        response=response,
        is_current=is_current,
        joined=traced.joined,
    )
