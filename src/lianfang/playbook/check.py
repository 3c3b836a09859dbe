"""Strict checking of playbook files: every fault with its line and a sentence that says what to do.

Pure: text in, problems out. Files are read by `lianfang.playbook.load`.
"""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lianfang.kernel.text import Text
from lianfang.playbook.complaints import complaint
from lianfang.playbook.marks import Marked, Path, Problem, read_marked
from lianfang.playbook.model import FACTS_IN_WHEN, Overlay, Playbook
from lianfang.playbook.overlay import apply

M = TypeVar("M", bound=BaseModel)

SET_BY_LOADER = ("digest", "overlays", "extends")
"""Keys of a loaded playbook that a base file may not write."""


def read_playbook(text: str, *, file: str) -> tuple[Playbook | None, list[Problem]]:
    """Read a complete playbook.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for the problems.

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
        book = _model(Playbook, marked)
    if book is not None:
        _check_rules(marked, book)
    return (None if marked.problems else book), _ordered(marked)


def read_overlay(text: str, *, file: str, base: Playbook | None) -> tuple[Overlay | None, list[Problem]]:
    """Read an overlay and check it as it stands on its base.

    Parameters
    ----------
    text, file
        As for `read_playbook`.
    base : Playbook or None
        What it extends; None when that is not known, which is a problem of its own.

    Returns
    -------
    tuple of Overlay or None, list of Problem
        As for `read_playbook`.
    """
    marked = read_marked(text, file=file)
    overlay = None if marked.problems else _model(Overlay, marked)
    if overlay is not None:
        if base is None or overlay.extends not in (base.id, *base.overlays):
            marked.complain(("extends",), _NO_BASE.format(id=overlay.extends))
        else:
            _check_changes(marked, overlay, base)
            if not marked.problems:
                _check_rules(marked, apply(overlay, base))
    return (None if marked.problems else overlay), _ordered(marked)


def extends(text: str) -> str | None:
    """Return what a file says it extends, or None where it is a complete playbook or cannot be read."""
    data = read_marked(text, file="").data
    value = data.get("extends") if isinstance(data, dict) else None
    return value if isinstance(value, str) else None


def extends_line(text: str) -> int:
    """Return the line on which a file says what it extends."""
    return read_marked(text, file="").line(("extends",))


_SET_BY_LOADER = Text("“{key}”由系统写入,方案文件中请删去", '"{key}" is set by the loader; remove it from the file')
_NO_BASE = Text(
    "找不到所依据的方案“{id}”;请检查 extends(lianfang playbook list 列出可用方案),或先给出它的文件",
    'the playbook "{id}" that this extends is not known; check extends, or give its file first',
)


def _ordered(marked: Marked) -> list[Problem]:
    return sorted(set(marked.problems), key=lambda problem: (problem.line, problem.text))


def _model(kind: type[M], marked: Marked) -> M | None:
    try:
        # From JSON, because only there strict reading knows that a word may be a code and a text a date.
        return kind.model_validate_json(json.dumps(marked.data, ensure_ascii=False))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=True):
            marked.complain(_known_path(fault["loc"], marked), complaint(dict(fault), kind))
        return None


def _known_path(loc: tuple[int | str, ...], marked: Marked) -> Path:
    """Return the longest part of a pydantic location that stands in the file (dict keys add a word of their own)."""
    path: Path = ()
    for step in loc:
        if (*path, step) in marked.lines:
            path = (*path, step)
    return path


def _rules_in_file(marked: Marked) -> list[tuple[Path, dict[str, Any]]]:
    """Return every rule that stands in the file, with its path. The data has already passed the model."""
    data = marked.data
    found: list[tuple[Path, dict[str, Any]]] = []
    for name, rule in data.get("natural_history", {}).items():
        found.append((("natural_history", name), rule))
    for section in ("lookback", "counting", "measures", "clocks"):
        found += [((section, index), rule) for index, rule in enumerate(data.get(section, []))]
    tracing = data.get("tracing", {})
    for section in ("thresholds", "categories"):
        found += [(("tracing", section, index), rule) for index, rule in enumerate(tracing.get(section, []))]
    if tracing.get("second_degree"):
        found.append((("tracing", "second_degree"), tracing["second_degree"]))
    if data.get("chains"):
        found.append((("chains",), data["chains"]))
    return [(path, rule) for path, rule in found if isinstance(rule, dict)]


def _check_changes(marked: Marked, overlay: Overlay, base: Playbook) -> None:
    """Check what an overlay does to its base: removals and replacements must meet something."""
    sections = {rule.id: type(rule).__name__ for rule in base.rules()}
    for index, rule_id in enumerate(overlay.remove):
        if rule_id not in sections:
            marked.complain(
                ("remove", index),
                Text(
                    "要删除的规则“{id}”在 {base} 中不存在;请检查编号",
                    'there is no rule "{id}" in {base} to remove; check the id',
                ).format(id=rule_id, base=base.id),
            )
    added = [
        *overlay.lookback,
        *overlay.tracing.thresholds,
        *overlay.tracing.categories,
        *overlay.counting,
        *overlay.measures,
        *overlay.clocks,
    ]
    singles = [
        overlay.natural_history.serial_interval,
        overlay.natural_history.incubation,
        overlay.tracing.second_degree,
        overlay.chains,
    ]
    kinds = {rule.id: type(rule).__name__ for rule in [*added, *singles] if rule is not None}
    for path, rule in _rules_in_file(marked):
        here = kinds.get(rule["id"], "")
        if rule["id"] in sections and sections[rule["id"]] != here:
            marked.complain(
                path,
                Text(
                    "规则“{id}”在 {base} 中属于另一部分;请放到同一部分或换一个编号",
                    'rule "{id}" belongs to another section of {base}; move it there or choose another id',
                ).format(id=rule["id"], base=base.id),
            )
    if overlay.id in (base.id, *base.overlays):
        marked.complain(
            ("id",),
            Text(
                "补充规定的编号与所依据的方案相同;请换一个", "the overlay has the id of what it extends; choose another"
            ),
        )


def _check_rules(marked: Marked, book: Playbook) -> None:
    """Check what no single field can show: `book` is the file itself, or its overlay applied to the base."""
    sources = {source.id for source in book.sources}
    seen: dict[str, int] = {}
    for path, rule in _rules_in_file(marked):
        if rule["id"] in seen:
            marked.complain(
                (*path, "id"),
                Text(
                    "规则编号“{id}”重复(首次见第{line}行);请换一个",
                    'rule id "{id}" stands twice (first on line {line}); choose another',
                ).format(id=rule["id"], line=seen[rule["id"]]),
            )
        seen.setdefault(rule["id"], marked.line((*path, "id")))
        for index, source in enumerate(rule["source"]):
            if source not in sources:
                marked.complain(
                    (*path, "source", index),
                    Text(
                        "来源“{id}”未在 sources 中列出;请补上或改正",
                        'source "{id}" is not listed under sources; add it or correct it',
                    ).format(id=source),
                )
        if rule["evidence"] == "SYS" and not rule.get("note"):
            marked.complain(
                (*path, "evidence"),
                Text("系统默认值(SYS)须有 note 说明", "a setting of the system (SYS) needs a note that says so"),
            )
    listed: set[str] = set()
    for index, source in enumerate(marked.data.get("sources", [])):
        if source["id"] in listed:
            marked.complain(
                ("sources", index, "id"),
                Text("来源编号“{id}”重复;请换一个", 'source id "{id}" stands twice; choose another').format(
                    id=source["id"]
                ),
            )
        listed.add(source["id"])
    if book.valid_until is not None and book.valid_until <= book.valid_from:
        marked.complain(
            ("valid_until",),
            Text("valid_until 须晚于 valid_from", "valid_until must be later than valid_from"),
        )
    _check_lookback(marked)
    _check_measures(marked, book)


def _check_lookback(marked: Marked) -> None:
    for index, rule in enumerate(marked.data.get("lookback", [])):
        path: Path = ("lookback", index)
        if rule["mode"] == "since_last_negative":
            if rule.get("days") is not None:
                marked.complain(
                    (*path, "days"),
                    Text("since_last_negative 不用 days;请删去", "since_last_negative takes no days; remove it"),
                )
        elif rule.get("days") is None:
            marked.complain((*path, "mode"), Text("{mode} 须写明 days", "{mode} needs days").format(mode=rule["mode"]))


def _check_measures(marked: Marked, book: Playbook) -> None:
    rules = {rule.id: rule for rule in book.measures}
    counted = {start for rule in book.counting for start in rule.clock_from}
    where = {rule["id"]: ("measures", index) for index, rule in enumerate(marked.data.get("measures", []))}
    for rule in book.measures:
        # A rule of the base can lose what it stands on through `remove`; that is told at the overlay's own line.
        path: Path = where.get(rule.id, ("remove",))
        if rule.measure == "none":
            if rule.clock_from or rule.after or rule.days or rule.tests:
                marked.complain(
                    path,
                    Text(
                        "规则“{id}”为无需措施(none),不得有 clock_from、after、days、tests;请删去",
                        'rule "{id}" asks for nothing (none) and takes no clock_from, after, days, tests; remove them',
                    ).format(id=rule.id),
                )
            continue
        if rule.clock_from is None and rule.after is None:
            marked.complain(
                path,
                Text(
                    "措施“{id}”没有写明从何时起算;请写 clock_from,或用 after 写明接在哪条措施之后",
                    'measure "{id}" names no start; write clock_from, or after with the rule that it follows',
                ).format(id=rule.id),
            )
        if rule.otherwise_from and rule.clock_from is None:
            marked.complain(
                (*path, "otherwise_from"),
                Text("otherwise_from 须与 clock_from 一起写", "otherwise_from needs a clock_from beside it"),
            )
        if rule.after is not None:
            before = rules.get(rule.after)
            if before is None:
                marked.complain(
                    (*path, "after"),
                    Text(
                        "“{id}”的 after 指向不存在的措施“{after}”;请改正",
                        '"{id}" follows the measure "{after}", which does not exist; correct after',
                    ).format(id=rule.id, after=rule.after),
                )
            elif before.category != rule.category:
                marked.complain(
                    (*path, "after"),
                    Text(
                        "“{id}”与其前一措施“{after}”的 category 不同;请改成一致",
                        '"{id}" and "{after}", which it follows, bind different categories; make them one',
                    ).format(id=rule.id, after=rule.after),
                )
            elif before.days is None and rule.clock_from is None:
                marked.complain(
                    path,
                    Text(
                        "“{after}”没有期限,接在其后的“{id}”须写 clock_from(如 discharged_at)",
                        '"{after}" has no term, so "{id}" after it needs a clock_from (such as discharged_at)',
                    ).format(id=rule.id, after=rule.after),
                )
            elif _loops(rule.id, rules):
                marked.complain(
                    (*path, "after"),
                    Text("“{id}”的 after 绕成一圈;请改正", 'the after of "{id}" runs in a circle; correct it').format(
                        id=rule.id
                    ),
                )
        for start in {rule.clock_from, *rule.otherwise_from} - {None}:
            if start not in counted:
                marked.complain(
                    (*path, "clock_from"),
                    Text(
                        "counting 没有规定从 {start} 起算时第1天是哪天;请补上",
                        "counting does not say which day is day 1 for {start}; add it",
                    ).format(start=start),
                )
        if sorted(set(rule.tests)) != rule.tests or any(day < 1 for day in rule.tests):
            marked.complain(
                (*path, "tests"),
                Text(
                    "“{id}”的检测日须从1起、由小到大、不重复",
                    'the test days of "{id}" must count from 1, rise, and stand once',
                ).format(id=rule.id),
            )
        if rule.days is not None and rule.tests and max(rule.tests) > rule.days:
            marked.complain(
                (*path, "tests"),
                Text(
                    "“{id}”第{day}天的检测在{days}天期限之外;请改正",
                    'the test on day {day} of "{id}" lies outside its {days} days; correct it',
                ).format(id=rule.id, day=max(rule.tests), days=rule.days),
            )
        for fact in rule.when:
            if fact not in FACTS_IN_WHEN:
                marked.complain(
                    (*path, "when", fact),
                    Text("when 中不能用“{fact}”;可用:{facts}", 'when does not know "{fact}"; it takes {facts}').format(
                        fact=fact, facts=", ".join(FACTS_IN_WHEN)
                    ),
                )
            elif not rule.when[fact]:
                marked.complain(
                    (*path, "when", fact),
                    Text(
                        "“{fact}”没有列出值;请列出允许的值", '"{fact}" lists no value; list the values it may have'
                    ).format(fact=fact),
                )


def _loops(rule_id: str, rules: dict[str, Any]) -> bool:
    seen = {rule_id}
    after = rules[rule_id].after
    while after is not None and after in rules:
        if after in seen:
            return True
        seen.add(after)
        after = rules[after].after
    return False
