"""Changes that can be taken back: what stood in the rows before, and the way back while nobody changed them since."""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.batches import in_batches
from lianfang.records.core.undo import undo_permission
from lianfang.records.models import Change


class ChangedRow(TypedDict):
    """One row of a change: model label such as ``tracing.Contact``, key, and the values of the changed fields."""

    model: str
    pk: Any
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def record_change(*, by: Account, at: dt.datetime, act: str, rows: Sequence[ChangedRow]) -> Change:
    """Keep what stood in the rows before an act, and write the act to the audit trail.

    Called by services inside the transaction that saves the rows.

    Parameters
    ----------
    by : Account
        Who did it.
    at : datetime
        Aware.
    act : str
        A short code, such as ``contact.accept``.
    rows : sequence of ChangedRow
        Values may be anything a model field holds; foreign keys go by their column name (``decided_by_id``) or their
        field name with a key.

    Raises
    ------
    KeyError
        When changes of a model are not kept for undoing (see `access.core.undo`).
    """
    stored = [_stored(row) for row in rows]
    for label, fields in {(row["model"], frozenset(row["after"])) for row in stored}:
        undo_permission(label, fields)
    with writing():
        change = Change.objects.create(at=at, by=by, act=act, rows=stored)
        _record_audit(change, by=by, at=at, act=act)
    return change


UndoCheck = Callable[[Sequence[ChangedRow]], None]

_CHECKS: dict[str, list[UndoCheck]] = defaultdict(list)


def check_undo(model: str, check: UndoCheck) -> None:
    """Have a room look at rows of a model that were just put back, before that is committed.

    Parameters
    ----------
    model : str
        Label, such as ``cases.Case``.
    check : callable
        Gets the rows as `record_change` kept them, and raises `Refused` where they must not stand as they did before.
        Called in the transaction that put them back. Registered when the room starts, twice is once.
    """
    known = _CHECKS[model.lower()]
    if check not in known:
        known.append(check)


def undo_change(*, change_id: uuid.UUID, by: Account, at: dt.datetime) -> Change:
    """Put back what stood in the rows before a change, all of them or none.

    Raises
    ------
    Refused
        When there is no such change, it was already undone, a row was changed since, lies outside the account's
        scope, the account may not make such a change itself, or a room's check finds that the rows must not stand so
        any more (`check_undo`).
    """
    with writing():
        change = Change.objects.filter(pk=change_id).first()
        if change is None:
            raise Refused(Text("没有这次操作的记录", "there is no record of this change"))
        if change.undone_at is not None:
            raise Refused(Text("这次操作已经撤销过了", "this change was already undone"))
        by_model: dict[str, list[ChangedRow]] = defaultdict(list)
        for row in change.rows:
            by_model[row["model"]].append(row)
        for label, rows in by_model.items():
            fields = frozenset(name for row in rows for name in row["after"])
            if not may(by.role, undo_permission(label, fields)):
                raise Refused(Text("您无权撤销这次操作", "your role may not undo this change"))
            _put_back(apps.get_model(label), rows, by)
            for check in _CHECKS.get(label, ()):
                check(rows)
        change.undone_at, change.undone_by = at, by
        change.save(update_fields=["undone_at", "undone_by"])
        _record_audit(change, by=by, at=at, act=f"undo {change.act}")
    return change


def changes_since(moment: dt.datetime, *, acts: Sequence[str]) -> QuerySet[Change]:
    """Return the changes that were made, or undone, after a moment.

    Parameters
    ----------
    moment : datetime
        Aware.
    acts : sequence of str
        Beginnings of the codes of the acts that count, such as ``case.``.
    """
    counted = Q(pk__in=())
    for act in acts:
        counted |= Q(act__startswith=act)
    return Change.objects.filter(Q(at__gt=moment) | Q(undone_at__gt=moment), counted)


def _put_back(model: type[models.Model], rows: list[ChangedRow], by: Account) -> None:
    names = sorted({name for row in rows for name in row["after"]})
    fields = {name: model._meta.get_field(name) for name in names}
    scope_field = f"{model.scope_field}__path"  # type: ignore[attr-defined]
    scope = scope_of(by)
    found: dict[str, tuple[Any, dict[str, Any], str]] = {}
    for part in in_batches([row["pk"] for row in rows], 500):
        for values in model._base_manager.filter(pk__in=part).values("pk", scope_field, *names):
            found[str(values["pk"])] = (values["pk"], values, values[scope_field])
    alike: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for row in rows:
        here = found.get(str(row["pk"]))
        if here is None or not scope.covers(here[2]):
            raise Refused(
                Text(
                    "其中的记录已不在您的辖区内，不能撤销",
                    "a row of it is not in your area any more; it cannot be undone",
                )
            )
        if any(_encoded(here[1][name]) != value for name, value in row["after"].items()):
            raise Refused(
                Text(
                    f"记录 {row['pk']} 在此之后又被修改，不能撤销；请打开该记录查看",
                    f"row {row['pk']} was changed since; it cannot be undone. Open it to see how it stands",
                )
            )
        alike.setdefault(json.dumps(row["before"], sort_keys=True), (dict(row["before"]), []))[1].append(here[0])
    for before, keys in alike.values():
        # A bulk act found most of its rows alike: one statement puts very many of them back.
        values = {fields[name].name: _decoded(fields[name], value) for name, value in before.items()}
        for part in in_batches(keys, 500):
            model._base_manager.filter(pk__in=part).update(**values)


def _stored(row: ChangedRow) -> ChangedRow:
    model = apps.get_model(row["model"])

    def columns(values: Mapping[str, Any]) -> dict[str, Any]:
        return {getattr(model._meta.get_field(name), "attname", name): _encoded(v) for name, v in values.items()}

    before, after = columns(row["before"]), columns(row["after"])
    if not after or before.keys() != after.keys():
        raise ValueError(f"{row['model']} {row['pk']}: before and after must name the same fields")
    return {"model": model._meta.label_lower, "pk": _encoded(row["pk"]), "before": before, "after": after}


def _encoded(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, models.Model):
        return _encoded(value.pk)
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return str(value)


def _decoded(field: Any, value: Any) -> Any:
    return (field.target_field if field.is_relation else field).to_python(value)


def _record_audit(change: Change, *, by: Account, at: dt.datetime, act: str) -> None:
    keys: dict[str, list[Any]] = defaultdict(list)
    for row in change.rows:
        keys[row["model"]].append(row["pk"])
    for label, pks in keys.items():
        audit.record(
            actor=scope_of(by).name,
            act="write",
            kind=label,
            key=str(pks[0]) if len(pks) == 1 else "",
            detail={"act": act, "change": change.pk, "keys": pks},
            at=at,
        )
