"""docs/operating.md names every environment variable and every command that there is, and none that is gone."""

import re
from pathlib import Path

import click
import pytest

import lianfang
from lianfang.site.cli import COMMANDS
from lianfang.site.commands import demo, serve_command

SOURCE = Path(lianfang.__file__).parent
PAGE = SOURCE.parent.parent / "docs" / "operating.md"
SHELL_ONLY = {"LIANFANG_SHARED"}
"""Read by tests, not by the application."""


def _variables() -> set[str]:
    code = [f.read_text("utf-8") for f in SOURCE.rglob("*.py") if "tests" not in f.parts]
    return {name for text in code for name in re.findall(r"\b(LIANFANG_[A-Z_]+|DATABASE_URL)\b", text)} - SHELL_ONLY


def test_every_environment_variable_has_its_row() -> None:
    rows = set(re.findall(r"(?m)^\| `([A-Z_]+)` \|", PAGE.read_text("utf-8")))
    assert rows == _variables()


def test_every_command_is_named() -> None:
    text = PAGE.read_text("utf-8")
    for name in COMMANDS:
        assert re.search(rf"`lianfang {name}\b", text), name


@pytest.mark.parametrize("command", [demo, serve_command])
def test_every_option_is_named(command: click.Command) -> None:
    name = "serve" if command is serve_command else "demo"
    row = next(line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `lianfang {name} "))
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert option.opts[0] in row, option.opts[0]
