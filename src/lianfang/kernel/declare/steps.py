"""Steps of the response, and the files that they write."""

from collections.abc import Mapping
from dataclasses import dataclass

from lianfang.kernel.text import Text


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
class Remark:
    """What a step says of its results at the end of a response over files.

    Attributes
    ----------
    words : Text
        For whoever ran it.
    figures : mapping
        The same for ``summary.json``, under the name of the step.
    """

    words: Text
    figures: Mapping[str, object]


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
        Where the function lies that says something of the results at the end of a response over files:
        ``(given) -> Remark or None``, where `given` holds the results of all steps by their names.
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
