"""``lianfang respond`` as somebody types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SMALL = Path(__file__).resolve().parents[5] / "tests" / "data" / "response-small" / "in"


def lianfang(*arguments: object, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from lianfang.site.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={"LIANFANG_LANG": lang, "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
        check=False,
    )


def test_it_answers_and_says_what_it_found(tmp_path):
    done = lianfang(
        "respond", SMALL, "--playbook", "covid19-cn-9", "--as-of", "2022-07-08T18:00", "--out", tmp_path / "o"
    )
    assert done.returncode == 0
    assert "5 cases, 11 close and 1 secondary contacts" in done.stdout
    assert "Traceback" not in done.stderr
    summary = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert summary["as_of"] == "2022-07-08T18:00:00"
    assert len(summary["playbook"]["sha256"]) == 64
    assert "is required and must not be empty" in (tmp_path / "o" / "refused.csv").read_text()


def test_strict_writes_everything_and_ends_with_1(tmp_path):
    done = lianfang("respond", SMALL, "--playbook", "covid19-cn-9", "--strict", "--out", tmp_path / "o", lang="zh")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("lianfang: 退回 8 行")
    assert (tmp_path / "o" / "bulletin.docx").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--playbook", "covid19-cn-9", "--as-of", "Friday"], 2, "--as-of cannot be read: Friday"),
        (["--playbook", "no-such-policy"], 2, "no-such-policy"),
        ([], 2, "--playbook"),
    ],
)
def test_a_wrong_command_line_ends_with_one_line(tmp_path, arguments, status, words):
    done = lianfang("respond", SMALL, "--out", tmp_path / "o", *arguments)
    assert done.returncode == status
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_no_django_is_imported():
    code = "import sys, lianfang.response.run, lianfang.tracing.tracer; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
