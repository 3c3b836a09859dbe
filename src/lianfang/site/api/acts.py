"""Declared acts for machines: what a page's button does, by one address; a trial says what it would come to."""

import uuid
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from lianfang.access.api_door import api_route
from lianfang.access.api_keys import key_may
from lianfang.access.core.roles import may
from lianfang.access.problems import FORBIDDEN, FieldError, Invalid, problem
from lianfang.access.rules import record_refusal
from lianfang.access.times import now
from lianfang.access.words import say
from lianfang.house import acts
from lianfang.kernel.declare import Act
from lianfang.kernel.text import Text
from lianfang.records.acts import carry_out, prepare
from lianfang.records.seen import Seen

router = Router(tags=["acts"])


class Asked(Schema):
    """Which rows an act is to change, and why."""

    model_config = ConfigDict(extra="forbid")

    keys: list[int | str] = Field(min_length=1, max_length=5000)
    note: str = Field("", max_length=200)
    given: dict[str, str] = {}
    seen: dict[str, str] = {}
    """Marks of what the rows said, by key; without, whatever stands in them is decided upon."""
    agreed: str = ""
    """The ``mark`` of a trial: refused where it would come to something else by now."""
    trial: bool = False
    """Say what it would come to, and change nothing."""


class Came(Schema):
    """What an act came to, or would come to."""

    change: uuid.UUID | None
    """By which it is undone; null in a trial."""
    rows: int
    """Rows changed, with those of the acts that follow from it."""
    mark: str | None
    """In a trial: what `agreed` takes."""
    said: list[str]


@router.post("/{code}", operation_id="carry_out_act", summary="Carry out an act", url_name="act", response=Came)
@api_route("account.own")
def carry_out_act(request: HttpRequest, code: str, asked: Asked) -> Any:
    """Carry out an act upon rows inside the caller's scope, with what follows from it: all or nothing.

    The permission is that of the act; `lianfang act --list` and the pages name the acts.
    """
    act = acts().get(code)
    if act is None or not act.plan:
        raise Http404
    by, key = request.account, request.api_key  # type: ignore[attr-defined]
    if not (may(by.role, act.permission) if key is None else key_may(key, act.permission)):
        record_refusal(request, act.permission)
        return problem(403, FORBIDDEN)
    words: dict[str, Any] = {
        "act": code,
        "keys": _keys(act, asked.keys),
        "by": by,
        "at": now(),
        "note": asked.note,
        "given": asked.given,
        "seen": Seen(asked.seen) if asked.seen else None,
    }
    if asked.trial:
        ready = prepare(**words)
        told = [text for one in (ready.part, *ready.followed) for text in one.said()]
        return {"change": None, "rows": ready.rows, "mark": ready.mark, "said": [say(text) for text in told]}
    done = carry_out(**words, agreed=asked.agreed, api_key=key.prefix if key is not None else "")
    rows = sum(len(one.changed) for one in (done.part, *done.followed))
    return {"change": done.change.pk, "rows": rows, "mark": None, "said": [say(text) for text in done.said]}


def _keys(act: Act, sent: list[int | str]) -> list[Any]:
    """Return the keys as the act's rows have them, each once."""
    kind = apps.get_model(act.subject)._meta.pk
    wrong = []
    found: dict[Any, None] = {}
    for number, one in enumerate(sent):
        try:
            found[kind.to_python(one)] = None
        except ValidationError:
            wrong.append(FieldError(f"keys.{number}", Text(f"不是有效的编号：{one}", f"is no key: {one}")))
    if wrong:
        raise Invalid(wrong)
    return list(found)
