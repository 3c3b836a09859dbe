"""What a room declares of itself in its `room.py`: plain data, which the house, the site and the tests read.

Nothing here imports a room. Code is named by where it lies (``package.module:name``) and loaded when it is used.
"""

from dataclasses import dataclass

from lianfang.kernel.declare.acting import DONE, NEED_NOTE, SETTLED, Act, AuditKind, Follower, Note, Subject
from lianfang.kernel.declare.shown import Happened, Offer, Panel, Tone, Worklist
from lianfang.kernel.declare.steps import OutFile, Remark, Step
from lianfang.kernel.declare.ways import Command, Entry, Listed, Routes, load_named
from lianfang.kernel.declare.who import DECIDING, EVERY_ROLE, FIELD, RESPONSE, Permission, Protected
from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text


@dataclass(frozen=True)
class Room:
    """Everything that a room declares.

    Attributes
    ----------
    title : Text
        What the room is, in a line.
    is_app : bool
        Whether Django knows it (models, templates, messages).
    """

    title: Text
    is_app: bool = False
    permissions: tuple[Permission, ...] = ()
    protected: tuple[Protected, ...] = ()
    routes: tuple[Routes, ...] = ()
    navigation: tuple[Entry, ...] = ()
    commands: tuple[Command, ...] = ()
    acts: tuple[Act, ...] = ()
    followers: tuple[Follower, ...] = ()
    subjects: tuple[Subject, ...] = ()
    audit_kinds: tuple[AuditKind, ...] = ()
    lists: tuple[Listed, ...] = ()
    steps: tuple[Step, ...] = ()
    tasks: tuple[TaskKind, ...] = ()
    panels: tuple[Panel, ...] = ()
    timeline: tuple[Happened, ...] = ()
    offers: tuple[Offer, ...] = ()
    worklists: tuple[Worklist, ...] = ()


__all__ = [
    "DECIDING",
    "DONE",
    "EVERY_ROLE",
    "FIELD",
    "NEED_NOTE",
    "RESPONSE",
    "SETTLED",
    "Act",
    "AuditKind",
    "Command",
    "Entry",
    "Follower",
    "Happened",
    "Listed",
    "Note",
    "Offer",
    "OutFile",
    "Panel",
    "Permission",
    "Protected",
    "Remark",
    "Room",
    "Routes",
    "Step",
    "Subject",
    "Tone",
    "Worklist",
    "load_named",
]
