"""Write `docs/worked-cases.md` from the rows: ``python -m tests.cases.table`` (``check`` only compares)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import groupby

from lianfang.kernel.vocabulary import Category, MeasureKind, Word
from tests.cases.scenarios import Scenario, scenarios
from tests.cases.ways import why_not
from tests.cases.worked import HERE, Asked, Row, rows

PAGE = HERE.parents[1] / "docs" / "worked-cases.md"

TITLES = {
    "decide-8.csv": "第八版 · Eighth edition",
    "decide-9.csv": "第九版 · Ninth edition",
    "decide-8-local-2021-08.csv": "第八版加2021年8月地方规定 · Eighth edition, local regime of August 2021",
    "decide-8-local-winter-2021.csv": "第八版加2021年冬地方规定 · Eighth edition, local regime of winter 2021-22",
    "decide-8-clinical-2022-03.csv": "第八版加诊疗第九版 · Eighth edition under the clinical protocol of March 2022",
    "decide-calendar.csv": "月末、年末、闰日 · Ends of months and years, leap days",
    "decide-as-of.csv": "决定时间 · The time of the decision",
}
"""What the files are about, in the order of the page."""


def sources() -> dict[str, dict[str, str]]:
    """Return what each label of the column ``source`` stands for."""
    with (HERE / "sources.csv").open(encoding="utf-8", newline="") as lines:
        return {line["label"]: line for line in csv.DictReader(lines)}


def page() -> str:
    """Return the whole page."""
    every, posed = rows(), scenarios()
    told = sum(len(row.facts) for row in every)
    lines = [
        (HERE / "head.md").read_text("utf-8"),
        f"{len(every)} people in {told} rows of facts, and {len(posed)} small outbreaks.\n",
    ]
    for file, title in TITLES.items():
        lines += [f"## {title}\n", *_table([row for row in every if row.file == file])]
    lines += ["## 小型疫情 · Small outbreaks\n", *_scenarios(posed), "## 依据 · Sources\n", *_sources()]
    return "\n".join(lines) + "\n"


def _table(of_file: list[Row]) -> Iterator[str]:
    for basis, of_basis in groupby(of_file, key=lambda row: row.basis):
        yield f"### {basis}\n"
        yield "| 案例 case | 事实 facts | 结果 what follows | 理由 why | 依据 source | 推算 by | 不经 not by |"
        yield "|---|---|---|---|---|---|---|"
        for row in of_basis:
            facts = "<br>".join(_facts(one) for one in row.facts)
            follows = "<br>".join([*map(_asked, row.asked), *([f"refused: **{row.refused}**"] if row.refused else [])])
            by, not_by = f"{row.worked_by}, {row.checked_by}", "; ".join(why_not(row).values())
            yield f"| {row.id} | {facts} | {follows} | {row.why} | {row.source} | {by} | {not_by} |"
        yield ""


def _facts(facts: dict[str, str]) -> str:
    told = (f"{name} {value.replace('T', ' ')}" for name, value in facts.items() if name != "category" and value)
    return ", ".join([f"**{_label(Category, facts['category'])}**", *told])


def _asked(asked: Asked) -> str:
    start = f"{asked.start:%Y-%m-%d %H:%M}"
    until = "until the conditions hold" if asked.end is None else f"to {asked.end:%Y-%m-%d %H:%M}"
    if asked.measure == "none":
        return f"**{_label(MeasureKind, asked.measure)}** from {start} (`{asked.rule}`)"
    tests = f", tests {' '.join(f'{day:%m-%d}' for day in asked.tests)}" if asked.tests else ""
    return f"**{_label(MeasureKind, asked.measure)}** {start} {until}{tests} (`{asked.rule}`)"


def _label(words: type[Word], code: str) -> str:
    """Return a code with its Chinese; a word that is no code stays as it is."""
    return f"{words.of(code).label.zh} {code}" if code in words.codes() else code


def _scenarios(posed: tuple[Scenario, ...]) -> Iterator[str]:
    yield "Input files and expected rows stand in `tests/cases/respond`.\n"
    yield "| 案例 case | 方案 policy | 情况 what happens | 结果 what follows | 依据 source | 推算 by |"
    yield "|---|---|---|---|---|---|"
    for one in posed:
        by = f"{one.worked_by}, {one.checked_by}"
        yield f"| {one.id} | {one.basis} | {one.title} | {one.follows} | {one.source} | {by} |"
    yield ""


def _sources() -> Iterator[str]:
    yield "| 代号 label | 内容 says | 文件 document | 等级 evidence |"
    yield "|---|---|---|---|"
    for label, one in sources().items():
        yield f"| {label} | {one['says']} | {one['document']} | {one['evidence']} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(0 if PAGE.read_text("utf-8") == page() else f"{PAGE.name} is not what the rows say: make it anew")
    PAGE.write_text(page(), encoding="utf-8")
