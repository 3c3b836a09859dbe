"""What a room declares of itself in its `room.py`: plain data, which the house, the site and the tests read.

Nothing here imports a room. Code is named by where it lies (``package.module:name``) and loaded when it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from lianfang.kernel.tasks import TaskKind
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
    """A kind of thing: what a clock, a task or a notice may hang on, and what people decide about.

    Attributes
    ----------
    model : str
        Label of the model, such as ``tracing.Contact``; with a key it names one of them.
    label : Text
        What it is, for people.
    count : Counted
        So many of them, in words.
    route : str
        Name of the route of its page, which takes the key; empty where it has none.
    permission : str
        Who may open that page.
    names_itself : bool
        Whether the key is a name that people use, such as the number of a case.
    said : str
        Where the function lies that gives what counts of a row, as JSON holds it: ``row -> value``. Where it is
        another than when a page was made, nobody decides by that page. Empty: nobody decides about such rows.
    renewed : str
        Where the function lies that tells whether a row was renewed by something that names no keys in the audit trail,
        as proposals are: ``(row, renewals) -> bool`` (`lianfang.records.core.acts.Renewals`). Empty: nothing such does.
    """

    model: str
    label: Text
    count: Counted
    route: str = ""
    permission: str = ""
    names_itself: bool = False
    said: str = ""
    renewed: str = ""


@dataclass(frozen=True)
class AuditKind:
    """What the audit trail calls a thing: a model's label, or a word for what is no model; and its name for people."""

    code: str
    label: Text


@dataclass(frozen=True)
class Listed:
    """A list of the room; the API gives it by this.

    Attributes
    ----------
    code : str
        Unique in the house. Where the address of its page holds nothing of its own, such as the code of an outbreak, it
        is also the list's address under the API.
    view : str
        Where its page lies, a `pages.lists.ListPage`.
    permission : str
        What opens it; the route of its page asks for the same.
    """

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
    """One part of the page of a thing: a tab, or a section where the page shows its panels one below the other.

    Attributes
    ----------
    code : str
        Unique on the page; stands in the address as ``?tab=``.
    subject : str
        The kind of thing on whose page it stands: the label of its model in lower case, such as ``registry.person``.
    title : Text
        On the tab, or above the section.
    permission : str
        Who sees it and may open it.
    content : str
        Where the function lies that shows it: a `pages.panels.Show`.
    order : int
        Smaller stands further to the left, or further up; equal ones by their codes.
    live : bool
        Whether it changes with what is done on the page: as a section it stands with the other live ones, above what
        is known of the thing, and they are shown anew together (`pages.sections.live_part`).
    """

    code: str
    subject: str
    title: Text
    permission: str
    content: str
    order: int = 100
    live: bool = False


@dataclass(frozen=True)
class Happened:
    """What a room tells on the timeline of a thing of another room.

    Attributes
    ----------
    subject : str
        The kind of thing: the label of its model in lower case, such as ``registry.person``.
    permission : str
        Who is told.
    events : str
        Where the function lies: ``(request, key) -> iterable of dicts`` as the tag ``timeline`` takes them, times
        aware.
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
        The kind of thing: the label of its model in lower case, such as ``outbreaks.outbreak``.
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
    subjects: tuple[Subject, ...] = ()
    audit_kinds: tuple[AuditKind, ...] = ()
    lists: tuple[Listed, ...] = ()
    steps: tuple[Step, ...] = ()
    tasks: tuple[TaskKind, ...] = ()
    panels: tuple[Panel, ...] = ()
    timeline: tuple[Happened, ...] = ()
    offers: tuple[Offer, ...] = ()
    worklists: tuple[Worklist, ...] = ()
