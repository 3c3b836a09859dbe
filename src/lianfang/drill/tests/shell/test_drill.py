"""`lianfang drill` plays a whole county, is the same for the same seed, and is held against other answers."""

from __future__ import annotations

from click.testing import CliRunner

from lianfang.drill.commands import drill


def printed(*options: str) -> list[str]:
    done = CliRunner().invoke(drill, ["--people", "2000", "--seed", "3", *options])
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def test_the_command_prints_cost_beside_recall_for_each_answer() -> None:
    lines = printed("--lang", "en")
    for name in ("this response", "two lines: household and whom the case named", "everybody", "nobody"):
        own = [line for line in lines if line.startswith(f"  [{name}] ")]
        assert any("person-days of quarantine:" in line for line in own)
        assert any("precision" in line for line in own) and any("recall" in line for line in own)
    assert any("[everybody] people taken along, of the county: 2000/2000 (100%)" in line for line in lines)
    seconds = "Seconds of the system"
    again = printed("--lang", "en")
    assert [line for line in lines if seconds not in line] == [line for line in again if seconds not in line]
    assert any(line.startswith("  【本系统】隔离人日：") for line in printed())
