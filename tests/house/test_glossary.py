"""The glossary names every code, column and playbook key, with the labels of the program."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

import lianfang
from lianfang.house import declared
from lianfang.kernel import schema
from lianfang.kernel.vocabulary import Word
from lianfang.measures.core import facts
from lianfang.playbook import model
from lianfang.playbook.load import available, load

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
LONG = 40
"""A label longer than this is a sentence of a refusal, not a word."""


def vocabularies() -> list[type[Word]]:
    for module in pkgutil.walk_packages(lianfang.__path__, "lianfang."):
        if (".core." in module.name or module.name.startswith("lianfang.kernel.")) and ".tests" not in module.name:
            importlib.import_module(module.name)
    return sorted(Word.__subclasses__(), key=lambda c: c.__name__)


def section(heading: str) -> str:
    found = re.search(rf"^#+ {heading}.*?(?=^#+ |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/glossary.md has no section {heading}"
    return found.group(0)


def in_first_cells(text: str) -> set[str]:
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    return {code for cell in rows for code in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("words", vocabularies(), ids=lambda c: c.__name__)
def test_every_code_stands_with_its_labels(words: type[Word]) -> None:
    rows = {}
    for line in section(words.__name__ + " ·").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("`"):
            rows[cells[0].strip("`")] = cells[1:]
    assert set(rows) == set(words.codes()), words.__name__
    for word in words:
        zh, en, meaning = rows[word.value]
        assert meaning
        if len(word.label.en) <= LONG:
            assert (zh, en) == tuple(word.label), word.value


def test_every_column_of_every_file_stands() -> None:
    named = in_first_cells(section("Columns"))
    for one in vars(schema).values():
        if isinstance(one, schema.Schema):
            assert set(one.names) <= named, one.name
    files = {file.table.partition(":")[0] for room in declared().values() for step in room.steps for file in step.files}
    columns = [
        value
        for module in files
        for name, value in vars(importlib.import_module(module)).items()
        if name in ("MEASURE_COLUMNS", "CLOCK_COLUMNS", "CHAIN_COLUMNS")
    ]
    assert len(columns) > 1 and {one for some in columns for one in some} <= named
    assert set(get_args(model.ClockStart)) <= named
    assert set(model.FACTS_IN_WHEN) <= named
    assert len(facts.FACT_COLUMNS) > 10 and set(facts.FACT_COLUMNS) <= named


def test_every_key_of_a_playbook_stands() -> None:
    named = in_first_cells(section("Playbooks"))
    for kind in vars(model).values():
        if inspect.isclass(kind) and issubclass(kind, BaseModel) and kind.__module__.startswith(f"{model.__name__}."):
            assert set(kind.model_fields) - named - {"found_by"} == set(), kind.__name__
    every = set(re.findall(r"`([^`]+)`", section("Playbooks")))
    assert set(get_args(model.Evidence)) <= every
    clocks = {rule.clock for book in available() for rule in load(book.id).clocks}
    assert clocks <= every
    for field in ("mode", "day_one", "swab", "distribution", "scope"):
        for kind in (model.LookbackRule, model.CountingRule, model.MeasureRule, model.IntervalRule, model.Rule):
            if field in kind.model_fields:
                assert set(get_args(kind.model_fields[field].annotation)) <= every, field


def test_no_row_lacks_a_chinese_word() -> None:
    for line in TEXT.splitlines():
        if (
            line.startswith("| ")
            and "---" not in line
            and not line.startswith(("| code", "| column", "| key", "| English"))
        ):
            cells = line.strip("|").split("|")
            assert any(re.search(r"[\u4e00-\u9fff]|2\+4", cell) for cell in cells[1:3]), line
