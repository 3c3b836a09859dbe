"""The response to an outbreak of the database: facts through selectors, the same loop, decisions in one transaction."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.db import connection, transaction

from lianfang.access import audit
from lianfang.access.clock import to_local
from lianfang.access.models import Account
from lianfang.access.scope import Scope, system_scope
from lianfang.access.services import need
from lianfang.cases.selectors import cases_frame, find_outbreak
from lianfang.headquarters.services import ClocksToStore, clocks_to_store, store_clocks
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.selectors import isolations_frame
from lianfang.measures.services import MeasuresToStore, measures_to_store, store_measures
from lianfang.playbook.model import Playbook
from lianfang.registry.selectors import areas_of_people
from lianfang.response.core.loop import Inputs, Response, no_progress, respond
from lianfang.response.progress import told
from lianfang.tracing import presences
from lianfang.tracing.selectors import decisions_frame, interviews_frame, playbook_of
from lianfang.tracing.services import (
    ChainsToStore,
    ContactsToStore,
    chains_to_store,
    contacts_to_store,
    record_run,
    record_same_place,
    store_chains,
    store_contacts,
)
from lianfang.tracing.tracer import count_general, find_contacts

_LOCK = 0x4C46_5250
"""Responses take turns: one number for all outbreaks, kept by PostgreSQL until the transaction ends. SQLite lets one
transaction write at a time anyway."""

_TRIES = 3


@dataclass(frozen=True)
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
    """

    contacts: int
    chains: int
    measures: int
    clocks: int
    unknown: list[str]
    seconds: float
    response: Response


def respond_outbreak(
    *,
    outbreak_code: str,
    at: dt.datetime,
    by: Account | None = None,
    case_id: str | None = None,
    progress: Callable[[str], None] = no_progress,
) -> Answered:
    """Answer an outbreak with what is known of it now; doing the same twice changes nothing.

    Tracing runs outside the transaction, so that others can work meanwhile, and so does comparing the results with
    what is stored: the transaction writes the differences alone, all or none. It does so only where nothing was written
    since the comparison began, else it is compared again, and traced again where the facts are others. What people
    decided is never overwritten.

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
        Called with the name of each of `selectors.STAGES` as it begins; pages are told by `selectors.stages_of`.

    Raises
    ------
    Refused
        When there is no such outbreak.
    """
    if by is not None:
        need(by, "case.report")
    scope = system_scope("respond")
    outbreak = find_outbreak(outbreak_code, scope)
    if outbreak is None:
        raise Refused(
            Text(f"没有疫情 {outbreak_code}，请先建立", f"there is no outbreak {outbreak_code}: create it first")
        )
    started = time.perf_counter()
    playbook = playbook_of(outbreak)
    as_of = cast("dt.datetime", to_local(at))
    with told(outbreak_code, progress) as tell:
        facts, response = None, None
        for _ in range(_TRIES - 1):
            facts = _facts(outbreak_code, scope)
            response = _respond(facts, playbook, as_of, tell)
            tell("store")
            for _ in range(_TRIES):
                number = audit.last_number()
                if not _same(facts, _facts(outbreak_code, scope)):
                    break
                ready = _to_store(response, outbreak_code, scope, at)
                with transaction.atomic():
                    _take_turn()
                    if not audit.written_since(number) and _same_presences(facts, presences.store().snapshot()):
                        return _store(ready, outbreak_code, scope, playbook, at=at, case_id=case_id, started=started)
            else:
                break
        with transaction.atomic():
            # Others keep writing: they wait now.
            _take_turn()
            known = _facts(outbreak_code, scope)
            if facts is None or response is None or not _same(facts, known):
                response = _respond(known, playbook, as_of, tell)
            ready = _to_store(response, outbreak_code, scope, at)
            return _store(ready, outbreak_code, scope, playbook, at=at, case_id=case_id, started=started)


def _respond(facts: Inputs, playbook: Playbook, as_of: dt.datetime, progress: Callable[[str], None]) -> Response:
    return respond(
        facts, playbook=playbook, as_of=as_of, trace=find_contacts, count_general=count_general, progress=progress
    )


def _facts(outbreak: str, scope: Scope) -> Inputs:
    return Inputs(
        cases=cases_frame(outbreak, scope),
        presences=presences.store().snapshot(),
        interviews=interviews_frame(outbreak, scope),
        decisions=decisions_frame(outbreak, scope),
        isolations=isolations_frame(outbreak, scope),
    )


def _same(one: Inputs, other: Inputs) -> bool:
    frames = ("cases", "interviews", "decisions", "isolations")
    return _same_presences(one, other.presences) and all(getattr(one, n).equals(getattr(other, n)) for n in frames)


def _same_presences(facts: Inputs, now: object) -> bool:
    # What was merged meanwhile holds the same rows: that is no other fact.
    return bool(getattr(facts.presences, "content", None) == getattr(now, "content", None))


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


@dataclass(frozen=True)
class _ToStore:
    response: Response
    contacts: ContactsToStore
    chains: ChainsToStore
    measures: MeasuresToStore
    clocks: ClocksToStore


def _to_store(response: Response, outbreak: str, scope: Scope, at: dt.datetime) -> _ToStore:
    """Compare a response with what is stored; nothing is written."""
    known = areas_of_people(scope, response.measures["person_id"].unique().to_list())
    measures = response.measures.join(known, on="person_id", how="semi")
    return _ToStore(
        response,
        contacts_to_store(contacts=response.contacts, outbreak=outbreak, by=scope, at=at),
        chains_to_store(chains=response.chains, outbreak=outbreak),
        measures_to_store(measures=measures, outbreak=outbreak, by=scope, at=at),
        clocks_to_store(clocks=response.clocks, outbreak=outbreak, by=scope),
    )


def _store(
    ready: _ToStore,
    outbreak: str,
    scope: Scope,
    playbook: Playbook,
    *,
    at: dt.datetime,
    case_id: str | None,
    started: float,
) -> Answered:
    response = ready.response
    recorded = store_contacts(ready.contacts, by=scope, at=at)
    chains = store_chains(ready.chains, by=scope, at=at)
    proposed = store_measures(ready.measures, by=scope, at=at)
    clocks = store_clocks(ready.clocks, by=scope, at=at)
    record_same_place(counts=response.general, outbreak=outbreak)
    seconds = time.perf_counter() - started
    record_run(
        outbreak=outbreak,
        case_id=case_id,
        as_of=at,
        playbook=playbook.name,
        seconds=round(seconds, 3),
        cases=response.cases.height,
        contacts=response.contacts["person_id"].n_unique(),
        at=at,
    )
    return Answered(
        contacts=recorded.contacts + recorded.exposures + recorded.removed,
        chains=chains,
        measures=proposed.changed + proposed.withdrawn,
        clocks=clocks,
        unknown=recorded.unknown,
        seconds=seconds,
        response=response,
    )
