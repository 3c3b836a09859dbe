"""What a room declares of itself in its `room.py`: plain data, which the house, the site and the tests read.

Nothing here imports a room. Code is named by where it lies (``package.module:name``) and loaded when it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from lianfang.kernel.tasks import TaskKind
from lianfang.kernel.text import Text
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


DONE = Text("已完成 {n} 项", "Done: {n}")
SETTLED = Text("所选各项均已如此，请刷新页面", "they stand so already; reload the page")


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
    done : Text
        What is said afterwards; ``{n}`` is how many rows were changed.
    plan : str
        Where the function lies that says which rows change, and how (`lianfang.records.acts`). Empty: a service of the
        room carries it out, and only its undoing is general.
    sets : tuple of str
        Fields that it may set.
    note : {"none", "optional", "required"}
        Whether a reason is asked for.
    tone : {"plain", "primary", "danger"}
        How its button looks.
    given : tuple of str
        Names of what is given with it beside the note, such as ``category``.
    settled : Text
        What is said where no row is left to change.
    check_undo : str
        Where a function lies that looks at the rows after undoing, and refuses where they must not stand so.
    """

    code: str
    subject: str
    label: Text
    permission: str
    done: Text = DONE
    plan: str = ""
    sets: tuple[str, ...] = ()
    note: Note = "none"
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
        rows that `after` changed.
    """

    after: str
    act: str
    rows: str


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
class OutFile:
    """A file that a response over files writes.

    Attributes
    ----------
    name : str
        Such as ``chains.csv``.
    of : str
        Name of the result that it holds.
    table : str
        Where the function lies that makes its columns, as text: ``(frame, *, lang) -> frame``.
    """

    name: str
    of: str
    table: str


@dataclass(frozen=True)
class Step:
    """One step of the response, which a room decides; in which order they come stands in `response.core.loop` alone.

    Attributes
    ----------
    name : str
        Code; the key of its seconds in ``summary.json``.
    words : Text
        What whoever waits is told.
    decide : str
        Where the pure function lies: ``(have, *, playbook, as_of) -> mapping``. `have` holds what it reads and no more.
    reads : tuple of str
        Names of facts, and of results of steps before it.
    gives : tuple of str
        Names of its results; beside them it may give ``undecided``, rows of `kernel.schema.UNDECIDED`.
    files : tuple of OutFile
        What of it a response over files writes.
    kept : str
        The services that keep its first result, where they do: a module with the two halves ``to_store`` and ``store``.
    rests_on : tuple of str
        Kinds of the audit trail whose writing may make another response (`AuditKind`).
    remark : str
        Where the function lies that says something of its first result at the end of a response over files:
        ``(cases, result) -> Text or None``.
    """

    name: str
    words: Text
    decide: str
    reads: tuple[str, ...]
    gives: tuple[str, ...]
    files: tuple[OutFile, ...] = ()
    kept: str = ""
    rests_on: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Panel:
    """One tab of the page of a thing.

    Attributes
    ----------
    code : str
        Unique on the page; stands in the address as ``?tab=``.
    subject : str
        The kind of thing on whose page it stands: ``person``, ``case``, ``contact``.
    title : Text
        On the tab.
    permission : str
        Who sees the tab and may open it.
    content : str
        Where the function lies that shows it: a `pages.panels.Show`.
    order : int
        Smaller stands further to the left; equal ones by their codes.
    """

    code: str
    subject: str
    title: Text
    permission: str
    content: str
    order: int = 100


@dataclass(frozen=True)
class Happened:
    """What a room tells on the timeline of a thing of another room.

    Attributes
    ----------
    subject : str
        The kind of thing: ``person``, ``case``.
    permission : str
        Who is told.
    events : str
        Where the function lies: ``(request, key) -> iterable of dicts`` as the tag ``timeline`` takes them.
    """

    subject: str
    permission: str
    events: str


@dataclass(frozen=True)
class Offer:
    """Something to do that a room offers on the page of a thing of another room.

    Attributes
    ----------
    subject : str
        The kind of thing: ``person``, ``case``.
    permission : str
        Who is offered it.
    label : Text
        On the button.
    address : str
        Where the function lies: ``(request, key) -> address``, empty where it is not to be done.
    """

    subject: str
    permission: str
    label: Text
    address: str


@dataclass(frozen=True)
class Worklist:
    """One named list of what is to be done.

    Attributes
    ----------
    code : str
        Unique in the house; stands in no address.
    title, definition : Text
        What it is called, and in one sentence which rows stand in it.
    route : str
        Name of the list page's route; it takes no arguments.
    permission : str
        Who may do what the list asks for; nobody else sees it.
    roles : frozenset of Role
        Whose "to do" page shows it.
    count : str
        Where the function lies that counts it: a `pages.worklists.Count`.
    filters : mapping
        The list's filters that leave exactly the counted rows; ``{at}`` (local, to the second), ``{day}`` and
        ``{outbreak}`` are filled in, and what is then empty is left out.
    due : Text or None
        By when it is to be done, in words; None: the list itself says it, row by row.
    tone : {"neutral", "info", "warn", "bad"}
        How it looks while anything stands in it.
    """

    code: str
    title: Text
    definition: Text
    route: str
    permission: str
    roles: frozenset[Role]
    count: str
    filters: Mapping[str, str] = field(default_factory=dict)
    due: Text | None = None
    tone: Literal["neutral", "info", "warn", "bad"] = "neutral"


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
    audit_kinds: tuple[AuditKind, ...] = ()
    lists: tuple[Listed, ...] = ()
    steps: tuple[Step, ...] = ()
    tasks: tuple[TaskKind, ...] = ()
    panels: tuple[Panel, ...] = ()
    timeline: tuple[Happened, ...] = ()
    offers: tuple[Offer, ...] = ()
    worklists: tuple[Worklist, ...] = ()
