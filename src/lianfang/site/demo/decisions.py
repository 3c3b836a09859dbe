"""What the demo's accounts decide: enough that every state is there to be seen, and the newest work is left to do.

Who decides what follows from the key of the row, so that an interrupted round comes to the same end when it is played
again.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator

import polars as pl

from lianfang.access.core.roles import Role
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.acts import carry_out
from lianfang.site.demo.people import USERNAMES

NEVER_DONE = 30.0
"""So many times its limit does the work take that nobody gets to: late, and still running for a month."""
_PART = 500


def share(key: object) -> float:
    """Return a number from 0 to 1 that follows from a key alone."""
    return int.from_bytes(hashlib.sha256(str(key).encode()).digest()[:6], "big") / 2**48


def account_of(role: Role) -> Account:
    """Return the demo's account of a role.

    Raises
    ------
    Refused
        When somebody deleted or renamed it.
    """
    from lianfang.access.selectors import account_named

    found = account_named(USERNAMES[role][0])
    if found is None:
        raise Refused(
            Text(
                f"演示账号 {USERNAMES[role][0]} 已不存在，演示无法继续；请用 --data-dir 指定新目录重新开始",
                f"the demo's account {USERNAMES[role][0]} is gone, so the demo cannot go on; "
                "begin anew in another folder with --data-dir",
            )
        )
    return found


def decide(outbreak: str, *, at: dt.datetime, last: bool) -> None:
    """Play one round of decisions.

    Parameters
    ----------
    outbreak : str
        Code of the outbreak.
    at : datetime
        Aware; when people decide. Clocks are stopped at moments of their own, before it.
    last : bool
        In the last round what was proposed just now stays proposed; only clocks are stopped and people located.
    """
    if not last:
        _decide_contacts(outbreak, at)
        _order_measures(outbreak, at)
    _locate(outbreak, at)
    _stop_clocks(outbreak, at)


def _decide_contacts(outbreak: str, at: dt.datetime) -> None:
    """Accept close contacts and half of the others, and with them their measures; refuse a few, with the reason."""
    from lianfang.tracing.selectors import contacts_frame

    by = account_of(Role.INVESTIGATOR)
    accepted: list[int] = []
    refused: list[int] = []
    for row in contacts_frame(outbreak, scope_of(by)).iter_rows(named=True):
        if row["decision"] != Decision.PROPOSED.value:
            continue
        luck = share(row["person_id"])
        if luck < 0.04 and row["degree"] == 1 and not row["is_case"]:
            refused.append(row["contact_id"])
        elif row["degree"] == 1 or luck > 0.5:
            accepted.append(row["contact_id"])
    for part in _parts(accepted):
        carry_out(act="contact.accept", keys=part, by=by, at=at)
    for part in _parts(refused):
        note = "经核实未到过该场所（演示）"
        carry_out(act="contact.refuse", keys=part, by=by, at=at, note=note)


def _order_measures(outbreak: str, at: dt.datetime) -> None:
    """Order the measures of cases and of accepted contacts, refuse those of refused contacts; the others wait."""
    from lianfang.measures.selectors import measure_rows
    from lianfang.tracing.selectors import contacts_frame

    by = account_of(Role.COMMANDER)
    scope = scope_of(by)
    decisions = dict(contacts_frame(outbreak, scope).select("person_id", "decision").iter_rows())
    rows = measure_rows(scope).filter(outbreak_id=outbreak, decision=Decision.PROPOSED.value)
    wanted: dict[str, list[int]] = {Decision.ACCEPTED.value: [], Decision.REFUSED.value: []}
    for pk, person in rows.values_list("pk", "person_id"):
        # Who is a case and nobody's contact has no decision of its own: the measure follows from the diagnosis.
        wanted.setdefault(decisions.get(person, Decision.ACCEPTED.value), []).append(pk)
    for part in _parts(sorted(wanted[Decision.ACCEPTED.value])):
        carry_out(act="measure.order", keys=part, by=by, at=at)
    for part in _parts(sorted(wanted[Decision.REFUSED.value])):
        carry_out(act="measure.refuse", keys=part, by=by, at=at, note="接触者已排除（演示）")


def _locate(outbreak: str, at: dt.datetime) -> None:
    """Let the investigator's teams find most of the accepted contacts."""
    from lianfang.tracing.selectors import contacts_frame

    by = account_of(Role.INVESTIGATOR)
    found = contacts_frame(outbreak, scope_of(by)).filter(
        pl.col("decision") == Decision.ACCEPTED.value, pl.col("located_at").is_null(), ~pl.col("is_case")
    )
    ids = [row["contact_id"] for row in found.iter_rows(named=True) if share(f"found {row['person_id']}") < 0.93]
    for part in _parts(ids):
        carry_out(act="contact.locate", keys=part, by=by, at=at)


def _stop_clocks(outbreak: str, at: dt.datetime) -> None:
    """Stop the clocks whose work is done by now: most in time, some late, some not at all yet."""
    from lianfang.headquarters.selectors import clock_rows

    by = account_of(Role.INVESTIGATOR)
    running = clock_rows(scope_of(by), outbreak=outbreak).filter(done_at=None).order_by("subject", "clock")
    for pk, case, clock, starts, due in running.values_list("pk", "subject", "clock", "starts", "due"):
        luck = share(f"{case} {clock}")
        took = 0.35 + 0.72 * luck if luck < 0.97 else NEVER_DONE
        done = (starts + took * (due - starts)).replace(microsecond=0)
        if done <= at:
            carry_out(act="clock.stop", keys=[pk], by=by, at=done)


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]
