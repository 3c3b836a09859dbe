"""The one place where stored (aware) and computed (naive local) times meet, and where the present is read."""

import datetime as dt
from typing import overload

from django.utils import timezone


def now() -> dt.datetime:
    """Return the present as an aware time. Called at the edge (views, commands) and handed inwards as ``at``."""
    return timezone.now()


@overload
def to_local(moment: dt.datetime) -> dt.datetime: ...
@overload
def to_local(moment: None) -> None: ...
@overload
def to_local(moment: dt.datetime | None) -> dt.datetime | None: ...
def to_local(moment: dt.datetime | None) -> dt.datetime | None:
    """Return an aware time as naive local time of the jurisdiction, as frames hold it."""
    return None if moment is None else timezone.make_naive(moment)


@overload
def to_aware(moment: dt.datetime) -> dt.datetime: ...
@overload
def to_aware(moment: None) -> None: ...
@overload
def to_aware(moment: dt.datetime | None) -> dt.datetime | None: ...
def to_aware(moment: dt.datetime | None) -> dt.datetime | None:
    """Return a naive local time as an aware time, as the database holds it; an aware one is returned as it is."""
    if moment is None or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment)
