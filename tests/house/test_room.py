"""A room is made by one command and works at once; another one is taken away, and the house stands.

Both in a copy of the tree, by the commands that a person types.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import room, room_check

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SHELL_LINES = 150
"""For a list, a form, a worklist and an act together."""

LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "dist", "*.mo")


def copy_of_the_tree(folder: Path) -> Path:
    for name in ("src", "tools", "docs", "tests/data"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for name in (".importlinter", "conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "tests" / "forked.py", folder / "tests")
    return folder


def run(folder: Path, *words: str, status: int = 0) -> str:
    """Run a command of this Python in a folder as if it were the repository; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "PYTEST"))}
    environment |= {
        "PATH": f"{BIN}{os.pathsep}{environment.get('PATH', '')}",
        "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}",
        "LIANFANG_DATA": str(folder / "data"),
        "LIANFANG_LANG": "zh",
        "DJANGO_SETTINGS_MODULE": "lianfang.site.settings",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, f"{words}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def files_of(folder: Path) -> dict[str, bytes]:
    kept = (p for name in ("src", "docs", "tools") for p in (folder / name).rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in kept if p.suffix not in (".mo", ".pyc")}


LINT = (
    "-c",
    "import sys; sys.path[:0] = ['src', '.']; "
    "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])",
)
MADE = ("docs/access.md", "docs/api.md")
"""Pages that are made from what the rooms declare."""

CHECKS = {
    "import contracts": LINT,
    "messages": ("tools/messages.py", "check"),
    "rooms": ("tools/room.py", "check"),
    "access page": ("tools/access_doc.py", "check"),
    "API page": ("tools/api_doc.py", "check"),
    "migrations": ("-m", "django", "makemigrations", "--check", "--dry-run"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, bytes]]]:
    """A copy of the tree with a throw-away room, and its files from before."""
    folder = copy_of_the_tree(tmp_path_factory.mktemp("made"))
    before = files_of(folder)
    run(folder, "tools/room.py", "new", "wards", "--after", "tracing", "--zh", "病区", "--en", "Wards")
    yield folder, before


def test_a_room_touches_one_line_of_the_house_and_its_lines_of_the_documents(made) -> None:
    folder, before = made
    after = files_of(folder)
    assert before.keys() < after.keys()
    assert all(name.startswith("src/lianfang/wards/") for name in after.keys() - before.keys())
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"src/lianfang/house.py", "docs/architecture.md", "docs/glossary.md", *MADE}
    house = [after, before]
    lines = [one["src/lianfang/house.py"].decode().splitlines() for one in house]
    lines[0].remove('    "wards",')
    assert lines[0] == lines[1]


def test_its_shell_is_short(made) -> None:
    folder, _ = made
    source = room_check.source_of(folder / "src" / "lianfang", "wards")
    assert sum(room_check.said_lines_of(file) for part, file in source if part == room_check.SHELL) <= SHELL_LINES


@pytest.mark.parametrize("check", CHECKS)
def test_it_passes_every_check(made, check: str) -> None:
    run(made[0], *CHECKS[check])


def test_it_is_in_style_and_names_run_left(made) -> None:
    folder, _ = made
    mine = "src/lianfang/wards"
    run(folder, "-m", "ruff", "check", "--no-cache", mine)
    run(folder, "-m", "ruff", "format", "--no-cache", "--check", mine)
    run(folder, "-m", "ruff", "check", "--no-cache", "--config", "tools/ruff-core.toml", f"{mine}/core")
    told = run(folder, "-c", "from tools.names import problems; print(*problems(), sep='\\n')")
    assert "wards" not in told


def test_its_own_tests_and_the_walk_of_all_routes_pass(made) -> None:
    folder, _ = made
    told = run(
        folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "src/lianfang/wards",
        "src/lianfang/site/tests/shell/test_routes.py",
        "-k", "wards or get-investigator or get-auditor or every_permission",
    )  # fmt: skip
    assert " passed" in told and "failed" not in told


def test_what_cannot_be_made_is_refused_in_a_sentence(made) -> None:
    folder, _ = made
    before = files_of(folder)
    run(folder, "tools/room.py", "new", "wards", "--after", "tracing", "--zh", "病区", status=1)
    assert files_of(folder) == before
    for name, after, zh, thing, why in (
        ("Beds", "tracing", "床位", "bed", "Beds is no name"),
        ("beds", "nowhere", "床位", "bed", "take one of pages"),
        ("beds", "kernel", "床位", "bed", "take one of pages"),  # no pages to its left
        ("beds", "site", "床位", "bed", "take one of pages"),
        ("beds", "tracing", "beds", "bed", "--zh"),
        ("cases", "tracing", "床位", "bed", "another name"),
        ("beds", "tracing", "床位", "case", "take another word"),  # its permissions are taken
    ):
        assert why in room.problem(name, after, {"zh": zh, "thing": thing, "many": "beds"})
    assert room.problem("beds", "tracing", {"zh": "床位", "thing": "bed", "many": "beds"}) == ""


def test_a_bad_declaration_a_circle_and_a_long_file_are_named(made) -> None:
    folder, _ = made
    ward = folder / "src" / "lianfang" / "wards"
    spoilt = {
        "room.py": lambda text: text.replace("selectors:count_overdue", "selectors:count_nothing"),
        "selectors.py": lambda text: f"{text}\n\ndef late() -> None:\n    import lianfang.wards.views\n",
        "urls.py": lambda text: text + "\n" * room_check.FILE_LINES,
    }
    before = {name: (ward / name).read_text("utf-8") for name in spoilt}
    try:
        for name, spoil in spoilt.items():
            (ward / name).write_text(spoil(before[name]), "utf-8")
        told = run(folder, "tools/room.py", "check", status=1)
    finally:
        for name, text in before.items():
            (ward / name).write_text(text, "utf-8")
    assert "count_nothing, which is not there" in told
    assert "modules import in a circle: lianfang.wards.selectors, lianfang.wards.views" in told
    assert f"wards/urls.py has {len(before['urls.py'].splitlines()) + room_check.FILE_LINES} lines" in told


def test_taken_away_it_leaves_nothing(made) -> None:  # the last that takes `made`
    folder, before = made
    run(folder, "tools/room.py", "remove", "wards")
    assert files_of(folder) == before


# A room that others know of.

GONE = "chains"
EVERY_MODULE = """
import django, importlib, pkgutil, sys
django.setup()
import lianfang
for one in pkgutil.walk_packages(lianfang.__path__, "lianfang."):
    if ".migrations." not in one.name and not one.name.endswith(("__main__", "manage")):
        importlib.import_module(one.name)
"""


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree from which a room was taken."""
    folder = copy_of_the_tree(tmp_path_factory.mktemp("without"))
    run(folder, "tools/room.py", "remove", GONE)
    return folder


def test_the_folder_and_the_lines_are_gone(without: Path) -> None:
    assert not (without / "src" / "lianfang" / GONE).exists()
    for name in ("src/lianfang/house.py", "docs/architecture.md"):
        assert f'"{GONE}"' not in (without / name).read_text("utf-8")
        assert f"| {GONE} |" not in (without / name).read_text("utf-8")


@pytest.mark.parametrize("check", ["import contracts", "messages", "access page", "API page", "migrations"])
def test_without_it_every_check_passes(without: Path, check: str) -> None:
    run(without, *CHECKS[check])


def test_without_it_names_run_no_further_right(without: Path) -> None:
    script = "from tools.names import problems; print(len(problems()))"
    assert int(run(without, "-c", script)) <= int(run(ROOT, "-c", script))


def test_without_it_every_module_is_imported(without: Path) -> None:
    run(without, "-c", EVERY_MODULE)


def test_without_it_a_response_over_files_writes_the_rest(without: Path, tmp_path: Path) -> None:
    small = ROOT / "tests" / "data" / "response-small"
    words = (
        "--playbook",
        "covid19-cn-9",
        "--as-of",
        "2022-07-08T18:00",
        "--jurisdiction",
        "样县",
        "--out",
        str(tmp_path / "out"),
    )
    run(without, "-m", "lianfang.site.cli", "respond", str(small / "in"), *words)
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert f"{GONE}.csv" not in made and {"contacts.csv", "measures.csv", "clocks.csv", "summary.json"} <= made
    for name in ("contacts.csv", "measures.csv", "clocks.csv"):
        ours = re.sub(r"@[0-9a-f]{8,}", "@<digest>", (tmp_path / "out" / name).read_text("utf-8-sig"))
        assert ours == (small / "golden" / name).read_text("utf-8-sig"), name


def test_without_it_other_rooms_pass_their_tests(without: Path) -> None:
    told = run(
        without, "-m", "pytest", "-q", "-p", "no:cacheprovider", "src/lianfang/response/tests/core",
        "src/lianfang/site/tests/shell/test_routes.py", "-k", "response or get-investigator or every_permission",
    )  # fmt: skip
    assert " passed" in told and "failed" not in told
