"""Changes that can be taken back: what stood in the rows before, and the way back while nobody changed them since."""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from django.apps import apps
from django.db import models

from lianfang.access import audit
from lianfang.access.core.roles import may
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.turns import writing
from lianfang.house import acts as declared_acts
from lianfang.kernel.declare import load_named
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.batches import in_batches
from lianfang.records.models import Change


class ChangedRow(TypedDict):
    """One row of a change: model label such as ``tracing.Contact``, key, and the values of the changed fields.

    ``act`` is the code of the act that changed it, where it followed from the act of the change.
    """

    model: str
    pk: Any
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    act: NotRequired[str]


def record_change(*, by: Account, at: dt.datetime, act: str, rows: Sequence[ChangedRow], api_key: str = "") -> Change:
    """Keep what stood in the rows before an act, and write the act to the audit trail.

    Called by services inside the transaction that saves the rows.

    Parameters
    ----------
    by : Account
        Who did it.
    at : datetime
        Aware.
    act : str
        Code of a declared act, such as ``contact.accept``.
    rows : sequence of ChangedRow
        Values may be anything a model field holds; foreign keys go by their column name (``decided_by_id``) or their
        field name with a key.
    api_key : str
        Prefix of the key by which a machine did it on behalf of the account; it stands in the trail.

    Raises
    ------
    KeyError
        When a room declares no such act: nobody could take it back then.
    ValueError
        When a row is of another model than its act's subject, or before and after name other fields.
    """
    declared_acts()[act]
    stored = [_stored(row, act) for row in rows]
    with writing():
        change = Change.objects.create(at=at, by=by, act=act, rows=stored)
        _record_audit(change, by=by, at=at, api_key=api_key)
    return change


def undo_change(*, change_id: uuid.UUID, by: Account, at: dt.datetime) -> Change:
    """Put back what stood in the rows before a change, all of them or none.

    Raises
    ------
    Refused
        When there is no such change, it was already undone, a row was changed since, lies outside the account's
        scope, the account may not do one of the acts that made it, or the check of such an act finds that the rows must
        not stand so any more (`Act.check_undo`).
    """
    with writing():
        change = Change.objects.filter(pk=change_id).first()
        if change is None:
            raise Refused(Text("没有这次操作的记录", "there is no record of this change"))
        if change.undone_at is not None:
            raise Refused(Text("这次操作已经撤销过了", "this change was already undone"))
        by_act = _by_act(change)
        for code in by_act:
            act = declared_acts().get(code)
            if act is None or not may(by.role, act.permission):
                raise Refused(Text("您无权撤销这次操作", "your role may not undo this change"))
        for code, rows in by_act.items():
            act = declared_acts()[code]
            _put_back(apps.get_model(act.subject), rows, by)
            if act.check_undo:
                load_named(act.check_undo)(rows)
        change.undone_at, change.undone_by = at, by
        change.save(update_fields=["undone_at", "undone_by"])
        _record_audit(change, by=by, at=at, undo=True)
    return change


def _by_act(change: Change) -> dict[str, list[ChangedRow]]:
    by_act: dict[str, list[ChangedRow]] = defaultdict(list)
    for row in change.rows:
        by_act[row.get("act", change.act)].append(row)
    return by_act


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


def _stored(row: ChangedRow, act: str) -> ChangedRow:
    own = row.get("act", act)
    model = apps.get_model(declared_acts()[own].subject)
    if row["model"].lower() != model._meta.label_lower:
        raise ValueError(f"{own} is an act upon {model._meta.label}, not upon {row['model']}")

    def columns(values: Mapping[str, Any]) -> dict[str, Any]:
        return {getattr(model._meta.get_field(name), "attname", name): _encoded(v) for name, v in values.items()}

    before, after = columns(row["before"]), columns(row["after"])
    if not after or before.keys() != after.keys():
        raise ValueError(f"{row['model']} {row['pk']}: before and after must name the same fields")
    stored: ChangedRow = {"model": row["model"].lower(), "pk": _encoded(row["pk"]), "before": before, "after": after}
    return stored if own == act else {**stored, "act": own}


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


def _record_audit(change: Change, *, by: Account, at: dt.datetime, undo: bool = False, api_key: str = "") -> None:
    for code, rows in _by_act(change).items():
        pks = [row["pk"] for row in rows]
        detail = {"act": f"undo {code}" if undo else code, "change": change.pk, "keys": pks}
        if code != change.act:
            detail["after"] = change.act
        if api_key:
            detail["api_key"] = api_key
        audit.record(
            actor=scope_of(by).name,
            act="write",
            kind=rows[0]["model"],
            key=str(pks[0]) if len(pks) == 1 else "",
            detail=detail,
            at=at,
        )
