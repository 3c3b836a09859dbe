"""What people do to the limit to locate a contact: pause it, let it go on, escalate it. Its clock is then stored."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import cast

import polars as pl
from django.db.models import QuerySet

from lianfang.access.models import Account
from lianfang.access.scope import Scope, scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.house import acts
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.acts import carry_out
from lianfang.records.batches import in_batches
from lianfang.records.clocks import compare_clocks
from lianfang.records.core.clocks import clocks_of
from lianfang.records.frames import frame_of
from lianfang.records.kept import Differences
from lianfang.records.models import Change, Clock
from lianfang.records.proposals import put
from lianfang.tracing.models import Contact
from lianfang.tracing.selectors.locating import CONTACT, locate_rule

_TIMES: dict[str, tuple[str, pl.DataType]] = {
    "contact_id": ("pk", pl.Int64()),
    "jurisdiction": ("jurisdiction_id", pl.String()),
    "proposed_at": ("proposed_at", pl.Datetime("us")),
}


def locating_to_store(outbreak: str, by: Scope) -> Differences:
    """Compare the stored clocks of contacts with what the playbook says now; nothing is written.

    They are those that somebody paused or escalated; no clock is made here, and none goes.
    """
    return _compare(Contact.unscoped.filter(outbreak_id=outbreak, locating__isnull=False), outbreak, by)


def _compare(contacts: QuerySet[Contact], outbreak: str, by: Scope) -> Differences:
    found = find_outbreak(outbreak, by)
    rule = locate_rule(found) if found is not None else None
    subjects = frame_of(contacts.order_by("pk"), _TIMES).with_columns(pl.col("contact_id").cast(pl.String))
    clocks = clocks_of(subjects, [rule] if rule else [], key="contact_id")
    rows = clocks.join(subjects.select("contact_id", "jurisdiction"), on="contact_id", maintain_order="left")
    rows = rows.rename({"contact_id": "subject"})
    return compare_clocks(rows, kind=CONTACT, matter=outbreak, told=rows.select("subject").clear())


def _act(ids: Iterable[int], by: Account, permission: str, change: Callable[[list[int]], Change]) -> Change:
    """Store the clocks of contacts that have none yet, and do something to all of them, in one transaction."""
    need(by, permission)
    wanted = sorted(set(ids))
    scope = scope_of(by)
    with writing():
        scoped = Contact.objects.within(scope)
        contacts = cast("list[Contact]", [one for part in in_batches(wanted) for one in scoped.filter(pk__in=part)])
        if len(contacts) < len(wanted):
            raise Refused(
                Text(
                    "其中的接触者不在您的辖区内，未作改动",
                    "one of the contacts is not in your area; nothing was changed",
                )
            )
        sought = [one for one in contacts if one.located_at is None]
        if not sought:
            raise Refused(Text("所选人员均已找到，请刷新页面", "these people are located already; reload the page"))
        new = [one for one in sought if one.locating_id is None]
        for outbreak in {one.outbreak_id for one in new}:
            keys = [one.pk for one in new if one.outbreak_id == outbreak]
            for part in in_batches(keys):
                put(_compare(Contact.unscoped.filter(pk__in=part), outbreak, scope))
        made = {
            clock.subject: clock
            for part in in_batches([str(one.pk) for one in new])
            for clock in Clock.unscoped.filter(subject_kind=CONTACT, subject__in=part)
        }
        if len(made) < len(new):
            raise Refused(
                Text("防控方案没有规定找到接触者的时限", "the playbook sets no limit of time to locate a contact")
            )
        for one in new:
            one.locating = made[str(one.pk)]
        Contact.unscoped.bulk_update(new, ["locating"], batch_size=200)
        return change([cast("int", one.locating_id) for one in sought])


def act_on_locating(*, act: str, ids: Iterable[int], by: Account, at: dt.datetime, note: str = "") -> Change:
    """Do something to the limit to locate contacts; `records.changes.undo_change` takes it back.

    Parameters
    ----------
    act : {"clock.pause", "clock.resume", "clock.escalate"}
        What is done to its clock.
    ids : iterable of int
        Keys of contacts inside the account's scope; those located are left out.
    by, at, note
        As for `records.acts.carry_out`.

    Raises
    ------
    Refused
        What the act refuses; when all are located, one lies elsewhere, or the playbook sets no such limit.
    """
    return _act(
        ids, by, acts()[act].permission, lambda keys: carry_out(act=act, keys=keys, by=by, at=at, note=note).change
    )
