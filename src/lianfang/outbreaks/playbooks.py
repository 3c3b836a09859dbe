"""The playbook of an outbreak for a page: read once a request, and one that cannot be read stops nobody.

A list shows contacts of many outbreaks, each of which names its playbook, and asks for it at every row. A playbook of
the package never changes; a file may change or go between two requests, so what was read is kept for one alone.
"""

import datetime as dt
import threading
from typing import Any

from django.core.signals import request_finished, request_started
from django.dispatch import receiver

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.outbreaks.models import Outbreak
from lianfang.playbook.in_force import not_in_force
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook

_Key = tuple[str, tuple[str, ...]]


class _Request(threading.local):
    """What the request of this thread has read; None outside a request, where everything is read anew."""

    read: dict[_Key, Playbook | Text] | None = None


_request = _Request()


@receiver(request_started, dispatch_uid="lianfang.outbreaks.playbooks.begin")
def _begin(**kwargs: Any) -> None:
    _request.read = {}


@receiver(request_finished, dispatch_uid="lianfang.outbreaks.playbooks.end")
def _end(**kwargs: Any) -> None:
    _request.read = None


def _read(outbreak: Outbreak) -> Playbook | Text:
    key = (outbreak.playbook, tuple(outbreak.overlays))
    kept = _request.read
    if kept is not None and key in kept:
        return kept[key]
    found: Playbook | Text
    try:
        found = load(*key)
    except Refused as refusal:
        found = refusal.text
    if kept is not None:
        kept[key] = found
    return found


def find_playbook(outbreak: Outbreak) -> Playbook | None:
    """Return the policy under which an outbreak is answered, overlays applied; None where it cannot be read."""
    found = _read(outbreak)
    return found if isinstance(found, Playbook) else None


def playbook_problem(outbreak: Outbreak) -> Text | None:
    """Return why the playbook of an outbreak cannot be read, in one sentence; None where it can."""
    found = _read(outbreak)
    if isinstance(found, Playbook):
        return None
    return Text(
        f"疫情“{outbreak.name}”的防控方案无法读取，其接触者暂不排序、无时限，其余照常。{found.zh}",
        f"The playbook of the outbreak '{outbreak.name}' cannot be read: its contacts are not ranked and have no limit "
        f"of time, all else goes on. {found.en}",
    )


def playbook_notice(outbreak: Outbreak, today: dt.date) -> Text | None:
    """Return what whoever answers an outbreak must know of its playbook: it cannot be read, or is not in force.

    Parameters
    ----------
    outbreak : Outbreak
        Asked for its last day where it is closed.
    today : datetime.date
        Local.
    """
    found = _read(outbreak)
    if isinstance(found, Text):
        return playbook_problem(outbreak)
    return not_in_force(found, outbreak.ended_on or today)


def playbook_of(outbreak: Outbreak) -> Playbook:
    """Return the policy under which an outbreak is answered, overlays applied, as its files stand now.

    Raises
    ------
    Refused
        When it cannot be read; `find_playbook` is for pages that go on without it.
    """
    found = _read(outbreak)
    if isinstance(found, Text):
        raise Refused(found)
    return found
