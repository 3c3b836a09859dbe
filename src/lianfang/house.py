"""The rooms of the house, in their order: a room imports, and names, only what stands before it.

This tuple is the one place where a room is entered. What a room has, it declares in its ``room.py``; settings, routes,
navigation, command line, roles, acts and undo are made from that, and the import contracts are held to it.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module

from lianfang.kernel.declare import Act, AuditKind, Follower, Listed, Permission, Room, Subject

ROOMS = (
    "kernel",
    "engines",
    "playbook",
    "access",
    "records",
    "pages",
    "intake",
    "registry",
    "outbreaks",
    "presences",
    "cases",
    "tracing",
    "measures",
    "chains",
    "headquarters",
    "reports",
    "response",
    "setup",
    "drill",
    "site",
)


SETTINGS = "lianfang.site.settings"
"""The settings of the web application: a command of a room that works on its data sets Django up with them."""


@cache
def declared() -> dict[str, Room]:
    """Return what each room declares, by its name, in the order of the house."""
    return {name: import_module(f"lianfang.{name}.room").ROOM for name in ROOMS}


@cache
def acts() -> dict[str, Act]:
    """Return every act of the house by its code."""
    return {act.code: act for room in declared().values() for act in room.acts}


def lists() -> tuple[Listed, ...]:
    """Return every list of the house, in the order of the rooms."""
    return tuple(one for room in declared().values() for one in room.lists)


def followers_of(code: str) -> Iterator[Follower]:
    """Give what follows from an act, in the order of the rooms."""
    return (one for room in declared().values() for one in room.followers if one.after == code)


@cache
def permissions() -> dict[str, Permission]:
    """Return every permission of the house by its code, in the order of the rooms."""
    return {one.code: one for room in declared().values() for one in room.permissions}


@cache
def subjects() -> dict[str, Subject]:
    """Return every kind of thing that a room declares, by the label of its model in lower case."""
    return {one.model.lower(): one for room in declared().values() for one in room.subjects}


@cache
def audit_kinds() -> dict[str, AuditKind]:
    """Return what the audit trail calls things, by the code."""
    return {one.code: one for room in declared().values() for one in room.audit_kinds}


def apps() -> list[str]:
    """Return the rooms that Django knows, as its setting takes them."""
    return [f"lianfang.{name}" for name, room in declared().items() if room.is_app]
