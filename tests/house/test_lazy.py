"""Quick starts rest on what is not imported: checked by name, never by a clock."""

import subprocess
import sys

HEAVY = ("django", "polars", "ibis", "duckdb", "numpy", "pandas", "pyarrow", "scipy", "networkx", "pydantic", "docx")


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint('\\n@' + ' '.join(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("@")[2].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import lianfang") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    code = "from lianfang.site.cli import commands\ncommands.main(['--help'], standalone_mode=False)"
    assert not loaded_after(code) & set(HEAVY)


def test_the_notebook_function_and_the_file_commands_do_not_load_django() -> None:
    assert "django" not in loaded_after("import lianfang\nlianfang.trace")
    assert "django" not in loaded_after("import lianfang.tracing.commands, lianfang.response.commands")
    assert "django" not in loaded_after("import lianfang.playbook.commands, lianfang.response.run")
