"""``lianfang playbook decide`` over files: every row of facts is a measure or a reason."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest

from lianfang.playbook.load import load

FACTS = """person_id,category,last_exposure,found_at,origin_risk,left_area,entered_at
甲,close_contact,2021-08-05 18:30,2021-08-09 10:00,,,
乙,arrival,,,,2021-08-05,
丙,来(返)人员,,,high,2021/8/5,
丁,passer_by,,,,,
戊,inbound,,,,,2021-08-01T06:00
"""


def run(*words: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from lianfang.site.cli import main; main()", "playbook", "decide", *words],
        capture_output=True,
        text=True,
        env={"LIANFANG_LANG": lang, "PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )


@pytest.fixture
def facts(tmp_path):
    file = tmp_path / "facts.csv"
    file.write_text(FACTS, encoding="utf-8")
    return file


def test_facts_in_measures_out(facts, tmp_path) -> None:
    out, refused = tmp_path / "measures.csv", tmp_path / "refused.csv"
    words = ["--playbook", "covid19-cn-8", "--overlay", "covid19-cn-8-local-2021-08", "--facts", str(facts)]
    words += ["--as-of", "2021-08-09T12:00", "--out", str(out), "--refused", str(refused)]
    done = run(*words)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == [
        "person_id", "measure", "place_class", "start", "end", "clock_from", "test_dates", "rule", "reason", "playbook",
        "category", "conditions",
    ]  # fmt: skip
    assert [(row["person_id"], row["measure"], row["end"]) for row in rows] == [
        ("丙", "central_quarantine", "2021-08-20T00:00:00"),
        ("戊", "central_quarantine", "2021-08-16T00:00:00"),
        ("戊", "home_monitoring", "2021-08-23T00:00:00"),
        ("甲", "central_quarantine", "2021-08-20T00:00:00"),
        ("甲", "home_monitoring", "2021-08-27T00:00:00"),
    ]
    assert rows[3]["test_dates"] == "2021-08-09;2021-08-12;2021-08-19"
    assert {row["playbook"] for row in rows} == {load("covid19-cn-8-local-2021-08").name}
    without = list(csv.DictReader(refused.open(encoding="utf-8")))
    assert [(row["person_id"], row["fact"]) for row in without] == [("丁", "category"), ("乙", "origin_risk")]
    assert '"passer_by", which is not known' in without[0]["reason"]
    assert run(*words, "--strict").returncode == 1


def test_a_wrong_command_line_is_one_line(facts, tmp_path) -> None:
    base = ["--facts", str(facts), "--out", str(tmp_path / "m.csv")]
    for words, status in (
        (["--playbook", "covid19-cn-7", "--as-of", "2021-08-09", *base], 2),
        (["--playbook", "covid19-cn-8", "--as-of", "tomorrow", *base], 2),
        (["--playbook", "covid19-cn-9", "--overlay", "covid19-cn-8-local-2021-08", "--as-of", "2021-08-09", *base], 1),
    ):
        done = run(*words)
        assert done.returncode == status
        assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.startswith("lianfang: ")
