"""A playbook's YAML as data that remembers its lines.

Only plain YAML is taken: one document, no anchors, no tags, no duplicate keys. What a lawyer reads is what is loaded.
"""

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

import yaml

from lianfang.kernel.text import Text

Path = tuple[str | int, ...]

MAX_DEPTH = 20
"""Deeper nesting than any playbook has; it bounds the recursion below."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a playbook file.

    Attributes
    ----------
    file : str
        Name of the file as the user gave it.
    line : int
        Counted from 1.
    text : Text
        What is wrong and what to do.
    """

    file: str
    line: int
    text: Text


@dataclass
class Marked:
    """The data of one file, the line of every path into it, and what could not be read."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of a path; of its nearest parent where the path itself is not there."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def complain(self, path: Path, text: Text) -> None:
        """Add a problem at a path."""
        self.problems.append(Problem(self.file, self.line(path), text))


def read_marked(text: str, *, file: str) -> Marked:
    """Read YAML text.

    Parameters
    ----------
    text : str
        The content of the file.
    file : str
        Its name, for the problems.

    Returns
    -------
    Marked
        Never raises for what stands in the text: whatever cannot be read is among the problems.
    """
    marked = Marked(file)
    try:
        if not _plain(text, marked):
            return marked
        root = yaml.compose(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # A fault at the very end is marked behind the last line.
        last = len(text.splitlines()) or 1
        _refuse(
            marked,
            min(mark.line + 1, last) if mark else 1,
            _NOT_YAML.format(why=_words(error.problem or error.context or "")),
        )
        return marked
    except (yaml.YAMLError, ValueError) as error:
        _refuse(marked, 1, _NOT_YAML.format(why=_words(str(error))))
        return marked
    if not isinstance(root, yaml.MappingNode):
        _refuse(marked, 1, _NOT_A_MAPPING)
        return marked
    marked.data = _build(root, (), marked)
    return marked


_NOT_YAML = Text(
    "不是有效的 YAML（{why}）；请检查缩进、引号和冒号", "this is not YAML ({why}); check indentation, quotes and colons"
)
_NOT_A_MAPPING = Text(
    "文件应为“键: 值”的形式，从 id: 开始", "the file must consist of `key: value` lines, starting with id:"
)


def _words(problem: str) -> str:
    return " ".join(problem.split())[:160].replace("{", "(").replace("}", ")")


def _refuse(marked: Marked, line: int, text: Text) -> None:
    marked.problems.append(Problem(marked.file, line, text))


def _plain(text: str, marked: Marked) -> bool:
    """Tell whether the text is one plain document; what makes it not plain becomes a problem."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse(
                    marked,
                    line,
                    Text("一个文件只能有一个文档；请删去“---”", "one file holds one document; remove the --- line"),
                )
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(
                marked,
                line,
                Text(
                    "不接受锚点和引用（& 与 *）；请把值完整写出",
                    "anchors and aliases (& and *) are not taken; write the value out",
                ),
            )
        elif getattr(event, "tag", None):
            _refuse(marked, line, Text("不接受标签（!…）；请只写值", "tags (!…) are not taken; write the value only"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                _refuse(marked, line, Text("嵌套过深；请检查缩进", "nested too deeply; check the indentation"))
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return not marked.problems


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _build(node: yaml.Node, path: Path, marked: Marked) -> Any:
    marked.lines.setdefault(path, _line(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, marked)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, index), marked) for index, child in enumerate(node.value)]
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = _line(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(marked, line, Text("键应为一个词", "a key must be one word"))
            continue
        key = key_node.value
        if key in made:
            _refuse(
                marked,
                line,
                Text("“{key}”重复；请只保留一个", '"{key}" stands twice; keep one').format(key=_words(key)),
            )
            continue
        marked.lines[(*path, key)] = line
        made[key] = _build(value_node, (*path, key), marked)
    return made


def _scalar(node: yaml.ScalarNode, path: Path, marked: Marked) -> Any:
    """Return the value of a scalar by YAML's own tag; what the tag promises but the text does not hold is a problem."""
    text, tag = node.value, node.tag.rpartition(":")[2]
    try:
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() in ("yes", "true", "on")
        if tag == "int":
            return int(text.replace("_", ""), 10)
        if tag == "float":
            number = float(text.replace("_", ""))
            if math.isfinite(number):
                return number
        elif tag == "timestamp":
            return dt.date.fromisoformat(text).isoformat()
        else:
            return text
    except ValueError:
        pass
    marked.complain(
        path,
        Text(
            "“{value}”不是普通的数或日期；数请写成 7 或 0.5，日期请写成 2021-05-14，文字请加引号",
            '"{value}" is no plain number or date; write 7 or 0.5, 2021-05-14, or put words in quotes',
        ).format(value=_words(text)),
    )
    return None
