"""Each house rule is shown to hold, and shown to fail on a deliberate violation.

A copy of the package gets one bad line, and the checker that `make check` runs must name it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and of the contracts, to be spoiled."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "node_modules", "dist", "locale")
    )
    shutil.copy(ROOT / ".importlinter", folder)
    (folder / "tools").mkdir()
    for name in ("ruff-core.toml", "contracts.py", "names.py"):
        shutil.copy(ROOT / "tools" / name, folder / "tools")
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; sys.path[:0] = ['src', '.']; "
        "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    )
    environment = {"PATH": str(BIN), "PYTHONPATH": f"{folder / 'src'}:{folder}"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def core_style(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "ruff"), "check", "--no-cache", "--config", "tools/ruff-core.toml", str(file)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_house_as_it_stands_keeps_every_contract(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


VIOLATIONS = [
    ("cases/core/spoilt.py", "import lianfang.tracing.core\n", "Imports run left"),
    ("kernel/spoilt.py", "import lianfang.access.core\n", "Imports run left"),
    ("registry/spoilt.py", "import lianfang.site.urls\n", "Imports run left"),
    ("tracing/core/spoilt.py", "import django.db\n", "Every core, the kernel and the playbook are pure"),
    ("measures/core/spoilt.py", "import sqlite3\n", "Every core, the kernel and the playbook are pure"),
    ("playbook/spoilt.py", "import urllib.request\n", "Every core, the kernel and the playbook are pure"),
    ("reports/spoilt.py", "import lianfang.cases.models\n", "One door"),
    ("headquarters/spoilt.py", "import lianfang.measures.models\n", "One door"),
    ("site/spoilt.py", "import lianfang.registry.models\n", "One door"),
    ("cases/spoilt.py", "import lianfang.registry.models\n", "One door"),
    ("measures/spoilt.py", "import lianfang.tracing.views\n", "One door"),
]


@pytest.mark.parametrize(("file", "line", "contract"), VIOLATIONS, ids=[v[0] for v in VIOLATIONS])
def test_a_bad_import_breaks_its_contract(copy: Path, file: str, line: str, contract: str) -> None:
    bad = copy / "src" / "lianfang" / file
    target = copy / "src" / "lianfang" / Path(*line.split()[1].split(".")[1:]) if "lianfang" in line else None
    made = None
    if target is not None and not target.with_suffix(".py").exists() and not target.is_dir():
        made = target.with_suffix(".py")
        made.write_text('"""A stand-in."""\n')
    bad.write_text(line)
    try:
        result = lint_imports(copy)
    finally:
        bad.unlink()
        if made:
            made.unlink()
    assert result.returncode != 0
    broken = [row for row in result.stdout.splitlines() if "BROKEN" in row or contract in row]
    assert any(contract in row for row in broken), result.stdout
    assert "BROKEN" in result.stdout


IMPURE = {
    "clock": "import datetime\n\nx = datetime.datetime.now()\n",
    "file": "x = open('a')\n",
    "path": "from pathlib import Path\n\nx = Path('a')\n",
    "chance": "import random\n\nx = random.random()\n",
    "own generator": "import numpy as np\n\nx = np.random.default_rng()\n",
    "connection": "import duckdb\n\nx = duckdb.connect()\n",
    "network": "import socket\n\nx = socket.socket()\n",
    "frame from a file": "import polars as pl\n\nx = pl.read_csv('a')\n",
}


@pytest.mark.parametrize("kind", IMPURE)
def test_an_impure_line_in_a_core_is_refused(copy: Path, kind: str) -> None:
    bad = copy / "src" / "lianfang" / "tracing" / "core" / "spoilt.py"
    bad.write_text(IMPURE[kind])
    try:
        result = core_style(copy, bad)
    finally:
        bad.unlink()
    assert result.returncode != 0, f"{kind} was not noticed"
    assert any(code in result.stdout for code in ("TID251", "DTZ005", "NPY002", "PTH123")), result.stdout
