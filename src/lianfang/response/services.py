"""The response to an outbreak of the database: facts through selectors, the same loop, decisions in one transaction."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, cast

import polars as pl

from lianfang.access import audit
from lianfang.access.models import Account
from lianfang.access.scope import Scope, system_scope
from lianfang.access.services import need
from lianfang.access.times import to_local
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.headquarters.services import ClocksToStore, clocks_to_store, store_clocks
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.measures.selectors import isolations_frame
from lianfang.measures.services import MeasuresToStore, measures_to_store, store_measures
from lianfang.outbreaks.selectors import find_outbreak, playbook_of
from lianfang.outbreaks.services import record_run
from lianfang.playbook.model import Playbook
from lianfang.presences import keeping
from lianfang.registry.selectors import areas_of_people
from lianfang.response.core.facts import used_decisions
from lianfang.response.core.loop import Inputs, Response, no_progress, respond, rests_on, steps
from lianfang.response.progress import told
from lianfang.tracing.selectors import decisions_frame, interviews_frame
from lianfang.tracing.services import ContactsToStore, contacts_to_store, record_same_place, store_contacts
from lianfang.tracing.tracer import count_general, find_contacts

_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a response came to.

    Attributes
    ----------
    contacts, chains, measures, clocks : int
        Rows made or really changed; all 0 where nothing had changed since the last response.
    unknown : list of str
        People whom tracing found and the register does not know; nobody can call them until they are registered.
    seconds : float
        How long it took.
    response : Response
        The decisions themselves.
    is_current : bool
        Whether it stands on the facts as they were when it was stored. They were others where people changed them each
        time while it traced: it then stands on those of its last tracing, and is to be asked for again.
    """

    contacts: int
    chains: int = 0
    measures: int
    clocks: int
    unknown: list[str]
    seconds: float
    response: Response
    is_current: bool = True


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
        Called with the name of each of `selectors.stages` as it begins; pages are told by `selectors.stages_of`.

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
    _playbook(outbreak_code, scope)  # refused before anybody is told of a step
    with told(outbreak_code, progress) as tell:
        for _ in range(_TRIES):
            traced = _trace(outbreak_code, scope, as_of, tell)
            tell("store")
            for _ in range(_TRIES):
                number = audit.last_number()
                if not _stands(traced, outbreak_code, scope):
                    break
                ready = _to_store(traced, outbreak_code, scope, at)
                with writing():
                    changed = audit.written_since(number, kinds=rests_on(), outbreak=outbreak_code)
                    if not changed and _same_presences(traced.facts, keeping.store().snapshot()):
                        return _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started)
            else:
                with writing():
                    # Others keep writing: they wait now, while it compares. It never traces here.
                    if _stands(traced, outbreak_code, scope):
                        ready = _to_store(traced, outbreak_code, scope, at)
                        return _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started)
        with writing():
            # Others keep changing the facts.
            ready = _to_store(_without_gone(traced, _facts(outbreak_code, scope)), outbreak_code, scope, at)
            done = _store(ready, traced, outbreak_code, scope, at=at, case_id=case_id, started=started)
            return replace(done, is_current=False)


@dataclass(frozen=True)
class _Traced:
    """A response, and what it stands on."""

    facts: Inputs
    playbook: Playbook
    response: Response


def _playbook(outbreak_code: str, scope: Scope) -> Playbook:
    """Return the policy under which an outbreak is answered now."""
    outbreak = find_outbreak(outbreak_code, scope)
    if outbreak is None:
        raise Refused(
            Text(f"没有疫情 {outbreak_code}，请先建立", f"there is no outbreak {outbreak_code}: create it first")
        )
    return playbook_of(outbreak)


def _trace(outbreak: str, scope: Scope, as_of: dt.datetime, progress: Callable[[str], None]) -> _Traced:
    facts, playbook = _facts(outbreak, scope), _playbook(outbreak, scope)
    response = respond(
        facts, playbook=playbook, as_of=as_of, trace=find_contacts, count_general=count_general, progress=progress
    )
    return _Traced(facts, playbook, response)


def _facts(outbreak: str, scope: Scope) -> Inputs:
    return Inputs(
        cases=cases_frame(outbreak, scope),
        presences=keeping.store().snapshot(),
        interviews=interviews_frame(outbreak, scope),
        decisions=decisions_frame(outbreak, scope),
        isolations=isolations_frame(outbreak, scope),
    )


def _stands(traced: _Traced, outbreak: str, scope: Scope) -> bool:
    """Tell whether a response would be the same if it were traced now: facts and policy, as far as they are used."""
    then, now, contacts = traced.facts, _facts(outbreak, scope), traced.response.contacts
    if _playbook(outbreak, scope).digest != traced.playbook.digest or not _same_presences(then, now.presences):
        return False
    return (
        then.cases.equals(now.cases)
        and then.interviews.drop("relation").equals(now.interviews.drop("relation"))
        and _isolations(then).equals(_isolations(now))
        and used_decisions(_decisions(then), contacts).equals(used_decisions(_decisions(now), contacts))
    )


def _decisions(facts: Inputs) -> pl.DataFrame:
    return cast("pl.DataFrame", facts.decisions)


def _isolations(facts: Inputs) -> pl.DataFrame:
    return cast("pl.DataFrame", facts.isolations)


def _without_gone(traced: _Traced, now: Inputs) -> _Traced:
    """Leave out the measures of whom an investigator refused since, and of whoever is no case any more."""
    refused = _decisions(now).filter(pl.col("decision") == Decision.REFUSED.value)
    no_cases = traced.facts.cases.join(now.cases, on="person_id", how="anti")
    gone = pl.concat([refused.select("person_id"), no_cases.select("person_id")])
    measures = traced.response.measures.join(gone, on="person_id", how="anti")
    return replace(traced, response=replace(traced.response, given=traced.response.given | {"measures": measures}))


def _same_presences(facts: Inputs, now: object) -> bool:
    # What was merged meanwhile holds the same rows: that is no other fact.
    return bool(getattr(facts.presences, "content", None) == getattr(now, "content", None))


@dataclass(frozen=True)
class _ToStore:
    contacts: ContactsToStore
    measures: MeasuresToStore
    clocks: ClocksToStore
    kept: dict[str, Any]


def _to_store(traced: _Traced, outbreak: str, scope: Scope, at: dt.datetime) -> _ToStore:
    """Compare a response with what is stored; nothing is written."""
    response = traced.response
    known = areas_of_people(scope, response.measures["person_id"].unique().to_list())
    measures = response.measures.join(known, on="person_id", how="semi")
    return _ToStore(
        contacts_to_store(contacts=response.contacts, outbreak=outbreak, by=scope, at=at),
        measures_to_store(measures=measures, outbreak=outbreak, by=scope, at=at),
        clocks_to_store(clocks=response.clocks, outbreak=outbreak, by=scope, complete=True),
        {
            step.name: import_module(step.kept).to_store(
                response.given[step.gives[0]], outbreak=outbreak, by=scope, at=at
            )
            for step in steps()
            if step.kept
        },
    )


def _store(
    ready: _ToStore,
    traced: _Traced,
    outbreak: str,
    scope: Scope,
    *,
    at: dt.datetime,
    case_id: str | None,
    started: float,
) -> Answered:
    response = traced.response
    recorded = store_contacts(ready.contacts, by=scope, at=at)
    kept = {
        step.name: import_module(step.kept).store(ready.kept[step.name], by=scope, at=at)
        for step in steps()
        if step.kept
    }
    proposed = store_measures(ready.measures, by=scope, at=at)
    clocks = store_clocks(ready.clocks, by=scope, at=at)
    record_same_place(counts=response.general, outbreak=outbreak)
    seconds = time.perf_counter() - started
    record_run(
        outbreak=outbreak,
        case_id=case_id,
        as_of=at,
        playbook=traced.playbook.name,
        seconds=round(seconds, 3),
        cases=response.cases.height,
        contacts=response.contacts["person_id"].n_unique(),
        at=at,
        presences=getattr(traced.facts.presences, "content_digest", ""),
    )
    return Answered(
        contacts=recorded.contacts + recorded.exposures + recorded.removed,
        **kept,
        measures=proposed.changed + proposed.withdrawn,
        clocks=clocks,
        unknown=recorded.unknown,
        seconds=seconds,
        response=response,
    )
