"""The response to an outbreak of the database: facts through selectors, the same loop, decisions in one transaction."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.db import connection, transaction

from lianfang.access.clock import to_local
from lianfang.access.models import Account
from lianfang.access.scope import Scope, system_scope
from lianfang.access.services import need
from lianfang.cases.selectors import cases_frame, find_outbreak
from lianfang.headquarters.services import start_clocks
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.selectors import isolations_frame
from lianfang.measures.services import propose_measures
from lianfang.playbook.model import Playbook
from lianfang.registry.selectors import areas_of_people
from lianfang.response.core.loop import Inputs, Response, no_progress, respond
from lianfang.response.progress import told
from lianfang.tracing import presences
from lianfang.tracing.selectors import decisions_frame, interviews_frame, playbook_of
from lianfang.tracing.services import record_chains, record_contacts, record_run, record_same_place
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

    Tracing runs outside the transaction, so that others can work meanwhile; the results are stored, all or none, only
    where the facts they rest on are still the same, else it is traced again. What people decided is never overwritten.

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
        for attempt in range(1, _TRIES + 1):
            facts = None
            if attempt < _TRIES:
                facts = _facts(outbreak_code, scope)
                response = _respond(facts, playbook, as_of, tell)
            tell("store")
            with transaction.atomic():
                _take_turn()
                now_known = _facts(outbreak_code, scope)
                if facts is None:
                    # Others keep changing the facts: they wait now.
                    response = _respond(now_known, playbook, as_of, tell)
                elif not _same(facts, now_known):
                    continue
                return _store(response, outbreak_code, scope, playbook, at=at, case_id=case_id, started=started)
    raise AssertionError("the last try returns")


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
    # What was merged meanwhile holds the same rows: that is no other fact.
    held = [getattr(inputs.presences, "content", None) for inputs in (one, other)]
    return held[0] == held[1] and all(getattr(one, n).equals(getattr(other, n)) for n in frames)


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _store(
    response: Response,
    outbreak: str,
    scope: Scope,
    playbook: Playbook,
    *,
    at: dt.datetime,
    case_id: str | None,
    started: float,
) -> Answered:
    recorded = record_contacts(contacts=response.contacts, outbreak=outbreak, by=scope, at=at)
    chains = record_chains(chains=response.chains, outbreak=outbreak, by=scope, at=at)
    known = areas_of_people(scope, response.measures["person_id"].unique().to_list())
    measures = response.measures.join(known, on="person_id", how="semi")
    proposed = propose_measures(measures=measures, outbreak=outbreak, by=scope, at=at)
    clocks = start_clocks(clocks=response.clocks, outbreak=outbreak, by=scope, at=at)
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
