"""Instruments of limits: what they say, and on which days, against the facts they were taken from."""

from __future__ import annotations

import datetime as dt

from click.testing import CliRunner

from lianfang.playbook.commands import playbook
from lianfang.playbook.limits import beside, hold_on, read_instrument
from lianfang.playbook.load import check, instruments, load
from lianfang.playbook.tests.texts import DATA

NINE = (DATA / "limits" / "nine-prohibitions-2022-06.yaml").read_text(encoding="utf-8")


def ids(day: str) -> list[str]:
    return [one.id for one in hold_on(instruments(), dt.date.fromisoformat(day))]


def test_each_has_its_own_days() -> None:
    """Facts 0.3, 6.1, 6.2 and addition D: 九不准 2022-06-05, code rule 2022-06-24, 二十条(16) 2022-11-11."""
    nine, code, twenty = "nine-prohibitions-2022-06", "health-code-2022-06", "twenty-measures-16-2022-11"
    assert ids("2022-06-04") == []
    assert ids("2022-06-05") == [nine]
    assert ids("2022-06-24") == [nine, code]
    assert ids("2022-11-11") == [nine, code, twenty]


def test_what_they_stand_on() -> None:
    """Facts 6.1 [F-O] S49 (the complete nine), 6.2 [F-M] S51, 6.2 [F-O] S13."""
    told = {one.id: one for one in instruments()}
    nine = told["nine-prohibitions-2022-06"]
    assert [limit.number for limit in nine.limits] == list(range(1, 10))
    assert all(limit.title.zh.startswith("不准") for limit in nine.limits)
    assert {limit.evidence for limit in nine.limits} == {"F-O"}
    assert {limit.evidence for limit in told["health-code-2022-06"].limits} == {"F-M"}
    assert {limit.evidence for limit in told["twenty-measures-16-2022-11"].limits} == {"F-O"}


def test_they_cut_across_versions() -> None:
    """Addition D: the local regime of 2021-08, in force until 2022-06-28, crosses 2022-06-05."""
    held = {one: [limit.id for limit in beside(instruments(), load(one))] for one in ("covid19-cn-8", "covid19-cn-9")}
    assert held["covid19-cn-8"] == held["covid19-cn-9"] == ["nine-prohibitions-2022-06", "health-code-2022-06"]
    assert beside(instruments(), load("covid19-cn-8-local-winter-2021")) == []
    shown = CliRunner().invoke(playbook, ["show", "covid19-cn-8-local-2021-08", "--lang", "zh"]).output
    assert "不准随意延长风险人员的隔离和健康监测时间" in shown


def test_a_faulty_file_is_told_with_its_line(tmp_path) -> None:
    assert read_instrument(NINE, file="n.yaml")[1] == []
    for old, new, words in (
        ("number: 2,", "number: none,", "whole number"),
        ("id: limit.nine.care", "id: limit.nine.people", "stands twice"),
        ("source: [nine-prohibitions], evidence: F-O}", "source: [other], evidence: F-O}", "not listed under sources"),
        ("valid_from: 2022-06-05", "valid_from: 2022-06-05\nvalid_until: 2022-06-05", "must be later"),
        ("evidence: F-O", "evidence: GK", "GK"),
    ):
        path = tmp_path / "mine.yaml"
        path.write_text(NINE.replace(old, new, 1), encoding="utf-8")
        (problem,) = check(path)
        assert words in problem.text.en and problem.line > 1


def test_the_command_lists_them_by_day() -> None:
    run = CliRunner().invoke
    assert "2022-06-24" not in run(playbook, ["limits", "--at", "2022-06-05", "--lang", "en"]).output
    assert "nine prohibitions" in run(playbook, ["limits", "--at", "2022-06-05", "--lang", "en"]).output
    assert "no instrument" in run(playbook, ["limits", "--at", "2020-01-01", "--lang", "en"]).output
