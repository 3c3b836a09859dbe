"""Every fault of a playbook file is told with its line, in both languages."""

from __future__ import annotations

import pytest

from lianfang.kernel.errors import Misused, Refused
from lianfang.playbook import load as loading
from lianfang.playbook.check import read_playbook
from lianfang.playbook.describe import value_of
from lianfang.playbook.load import check, load
from lianfang.playbook.model import Playbook
from lianfang.playbook.tests.texts import DATA, EIGHT, LOCAL, NINE


def line_of(text: str, words: str, *, after: str = "") -> int:
    """Line of the first place where `words` stand, behind the place where `after` stands."""
    position = text.index(words, text.index(after) if after else 0)
    return text[:position].count("\n") + 1


def problems(text: str) -> list[tuple[int, str, str]]:
    book, found = read_playbook(text, file="my.yaml")
    assert (book is None) == bool(found)
    return [(one.line, one.text.zh, one.text.en) for one in found]


def changed(old: str, new: str, *, after: str = "", text: str = EIGHT) -> str:
    position = text.index(old, text.index(after) if after else 0)
    return text[:position] + new + text[position + len(old) :]


def loaded(text: str) -> Playbook:
    book, found = read_playbook(text, file="my.yaml")
    assert book is not None, found
    return book.model_copy(update={"digest": loading.digest(book)})


QUARANTINE = "- id: measure.close_contact.quarantine"


@pytest.mark.parametrize(
    ("old", "new", "after", "at", "english"),
    [
        ("    days: 14", "    day: 14", QUARANTINE, "    day: 14", '"day" is not known here'),
        ("    days: 14", "    days: fourteen", QUARANTINE, "    days: fourteen", "must be a whole number"),
        ("    days: 14", '    days: "14"', QUARANTINE, '    days: "14"', "must be a whole number"),
        ("    days: 14", "    days: 14.0", QUARANTINE, "    days: 14.0", "must be a whole number"),
        ("    days: 14", "    days: 999", QUARANTINE, "    days: 999", "must not be above 365"),
        ("    days: 14", "    days: 14\n    days: 21", QUARANTINE, "    days: 21", '"days" stands twice'),
        ("    days: 14", "    days: .nan", QUARANTINE, "    days: .nan", "no plain number"),
        ("    days: 14", "    days: &d 14", QUARANTINE, "    days: &d 14", "anchors"),
        ("    days: 14", "    days: !!python/object/new:os.system [x]", QUARANTINE, "    days: !!", "tags"),
        ("    evidence: F-L\n", "", QUARANTINE, QUARANTINE, '"evidence" is missing'),
        ("    evidence: F-L", "    evidence: GK", QUARANTINE, "    evidence: GK", "GK (general knowledge"),
        ("    evidence: F-L", "    evidence: sure", QUARANTINE, "    evidence: sure", "it is one of F-O"),
        ("source: [plan-8, plan-9-changes, late-found-answer]", "source: []", QUARANTINE, "source: []", "at least one"),
        (
            "plan-8, plan-9-changes, late",
            "plan-7, plan-9-changes, late",
            QUARANTINE,
            "plan-7",
            '"plan-7" is not listed',
        ),
        ("measure: central_quarantine", "measure: prison", QUARANTINE, "measure: prison", 'cannot be "prison"'),
        ("tests: [1, 4, 7, 14]", "tests: every 3 days", QUARANTINE, "tests: every", "must be a list"),
        ("tests: [1, 4, 7, 14]", "tests: [1, 4, 7, 15]", QUARANTINE, "tests: [1, 4, 7, 15]", "outside its 14 days"),
        ("tests: [1, 4, 7, 14]", "tests: [4, 1]", QUARANTINE, "tests: [4, 1]", "must count from 1, rise"),
        ("    clock_from: last_exposure\n", "", QUARANTINE, QUARANTINE, "names no start"),
        ("clock_from: last_exposure", "clock_from: yesterday", QUARANTINE, "clock_from: yesterday", "cannot be"),
        ("id: measure.close_contact.quarantine", "id: Quarantine!", "", "id: Quarantine!", "not written as an id"),
        ("id: clock.survey", "id: clock.transferred", "", 'id: clock.transferred\n    title: {zh: "24', "stands twice"),
        (
            "after: measure.close_contact.quarantine",
            "after: measure.close_contact.gone",
            "",
            "after: measure.close_contact.gone",
            "which does not exist",
        ),
        (
            "after: measure.close_contact.quarantine",
            "after: measure.inbound.quarantine",
            "",
            "after: measure.inbound.quarantine",
            "different categories",
        ),
        (
            "    clock_from: discharged_at\n    measure: home_quarantine",
            "    measure: home_quarantine",
            "- id: measure.case.after_discharge",
            "- id: measure.case.after_discharge",
            "has no term",
        ),
        ("when: {symptomatic: [", "when: {mood: [", "", "when: {mood", 'when does not know "mood"'),
        ('when: {symptomatic: ["no"]}', "when: {symptomatic: [no]}", "", "when: {symptomatic: [no]}", "in quotes"),
        (
            "when: {special: [child",
            "when: {special: [chlid",
            "",
            "when: {special: [chlid",
            'no value "chlid"; it is one of',
        ),
        ('symptomatic: ["no"]', 'symptomatic: ["none"]', "", 'symptomatic: ["none"]', "it is one of yes, no"),
        (
            "    mode: days_before_onset",
            "    found_by: [care_seeking, routine]\n    mode: days_before_onset",
            "",
            "    found_by: [care_seeking, routine]",
            'no value "routine"; it is one of regular_testing',
        ),
        ("    clock: transferred", "    clock: moved", "", "    clock: moved", "the id must be clock.moved"),
        ("    clock: transferred", '    clock: ""', "", '    clock: ""', "do not agree"),
        (
            "starts_from: [proposed_at",
            "starts_from: [reported_at",
            "- id: clock.transferred",
            "    starts_from: [reported_at",
            "has the subject contact and cannot start from reported_at; use one of: proposed_at",
        ),
        ("    clock: survey", "    clock: survey\n    subject: village", "", "    subject: village", "cannot be"),
        (
            "starts_from: [reported_at",
            "starts_from: [proposed_at",
            "- id: clock.survey",
            "starts_from: [p",
            "case",
        ),
        ("meal: 0.8, care: 0.8, ", "care: 0.8, ", "", "by_place_kind:", 'no weight for "meal" (Meal)'),
        ("    days: 2\n", "", "- id: lookback.onset", "mode: days_before_onset", "needs days"),
        ("mode: days_before_onset", "mode: since_last_negative", "", "    days: 2", "takes no days"),
        ("valid_from: 2021-05-14", "valid_from: 2021-05-44", "", "valid_from", "no plain number or date"),
        ("valid_from: 2021-05-14", "valid_from: soon", "", "valid_from: soon", "must be a date"),
        ("valid_until: 2022-06-28", "valid_until: 2021-05-14", "", "valid_until", "later than"),
        ("disease: covid19", "disease: covid19\ndigest: abc", "", "digest: abc", "set by the loader"),
        ('zh: "国务院', '"国务院', "", "authority:", '"zh" is missing'),
        (
            "isolated_at, discharged_at, own_positive_at]",
            "isolated_at, own_positive_at]",
            "counting:",
            "clock_from: discharged_at",
            "day 1",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(old: str, new: str, after: str, at: str, english: str) -> None:
    text = changed(old, new, after=after)
    found = problems(text)
    expected = line_of(text, at, after=after if after in text else "")
    assert any(line == expected and english in en for line, _, en in found), (expected, found)
    for _, zh, en in found:
        assert zh and en and zh != en
        assert any("一" <= character <= "鿿" for character in zh)


def test_a_clock_may_hang_on_a_contact_and_a_clock_of_a_case_leaves_the_digest_as_it_was() -> None:
    """Naming the subject that is meant anyway is another text and the same policy."""
    own = "    clock: survey\n    hours: 24\n    starts_from: [reported_at, sampled_at, isolated_at, onset_date]"
    plain = loaded(EIGHT)
    said = loaded(changed("    clock: survey", "    clock: survey\n    subject: case"))
    assert said.digest == plain.digest
    text = changed(own, "    clock: survey\n    subject: contact\n    hours: 6\n    starts_from: [proposed_at]")
    assert not problems(text)
    book = loaded(text)
    assert book.digest != plain.digest
    assert "6小时，从提出建议起" in value_of(book.rule("clock.survey")).zh


def test_the_files_of_the_package_are_without_fault() -> None:
    files = sorted(DATA.glob("*.yaml"))
    assert len(files) >= 5
    for one in files:
        assert check(str(one)) == []


def test_every_fault_is_listed_in_the_order_of_the_file() -> None:
    text = changed("    days: 14", "    day: 14", after=QUARANTINE)
    text = changed("mode: days_before_onset", "mode: days_before_supper", text=text)
    lines = [line for line, _, _ in problems(text)]
    assert lines == sorted(lines)
    assert {line_of(text, "days_before_supper"), line_of(text, "    day: 14")} <= set(lines)


def test_a_system_setting_needs_a_note() -> None:
    start = EIGHT.index("      note:", EIGHT.index("- id: threshold.other"))
    end = EIGHT.index("  second_degree:")
    text = EIGHT[:start] + EIGHT[end:]
    assert [(line, en) for line, _, en in problems(text)] == [
        (
            line_of(text, "evidence: SYS", after="- id: threshold.other"),
            "a setting of the system (SYS) needs a note that says so",
        )
    ]


def test_a_degree_that_is_traced_needs_a_threshold(tmp_path) -> None:
    every = "    - id: threshold.other\n"
    first, second = (changed(every, f"{every}      degree: {degree}\n") for degree in (1, 2))
    # Dwellings keep a rule for both degrees, so each degree still has one.
    assert problems(first) == [] and problems(second) == []
    only = changed("      place_kinds: [dwelling]\n", "      degree: 1\n", after="- id: threshold.dwelling", text=first)
    assert [(line, en) for line, _, en in problems(only)] == [
        (
            line_of(only, "thresholds:"),
            "no rule of thresholds holds for degree 2, so nobody would be found there; add a rule, "
            "or set traced: false under second_degree where contacts of contacts are not traced",
        )
    ]
    assert problems(changed("traced: true", "traced: false", text=only)) == []
    # A rule for dwellings does not serve where only meals are traced.
    kinds = "    place_kinds: [dwelling, meal, work, school, venue]"
    dwellings = changed(kinds, "    place_kinds: [dwelling]", after="traced: true", text=first)
    assert problems(dwellings) == []
    meals = changed(kinds, "    place_kinds: [meal]", after="traced: true", text=first)
    assert ["for degree 2" in en for _, _, en in problems(meals)] == [True]
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(LOCAL + "remove: [threshold.dwelling, threshold.other]\n", encoding="utf-8")
    found = [(one.line, one.text.en) for one in check(overlay)]
    assert {line for line, _ in found} == {line_of(overlay.read_text(encoding="utf-8"), "remove:")}
    assert [[f"degree {degree}" in en for _, en in found].count(True) for degree in (1, 2)] == [1, 1]


def test_one_seat_rule_a_vehicle_and_no_rows_in_a_ship(tmp_path) -> None:
    twice = changed("vehicle: train_closed", "vehicle: aircraft", text=NINE)
    line = line_of(twice, "vehicle: aircraft", after="- id: seats.train_closed")
    assert [(line, True)] == [(at, 'has the seat rule "seats.aircraft" already' in en) for at, _, en in problems(twice)]
    rows = changed("reach: 0", "reach: 2", after="- id: seats.ship", text=NINE)
    assert [(line_of(rows, "reach: 2"), True)] == [(at, "cabins have no order" in en) for at, _, en in problems(rows)]
    missing = changed("      reach: 3\n", "", after="- id: seats.aircraft", text=NINE)
    assert '"reach" is missing' in problems(missing)[0][2], "an empty reach is the whole unit and must be written"
    unknown = changed("vehicle: aircraft", "vehicle: rocket", text=NINE)
    assert 'cannot be "rocket"' in problems(unknown)[0][2]


def test_an_overlay_replaces_adds_and_removes_seat_rules(tmp_path) -> None:
    rule = """
tracing:
  seats:
    - id: seats.aircraft
      title: {zh: "飞机:前后2排", en: "Aircraft: two rows"}
      vehicle: aircraft
      reach: 2
      source: [contact-guide]
      evidence: F-L
remove: [seats.ship, general.same_place, priority.calls, companion.signal]
"""
    text = LOCAL.split("sources:")[0].replace("extends: covid19-cn-8", "extends: covid19-cn-9") + rule
    path = tmp_path / "covid19-cn-8-local-2021-08.yaml"
    path.write_text(text, encoding="utf-8")
    assert any("must share days with what it extends" in one.text.en for one in check(path))
    path.write_text(text.replace("valid_until: 2022-06-28", "valid_until: 2022-09-01"), encoding="utf-8")
    assert check(path) == []
    seats = load("covid19-cn-9", [str(path)]).tracing.seats
    assert [(one.vehicle.value, one.reach) for one in seats[:2]] == [("aircraft", 2), ("train_closed", None)]
    assert len(seats) == 5
    book = load("covid19-cn-9", [str(path)])
    assert (book.tracing.general, book.priority, book.companion) == (None, None, None), (
        "single rules are taken away too"
    )
    text = text.replace("valid_until: 2022-06-28", "valid_until: 2022-09-01")
    path.write_text(text.replace("id: seats.aircraft", "id: seats.plane"), encoding="utf-8")
    assert ["has the seat rule" in one.text.en for one in check(path)] == [True]


def test_the_weights_of_calls_share_out_a_whole() -> None:
    more = changed("  intensity: 0.35", "  intensity: 0.45", text=NINE)
    assert [(line, "must sum to 1, and sum to 1.1" in en) for line, _, en in problems(more)] == [
        (line_of(more, "priority:"), True)
    ]
    need = changed("special: {illness: 1.0,", "special: {ilness: 1.0,", text=NINE)
    assert ['no value "ilness"' in en for _, _, en in problems(need)] == [True]
    kinds = changed("vehicle: 0.5, venue: 0.4,", "venue: 0.4,", after="priority:", text=NINE)
    assert ['no weight for "vehicle"' in en for _, _, en in problems(kinds)] == [True]
    high = changed("second_degree: 0.5", "second_degree: 1.5", text=NINE)
    assert ["must not be above 1" in en for _, _, en in problems(high)] == [True]
    without = NINE[: NINE.index("\npriority:")] + "\n"
    assert problems(without) == [], "a playbook need not rank"


def test_one_clock_may_have_several_rules() -> None:
    rule = EIGHT[EIGHT.index("  - id: clock.transferred") : EIGHT.index("  - id: clock.survey")]
    second = rule.replace("id: clock.transferred", "id: clock.transferred.at_night")
    assert problems(EIGHT.replace(rule, rule + second)) == []


def test_nothing_follows_where_nothing_is_asked() -> None:
    after = "  - id: measure.general_contact.none\n"
    follower = EIGHT[EIGHT.index("  - id: measure.case.after_discharge") :].split("\n  - id:")[0]
    follower = follower.replace("id: measure.case.after_discharge", "id: measure.general_contact.later")
    follower = follower.replace("category: case", "category: general_contact")
    follower = follower.replace("after: measure.case.hospital", "after: measure.general_contact.none")
    text = EIGHT.replace(after, f"{follower}\n{after}")
    (problem,) = problems(text)
    assert problem[0] == line_of(text, "after: measure.general_contact.none")
    assert "asks for nothing" in problem[2]


def test_a_packaged_file_bears_the_name_of_its_id(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(loading, "_folder", lambda: tmp_path)
    for name, text in (("misnamed-base", EIGHT), ("covid19-cn-8", EIGHT), ("misnamed-overlay", LOCAL)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, text in (("misnamed-base", EIGHT), ("misnamed-overlay", LOCAL)):
        (problem,) = check(tmp_path / f"{name}.yaml")
        assert problem.line == line_of(text, "\nid: ") + 1
        assert f'the file is named "{name}" but its id is' in problem.text.en and f"文件名为“{name}”" in problem.text.zh
        with pytest.raises(Refused, match="make them one"):
            load(name)
    assert check(tmp_path / "covid19-cn-8.yaml") == []
    # A user's own file may have any name.
    own = tmp_path / "own" / "any.yaml"
    own.parent.mkdir()
    own.write_text(EIGHT, encoding="utf-8")
    assert check(own) == []


def test_not_yaml_and_not_text(tmp_path) -> None:
    for text in ("", "- a\n- b\n", "just words", "id: [1, 2", "a: b: c", "\x00", "id: x\n---\nid: y\n", "{" * 500):
        found = problems(text)
        assert found and found[0][0] >= 1
    gb = tmp_path / "gb.yaml"
    gb.write_bytes("id: 方案".encode("gb18030"))
    assert "UTF-8" in check(gb)[0].text.en
    with pytest.raises(Misused):
        check(tmp_path / "missing.yaml")


def test_an_overlay_without_a_base_an_end_or_a_target(tmp_path) -> None:
    file = tmp_path / "mine.yaml"

    def told(text: str) -> list[tuple[int, str]]:
        file.write_text(text, encoding="utf-8")
        return [(one.line, one.text.en) for one in check(file)]

    text = LOCAL.replace("extends: covid19-cn-8", "extends: covid19-cn-7")
    assert told(text) and told(text)[0][0] == line_of(text, "extends:") and "covid19-cn-7" in told(text)[0][1]
    assert any('"valid_until" is missing' in en for _, en in told(LOCAL.replace("valid_until: 2022-06-28\n", "")))
    text = LOCAL + "remove: [measure.nobody.there]\n"
    assert told(text) == [
        (line_of(text, "remove:"), 'there is no rule "measure.nobody.there" in covid19-cn-8 to remove; check the id')
    ]
    # Removing a stage on which another stands leaves the other without a start.
    text = LOCAL + "remove: [measure.close_contact.special]\n"
    assert [line for line, _ in told(text)] == [line_of(text, "remove:")]
    text = LOCAL.replace("id: lookback.onset", "id: clock.survey")
    assert any("belongs to another section" in en for _, en in told(text))
    assert told(LOCAL.replace("evidence: SD", "evidence: GK", 1))[0][1].startswith("a value of evidence GK")
    assert told(LOCAL) == []


def test_an_overlay_beside_its_own_base_and_a_circle(tmp_path) -> None:
    (tmp_path / "my-base.yaml").write_text(EIGHT.replace("id: covid19-cn-8\n", "id: my-base\n"), encoding="utf-8")
    mine = LOCAL.replace("id: covid19-cn-8-local-2021-08", "id: my-overlay").replace(
        "extends: covid19-cn-8\n", "extends: my-base\n"
    )
    (tmp_path / "my-overlay.yaml").write_text(mine, encoding="utf-8")
    book = load(str(tmp_path / "my-overlay.yaml"))
    assert (book.id, book.extends, book.overlays) == ("my-overlay", "my-base", ["my-overlay"])
    (tmp_path / "my-base.yaml").write_text(
        mine.replace("id: my-overlay", "id: my-base").replace("extends: my-base", "extends: my-overlay"),
        encoding="utf-8",
    )
    assert "is not known" in check(tmp_path / "my-overlay.yaml")[0].text.en
    with pytest.raises(Refused):
        load(str(tmp_path / "my-overlay.yaml"))


def test_a_complete_playbook_is_no_overlay() -> None:
    with pytest.raises(Misused, match="no extends"):
        load("covid19-cn-8", ["covid19-cn-9"])
    with pytest.raises(Refused, match="covid19-cn-8"):
        load("covid19-cn-9", ["covid19-cn-8-local-2021-08"])
    with pytest.raises(Misused, match="covid19-cn-9"):
        load("covid19-cn-10")


def test_faults_reach_the_command_line_in_one_line(tmp_path) -> None:
    from click.testing import CliRunner

    from lianfang.playbook.commands import playbook

    file = tmp_path / "bad.yaml"
    file.write_text(changed("    days: 14", "    day: 14", after=QUARANTINE), encoding="utf-8")
    result = CliRunner().invoke(playbook, ["check", str(file), "--lang", "en"], standalone_mode=False)
    assert result.return_value == 1
    line = line_of(file.read_text(encoding="utf-8"), "    day: 14")
    assert result.output.splitlines() == [f'{file}:{line}: "day" is not known here; check the spelling or remove it']
    with pytest.raises(Refused) as refusal:
        load(str(file))
    assert refusal.value.in_language("en").startswith(f"{file}:{line}: ")
    result = CliRunner().invoke(playbook, ["show", "covid19-cn-9", "--lang", "en"], standalone_mode=False)
    assert "tests on days 1, 2, 3, 5, 7" in result.output and "F-M press report" in result.output
    result = CliRunner().invoke(playbook, ["list", "--lang", "zh"], standalone_mode=False)
    assert [row.split()[0] for row in result.output.splitlines()[1:]] == [one.id for one in loading.available()]
