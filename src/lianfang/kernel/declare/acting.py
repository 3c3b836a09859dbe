"""Acts of people, what follows from them, and what they are about."""

from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.declare.shown import Tone
from lianfang.kernel.text import Counted, Text

Note = Literal["none", "optional", "required"]


DONE = Counted("已完成 {n} 项。", "{n} row is changed.", "{n} rows are changed.")


SETTLED = Text("所选各项均已如此，请刷新页面", "they stand so already; reload the page")


NEED_NOTE = Text("请先填写理由再决定", "type the reason first: this decision needs one")


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
        Code of the act from which it follows, of the same room or one to the left.
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
