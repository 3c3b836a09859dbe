"""Strict checking of playbook files: every fault with its line and a sentence that says what to do.

Pure: text in, problems out. Files are read by `lianfang.playbook.load`.
"""

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lianfang.kernel.text import Text
from lianfang.playbook.complaints import complaint
from lianfang.playbook.crosscheck import check_rules, rules_in_file
from lianfang.playbook.marks import Marked, Path, Problem, read_marked
from lianfang.playbook.model import Overlay, Playbook
from lianfang.playbook.overlay import apply

M = TypeVar("M", bound=BaseModel)

SET_BY_LOADER = ("digest", "overlays", "extends")
"""Keys of a loaded playbook that a base file may not write."""


def read_playbook(text: str, *, file: str, named: str | None = None) -> tuple[Playbook | None, list[Problem]]:
    """Read a complete playbook.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for the problems.
    named : str, optional
        The id by which the file is asked for, which must be the id it states; any, when not given.

    Returns
    -------
    tuple of Playbook or None, list of Problem
        The playbook when there is no problem (without digest), else every problem found, by line.
    """
    marked = read_marked(text, file=file)
    book: Playbook | None = None
    if not marked.problems:
        for key in SET_BY_LOADER:
            if key in marked.data:
                marked.complain((key,), _SET_BY_LOADER.format(key=key))
    if not marked.problems:
        book = model_of(Playbook, marked)
    if book is not None:
        _check_name(marked, book.id, named)
        check_rules(marked, book)
    return (None if marked.problems else book), ordered(marked)


def read_overlay(
    text: str, *, file: str, base: Playbook | None, named: str | None = None
) -> tuple[Overlay | None, list[Problem]]:
    """Read an overlay and check it as it stands on its base.

    Parameters
    ----------
    text, file, named
        As for `read_playbook`.
    base : Playbook or None
        What it extends; None when that is not known, which is a problem of its own.

    Returns
    -------
    tuple of Overlay or None, list of Problem
        As for `read_playbook`.
    """
    marked = read_marked(text, file=file)
    overlay = None if marked.problems else model_of(Overlay, marked)
    if overlay is not None:
        _check_name(marked, overlay.id, named)
        if base is None or overlay.extends not in (base.id, base.extends, *base.overlays):
            marked.complain(("extends",), _NO_BASE.format(id=overlay.extends))
        else:
            _check_changes(marked, overlay, base)
            if not marked.problems:
                check_rules(marked, apply(overlay, base))
    return (None if marked.problems else overlay), ordered(marked)


def extends(text: str) -> str | None:
    """Return what a file says it extends, or None where it is a complete playbook or cannot be read."""
    data = read_marked(text, file="").data
    value = data.get("extends") if isinstance(data, dict) else None
    return value if isinstance(value, str) else None


def holds_limits(text: str) -> bool:
    """Tell whether a file is an instrument of limits and no playbook."""
    data = read_marked(text, file="").data
    return isinstance(data, dict) and "limits" in data


def extends_line(text: str) -> int:
    """Return the line on which a file says what it extends."""
    return read_marked(text, file="").line(("extends",))


_SET_BY_LOADER = Text("“{key}”由系统写入，方案文件中请删去", '"{key}" is set by the loader; remove it from the file')
_NO_BASE = Text(
    "找不到所依据的方案“{id}”；请检查 extends（lianfang playbook list 列出可用方案），或先给出它的文件",
    'the playbook "{id}" that this extends is not known; check extends, or give its file first',
)
_OTHER_NAME = Text(
    "文件名为“{name}”，编号却是“{id}”；请改成一致，否则按编号找不到它",
    'the file is named "{name}" but its id is "{id}"; make them one, or it is not found by its id',
)


def ordered(marked: Marked) -> list[Problem]:
    """Return every problem of a file once, by line."""
    return sorted(set(marked.problems), key=lambda problem: (problem.line, problem.text))


def model_of(kind: type[M], marked: Marked) -> M | None:
    """Return the data of a file as a model; None, and what is wrong told at the file, where it is none."""
    try:
        # From JSON, because only there strict reading knows that a word may be a code and a text a date.
        return kind.model_validate_json(json.dumps(marked.data, ensure_ascii=False))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=True):
            marked.complain(_known_path(fault["loc"], marked), complaint(dict(fault), kind))
        return None


def _check_name(marked: Marked, stated: str, named: str | None) -> None:
    if named is not None and stated != named:
        marked.complain(("id",), _OTHER_NAME.format(id=stated, name=named))


def _known_path(loc: tuple[int | str, ...], marked: Marked) -> Path:
    """Return the longest part of a pydantic location that stands in the file (dict keys add a word of their own)."""
    path: Path = ()
    for step in loc:
        if (*path, step) in marked.lines:
            path = (*path, step)
    return path


def _check_changes(marked: Marked, overlay: Overlay, base: Playbook) -> None:
    """Check what an overlay does to its base: removals and replacements must meet something."""
    sections = {rule.id: type(rule).__name__ for rule in base.rules()}
    for index, rule_id in enumerate(overlay.remove):
        if rule_id not in sections:
            marked.complain(
                ("remove", index),
                Text(
                    "要删除的规则“{id}”在 {base} 中不存在；请检查编号",
                    'there is no rule "{id}" in {base} to remove; check the id',
                ).format(id=rule_id, base=base.id),
            )
    added = [
        *overlay.lookback,
        *overlay.tracing.thresholds,
        *overlay.tracing.seats,
        *overlay.tracing.categories,
        *overlay.counting,
        *overlay.measures,
        *overlay.clocks,
    ]
    singles = [
        overlay.natural_history.serial_interval,
        overlay.natural_history.incubation,
        overlay.tracing.second_degree,
        overlay.tracing.general,
        overlay.chains,
        overlay.priority,
        overlay.companion,
        overlay.late_find,
    ]
    kinds = {rule.id: type(rule).__name__ for rule in [*added, *singles] if rule is not None}
    for path, rule in rules_in_file(marked):
        here = kinds.get(rule["id"], "")
        if rule["id"] in sections and sections[rule["id"]] != here:
            marked.complain(
                path,
                Text(
                    "规则“{id}”在 {base} 中属于另一部分；请放到同一部分或换一个编号",
                    'rule "{id}" belongs to another section of {base}; move it there or choose another id',
                ).format(id=rule["id"], base=base.id),
            )
    if overlay.id in (base.id, *base.overlays):
        marked.complain(
            ("id",),
            Text(
                "补充规定的编号与所依据的方案相同；请换一个",
                "the overlay has the id of what it extends; choose another",
            ),
        )
