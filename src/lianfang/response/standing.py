"""What a response rests on, said once: which facts it used, and whether they are the same now."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import polars as pl
from django.core.cache import cache

from lianfang.access import audit
from lianfang.access.scope import Scope, system_scope
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.selectors import isolated_since, isolation_orders
from lianfang.outbreaks.selectors import find_outbreak, last_run, playbook_of
from lianfang.playbook.model import Playbook
from lianfang.presences import keeping
from lianfang.presences.selectors import Known, presences_since
from lianfang.response.core.facts import digest_of, known_isolations, used_decisions
from lianfang.response.core.loop import Inputs, rests_on
from lianfang.tracing.selectors import decisions_frame, interviews_frame, proposals_frame, used_decisions_frame

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Run

_WHOLE = system_scope("respond")
"""A response sees the whole outbreak, whoever asks; what comes out here is yes or no."""

_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Facts:
    """What is known of an outbreak at one moment.

    Attributes
    ----------
    inputs : Inputs
        As the loop takes it.
    orders : pl.DataFrame
        From `measures.selectors.isolation_orders`.
    playbook : Playbook
        The policy in force.
    """

    inputs: Inputs
    orders: pl.DataFrame
    playbook: Playbook

    def digest(self, contacts: pl.DataFrame, as_of: dt.datetime) -> str:
        """Return the digest of what of it a response as of a moment uses that found these contacts."""
        decisions = used_decisions(cast("pl.DataFrame", self.inputs.decisions), contacts)
        return _digest(self.inputs.cases, self.inputs.interviews, self.orders, decisions, self.playbook, as_of)


@dataclass(frozen=True)
class Standing:
    """Whether the last response to an outbreak stands on what is known now.

    Attributes
    ----------
    run : Run or None
        The last response; None before the first.
    on_facts : bool
        Whether cases, interviews, isolations, decisions and the policy are those that it used.
    presences : Known
        Whether the presences are.
    """

    run: "Run | None"
    on_facts: bool
    presences: Known = field(default="same")


def playbook_now(outbreak_code: str, scope: Scope) -> Playbook:
    """Return the policy under which an outbreak is answered now.

    Raises
    ------
    Refused
        When there is no such outbreak, or its policy cannot be read.
    """
    outbreak = find_outbreak(outbreak_code, scope)
    if outbreak is None:
        raise Refused(
            Text(f"没有疫情 {outbreak_code}，请先建立", f"there is no outbreak {outbreak_code}: create it first")
        )
    return playbook_of(outbreak)


def read_facts(outbreak: str, scope: Scope) -> Facts:
    """Read everything that a response to an outbreak may use.

    Raises
    ------
    Refused
        When there is no such outbreak, or its policy cannot be read.
    """
    orders = isolation_orders(outbreak, scope)
    inputs = Inputs(
        cases=cases_frame(outbreak, scope),
        presences=keeping.store().snapshot(),
        interviews=interviews_frame(outbreak, scope),
        decisions=decisions_frame(outbreak, scope),
        isolations=isolated_since(orders),
        proposals=proposals_frame(outbreak, scope),
    )
    return Facts(inputs, orders, playbook_now(outbreak, scope))


def stands_on(
    noted: str, outbreak: str, scope: Scope, *, as_of: dt.datetime, contacts: pl.DataFrame | None = None
) -> bool:
    """Tell whether a response would use the same facts if it were made now; presences are another question.

    Parameters
    ----------
    noted : str
        Digest of the facts that it used.
    outbreak : str
        Its code.
    scope : Scope
        Sees the whole outbreak.
    as_of : datetime
        Naive local: the moment as of which it was made.
    contacts : pl.DataFrame, optional
        What it found, where it is not stored yet; else what is stored of each contact tells it.

    Raises
    ------
    Refused
        When there is no such outbreak, or its policy cannot be read.
    """
    if contacts is None:
        decisions = used_decisions_frame(outbreak, scope)
    else:
        decisions = used_decisions(decisions_frame(outbreak, scope), contacts)
    cases, told = cases_frame(outbreak, scope), interviews_frame(outbreak, scope)
    orders, playbook = isolation_orders(outbreak, scope), playbook_now(outbreak, scope)
    return noted == _digest(cases, told, orders, decisions, playbook, as_of)


def standing(outbreak: str) -> Standing:
    """Tell whether the last response to an outbreak stands on what is known now: the one place that says it.

    Where nothing that it rests on was written since, the audit trail tells so by three queries, however many contacts
    there are. Else the facts that it used are compared with those of now by their digest; what that gave is kept until
    something is written again. A policy that cannot be read counts as the one that was used: nothing could be traced
    under it either.
    """
    run = last_run(outbreak)
    if run is None:
        return Standing(None, on_facts=False)
    return Standing(run, _on_facts(run), presences_since(run))


def _on_facts(run: "Run") -> bool:
    if not run.facts:
        return False  # an earlier version did not note them
    try:
        if playbook_of(run.outbreak).name != run.playbook:
            return False
    except Refused:
        return True
    head = audit.trail_head()
    key = f"standing:{run.pk}:{run.facts}:{run.number}"
    now = 0 if head is None else head.number
    kept: tuple[int, bool] | None = cache.get(key) or ((run.number, True) if run.number else None)
    if kept is not None and not audit.written_since(kept[0], kinds=rests_on(), outbreak=run.outbreak_id):
        is_same = kept[1]
    else:
        is_same = stands_on(run.facts, run.outbreak_id, _WHOLE, as_of=to_local(run.as_of))
    # Up to which entry the answer holds. It was read before the facts were, so it never claims too much.
    cache.set(key, (now, is_same), _KEPT_SECONDS)
    return is_same


def _digest(
    cases: pl.DataFrame,
    interviews: pl.DataFrame,
    orders: pl.DataFrame,
    decisions: pl.DataFrame,
    playbook: Playbook,
    as_of: dt.datetime,
) -> str:
    return digest_of(
        cases=cases,
        interviews=interviews,
        isolations=known_isolations(orders, as_of),
        decisions=decisions,
        playbook=playbook.digest,
    )
