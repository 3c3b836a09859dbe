"""What a room declares of itself in its `room.py`: plain data, which the house, the site and the tests read.

Nothing here imports a room. Code is named by where it lies (``package.module:name``) and loaded when it is used.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from lianfang.kernel.text import Counted, Text
from lianfang.kernel.vocabulary import Role

Tone = Literal["plain", "primary", "danger"]
Note = Literal["none", "optional", "required"]

EVERY_ROLE = frozenset(Role)
RESPONSE = frozenset({Role.COMMANDER, Role.INVESTIGATOR, Role.TOWNSHIP_OFFICER})
"""Who answers an outbreak from a desk."""
FIELD = RESPONSE | {Role.GRID_WORKER}
"""Who answers an outbreak, from door to door too."""
DECIDING = frozenset({Role.COMMANDER, Role.INVESTIGATOR})
"""Who decides about people."""


DONE = Counted("已完成 {n} 项。", "{n} row is changed.", "{n} rows are changed.")
SETTLED = Text("所选各项均已如此，请刷新页面", "they stand so already; reload the page")
NEED_NOTE = Text("请先填写理由再决定", "type the reason first: this decision needs one")


def load_named(place: str) -> Any:
    """Return what lies at ``package.module:name``.

    Raises
    ------
    ImportError, AttributeError
        When there is no such module, or nothing of that name in it.
    """
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Permission:
    """Something that may be done, and by whom.

    Attributes
    ----------
    code : str
        Such as ``case.view``; a route, an act and a service ask for it by this.
    label : Text
        What it lets one do, in a few words.
    roles : frozenset of Role
        Who may.
    """

    code: str
    label: Text
    roles: frozenset[Role]


@dataclass(frozen=True)
class Protected:
    """A field of a person that is covered, but for the roles `plain_for`."""

    field: str
    label: Text
    plain_for: frozenset[Role]


@dataclass(frozen=True)
class Routes:
    """Routes of a room under a prefix: the module whose ``urlpatterns`` they are."""

    prefix: str
    module: str


@dataclass(frozen=True)
class Entry:
    """A page of the navigation.

    Attributes
    ----------
    route : str
        Name of its route.
    label : Text
        What stands in the navigation.
    permission : str
        Who sees it.
    place : int
        Where it stands among the others; smaller is further left.
    section : str
        Beginning of the addresses that belong to it, where they do not all begin with its own.
    """

    route: str
    label: Text
    permission: str
    place: int
    section: str = ""


@dataclass(frozen=True)
class Command:
    """A command of ``lianfang``.

    Attributes
    ----------
    name : str
        What is typed.
    target : str
        Where the click command lies.
    words : str
        One line of help, English and Chinese.
    needs_database : bool
        Whether Django is set up before it is imported.
    place : int
        Where it stands in the help; smaller is further up.
    """

    name: str
    target: str
    words: str
    needs_database: bool = False
    place: int = 100


@dataclass(frozen=True)
class Act:
    """Something that a person does to rows of one kind, with its trace and a way back.

    Attributes
    ----------
    code : str
        Such as ``contact.accept``; it stands in the audit trail and on the change that undoes it.
    subject : str
        Label of the model, such as ``tracing.Contact``.
    label : Text
        On the button.
    permission : str
        Who may do it.
    done : Counted
        What is said afterwards; ``{n}`` is how many rows were changed.
    plan : str
        Where the function lies that says which rows change, and how: ``(rows, asked) -> answers``
        (`lianfang.records.core.acts`). Empty: a service of the room carries it out, and only its undoing is general.
    sets : tuple of str
        Fields that it may set, by the name of their column (``decided_by_id``).
    note : {"none", "optional", "required"}
        Whether a reason is asked for.
    need_note : Text
        What is said where the reason is required and missing.
    tone : {"plain", "primary", "danger"}
        How its button looks.
    given : tuple of str
        Names of what is given with it beside the note, such as ``category``.
    settled : Text
        What is said where no row is left to change.
    check_undo : str
        Where a function lies that looks at the rows of the act that were just put back (as
        `lianfang.records.changes.ChangedRow`), and raises `Refused` where they must not stand so.
    """

    code: str
    subject: str
    label: Text
    permission: str
    done: Counted = DONE
    plan: str = ""
    sets: tuple[str, ...] = ()
    note: Note = "none"
    need_note: Text = NEED_NOTE
    tone: Tone = "plain"
    given: tuple[str, ...] = ()
    settled: Text = SETTLED
    check_undo: str = ""


@dataclass(frozen=True)
class Follower:
    """An act that follows from another one: for the user one act, with the same note, one change and one undo.

    Attributes
    ----------
    after : str
        Code of the act from which it follows, of a room to the left.
    act : str
        Code of the act that follows.
    rows : str
        Where the function lies that gives the keys of its rows: ``(keys, scope) -> keys``, `keys` being those of the
        rows that `after` changes. It is asked before they are changed, and gives rows inside the scope alone.
    """

    after: str
    act: str
    rows: str


@dataclass(frozen=True)
class Subject:
    """A kind of rows that people decide about, so that nobody decides about what they have not seen.

    Attributes
    ----------
    model : str
        Label of the model, such as ``tracing.Contact``.
    count : Counted
        So many of them, in words.
    said : str
        Where the function lies that gives what counts of a row, as JSON holds it: ``row -> value``. Where it is
        another than when a page was made, nobody decides by that page.
    renewed : str
        Where the function lies that tells whether a row was renewed by something that names no keys in the audit trail,
        as proposals are: ``(row, renewals) -> bool`` (`lianfang.records.core.acts.Renewals`). Empty: nothing such does.
    """

    model: str
    count: Counted
    said: str
    renewed: str = ""


@dataclass(frozen=True)
class AuditKind:
    """What the audit trail calls a thing: a model's label, or a word for what is no model; and its name for people."""

    code: str
    label: Text


@dataclass(frozen=True)
class Listed:
    """A list of the room: its code (also its name in the API), its view and the permission that opens it."""

    code: str
    view: str
    permission: str


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
