"""What a room declares of long work that it has done outside of a request: plain data and the path of a function."""

from dataclasses import dataclass
from typing import NamedTuple

from lianfang.kernel.text import Text


class Subject(NamedTuple):
    """What something is about: a kind of row and its key, and how to call it on a page.

    Attributes
    ----------
    kind, key : str
        As in the audit trail; together they name one thing.
    text : Text
        Never a protected value: whoever sees the task or the notice reads it.
    """

    kind: str = ""
    key: str = ""
    text: Text = Text("", "")


@dataclass(frozen=True)
class TaskKind:
    """One kind of long work.

    Attributes
    ----------
    code : str
        ``room.verb``, as stored with each task.
    run : str
        ``package.module:function``; the function takes one `records.tasks.running.Running` and gives an `Outcome` or
        None. It may be begun again after it was cut off anywhere: what it does twice must be the same as once.
    label : Text
        What the work is called on pages.
    permission : str
        Who may ask for it; asked again when it begins.
    lease_minutes : float
        For how long the work may go on without a word of progress before its worker is thought to hang.
    exclusive : bool
        One at a time of the same subject. Asking again while one waits gives that one.
    shared : bool
        Whoever has the permission and sees the task's area sees the task, its result and its file; otherwise only who
        asked does. What a file holds must then be fit for every role that has the permission.
    tries : int
        How often it is begun again after its worker died, before it counts as failed.
    """

    code: str
    run: str
    label: Text
    permission: str
    lease_minutes: float = 30.0
    exclusive: bool = False
    shared: bool = False
    tries: int = 3
