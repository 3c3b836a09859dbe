"""What no single field of a playbook can show: whether its rules fit each other, and the words facts are told in."""

from collections.abc import Collection
from typing import Any

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CaseSource, MeasureKind, PlaceKind, VehicleKind
from lianfang.playbook.marks import Marked, Path
from lianfang.playbook.model import CLOCK_STARTS, FACTS_IN_WHEN, Instrument, MeasureRule, Playbook

_NO_DAYS = Text(
    "valid_until 须晚于 valid_from，补充规定与其所依据的方案须有共同的施行日；请改正",
    "valid_until must be later than valid_from, and an overlay must share days with what it extends; correct it",
)


def rules_in_file(marked: Marked) -> list[tuple[Path, dict[str, Any]]]:
    """Return every rule that stands in the file, with its path. The data has already passed the model."""
    data = marked.data
    found: list[tuple[Path, dict[str, Any]]] = []
    for name, rule in data.get("natural_history", {}).items():
        found.append((("natural_history", name), rule))
    for section in ("lookback", "counting", "measures", "clocks", "limits"):
        found += [((section, index), rule) for index, rule in enumerate(data.get(section, []))]
    tracing = data.get("tracing", {})
    for section in ("thresholds", "seats", "categories"):
        found += [(("tracing", section, index), rule) for index, rule in enumerate(tracing.get(section, []))]
    for name in ("general", "second_degree"):
        if tracing.get(name):
            found.append((("tracing", name), tracing[name]))
    for section in ("late_find", "chains", "priority", "companion"):
        if data.get(section):
            found.append(((section,), data[section]))
    return [(path, rule) for path, rule in found if isinstance(rule, dict)]


def check_rules(marked: Marked, book: Playbook) -> None:
    """Complain about every rule that does not fit the others.

    Parameters
    ----------
    marked : Marked
        The file, whose data has passed the model; it gets the complaints.
    book : Playbook
        The file itself, or its overlay applied to the base.
    """
    _check_ids_and_sources(marked, book)
    if book.valid_until is not None and book.valid_until <= book.valid_from:
        marked.complain(
            ("valid_until",),
            _NO_DAYS,
        )
    _check_lookback(marked)
    _check_thresholds(marked, book)
    _check_seats(marked, book)
    _check_measures(marked, book)
    _check_clocks(marked)
    _check_place_kinds(marked, book)
    _check_priority(marked, book)


def check_limits(marked: Marked, instrument: Instrument) -> None:
    """Complain about an instrument of limits as `check_rules` does about a playbook."""
    _check_ids_and_sources(marked, instrument)
    if instrument.valid_until is not None and instrument.valid_until <= instrument.valid_from:
        marked.complain(("valid_until",), _NO_DAYS)


def _check_ids_and_sources(marked: Marked, book: Playbook | Instrument) -> None:
    sources = {source.id for source in book.sources}
    seen: dict[str, int] = {}
    for path, rule in rules_in_file(marked):
        if rule["id"] in seen:
            marked.complain(
                (*path, "id"),
                Text(
                    "规则编号“{id}”重复（首次见第{line}行）；请换一个",
                    'rule id "{id}" stands twice (first on line {line}); choose another',
                ).format(id=rule["id"], line=seen[rule["id"]]),
            )
        seen.setdefault(rule["id"], marked.line((*path, "id")))
        for index, source in enumerate(rule["source"]):
            if source not in sources:
                marked.complain(
                    (*path, "source", index),
                    Text(
                        "来源“{id}”未在 sources 中列出；请补上或改正",
                        'source "{id}" is not listed under sources; add it or correct it',
                    ).format(id=source),
                )
        if rule["evidence"] == "SYS" and not rule.get("note"):
            marked.complain(
                (*path, "evidence"),
                Text("系统默认值（SYS）须有 note 说明", "a setting of the system (SYS) needs a note that says so"),
            )
    listed: set[str] = set()
    for index, source in enumerate(marked.data.get("sources", [])):
        if source["id"] in listed:
            marked.complain(
                ("sources", index, "id"),
                Text("来源编号“{id}”重复；请换一个", 'source id "{id}" stands twice; choose another').format(
                    id=source["id"]
                ),
            )
        listed.add(source["id"])


def _check_lookback(marked: Marked) -> None:
    for index, rule in enumerate(marked.data.get("lookback", [])):
        path: Path = ("lookback", index)
        if rule["mode"] == "since_last_negative":
            if rule.get("days") is not None:
                marked.complain(
                    (*path, "days"),
                    Text("since_last_negative 不用 days；请删去", "since_last_negative takes no days; remove it"),
                )
        elif rule.get("days") is None:
            marked.complain((*path, "mode"), Text("{mode} 须写明 days", "{mode} needs days").format(mode=rule["mode"]))
        for position, word in enumerate(rule.get("found_by", [])):
            _check_word(marked, (*path, "found_by", position), "found_by", word, CaseSource.codes())


def _check_thresholds(marked: Marked, book: Playbook) -> None:
    """Complain where tracing would find nobody in a degree that is traced, because no rule says what counts there."""
    second = book.tracing.second_degree
    sought = {1: set(PlaceKind)}
    if second.traced:
        sought[2] = set(PlaceKind if second.place_kinds is None else second.place_kinds)
    for degree, kinds in sought.items():
        # An overlay opens the gap with its thresholds, by tracing a degree more, or by removing a rule of its base.
        ways: list[Path] = [("tracing", "thresholds"), ("tracing", "second_degree"), ("remove",)]
        path = next((way for way in ways if way in marked.lines and (degree == 2 or way != ways[1])), ways[0])
        rules = [rule for rule in book.tracing.thresholds if rule.degree in (None, degree)]
        if not any(rule.place_kinds is None or kinds.intersection(rule.place_kinds) for rule in rules):
            marked.complain(
                path,
                Text(
                    "没有一条 thresholds 规则适用于第{degree}层接触，这一层将找不到任何人；请补上规则，"
                    "或写 second_degree 的 traced: false 不追踪密接的密接",
                    "no rule of thresholds holds for degree {degree}, so nobody would be found there; add a rule, "
                    "or set traced: false under second_degree where contacts of contacts are not traced",
                ).format(degree=degree)
                if degree == 2
                else Text(
                    "没有一条 thresholds 规则适用于第{degree}层接触，这一层将找不到任何人；请补上规则",
                    "no rule of thresholds holds for degree {degree}, so nobody would be found there; add a rule",
                ).format(degree=degree),
            )


def _check_seats(marked: Marked, book: Playbook) -> None:
    """Complain about a second rule of a vehicle kind, and about rows in a ship, whose cabins have no order."""
    where = {rule["id"]: index for index, rule in enumerate(marked.data.get("tracing", {}).get("seats", []))}
    seen: dict[VehicleKind, str] = {}
    for rule in book.tracing.seats:
        path: Path = ("tracing", "seats", where[rule.id]) if rule.id in where else ("tracing", "seats")
        other = seen.setdefault(rule.vehicle, rule.id)
        if other != rule.id:
            marked.complain(
                (*path, "vehicle"),
                Text(
                    "“{vehicle}”已有座位规则“{other}”；同类交通工具只能有一条，请改用该编号或删去一条",
                    '"{vehicle}" has the seat rule "{other}" already; one rule a kind: use that id, or remove one',
                ).format(vehicle=rule.vehicle.value, other=other),
            )
        if rule.vehicle == VehicleKind.SHIP and rule.reach:
            marked.complain(
                (*path, "reach"),
                Text(
                    "船舱没有先后，reach 只能是 0（同一舱）或留空（整船）",
                    "cabins have no order: reach of a ship is 0 (the cabin) or empty (the whole ship)",
                ),
            )


def _check_clocks(marked: Marked) -> None:
    """Complain about a clock that its rule's id does not name, and one that starts from a time its subject has not.

    Which clocks there are is for the playbook to say, so no list can tell a misspelt code; the id that lasts over
    versions can.
    """
    for index, rule in enumerate(marked.data.get("clocks", [])):
        clock = rule["clock"]
        if not f"{rule['id']}.".startswith(f"clock.{clock}."):
            marked.complain(
                ("clocks", index, "clock"),
                Text(
                    "规则“{id}”的时限代码为“{clock}”，两者不符；编号应为 clock.{clock}，"
                    "同一时限有几条规则的为 clock.{clock}.某某",
                    'rule "{id}" is about the clock "{clock}", and they do not agree; '
                    "the id must be clock.{clock}, or clock.{clock}.something where several rules are about one clock",
                ).format(id=rule["id"], clock=clock),
            )
        subject = rule.get("subject", "case")
        for place, start in enumerate(rule["starts_from"]):
            if start not in CLOCK_STARTS[subject]:
                marked.complain(
                    ("clocks", index, "starts_from", place),
                    Text(
                        "规则“{id}”的时限对象为 {subject}，不能从 {start} 起算；可用：{known}",
                        'the clock of rule "{id}" has the subject {subject} and cannot start from {start}; '
                        "use one of: {known}",
                    ).format(
                        id=rule["id"],
                        subject=subject,
                        start=start,
                        known=Text("、".join(CLOCK_STARTS[subject]), ", ".join(CLOCK_STARTS[subject])),
                    ),
                )


def _check_place_kinds(marked: Marked, book: Playbook) -> None:
    for section, rule in (("chains", book.chains), ("priority", book.priority)):
        if rule is None or section not in marked.data:
            continue
        for kind in PlaceKind:
            if kind not in rule.by_place_kind:
                marked.complain(
                    (section, "by_place_kind"),
                    Text(
                        "by_place_kind 缺少“{kind}”（{label}）；请补上，不计的写 0",
                        'by_place_kind has no weight for "{kind}" ({label}); add it, 0 where it counts nothing',
                    ).format(kind=kind.value, label=kind.label),
                )


def _check_priority(marked: Marked, book: Playbook) -> None:
    """Complain where the weights do not share out a whole, or a special need is not one that people are told in."""
    rule = book.priority
    if rule is None or not marked.data.get("priority"):
        return
    total = rule.intensity + rule.setting + rule.recency + rule.vulnerability
    if abs(total - 1) > 1e-9:
        marked.complain(
            ("priority",),
            Text(
                "intensity、setting、recency、vulnerability 四项权重之和须为 1，现为 {total}",
                "the weights of intensity, setting, recency and vulnerability must sum to 1, and sum to {total}",
            ).format(total=f"{total:g}"),
        )
    for word in rule.special:
        _check_word(marked, ("priority", "special", word), "special", word, FACTS_IN_WHEN["special"])


def _check_measures(marked: Marked, book: Playbook) -> None:
    rules = {rule.id: rule for rule in book.measures}
    counted = {start for rule in book.counting for start in rule.clock_from}
    where = {rule["id"]: ("measures", index) for index, rule in enumerate(marked.data.get("measures", []))}
    for rule in book.measures:
        # A rule of the base can lose what it stands on through `remove`; that is told at the overlay's own line.
        path: Path = where.get(rule.id, ("remove",))
        _check_when(marked, path, rule)
        if rule.measure == MeasureKind.NONE:
            if rule.clock_from or rule.after or rule.days or rule.tests:
                marked.complain(
                    path,
                    Text(
                        "规则“{id}”为无需措施（none），不得有 clock_from、after、days、tests；请删去",
                        'rule "{id}" asks for nothing (none) and takes no clock_from, after, days, tests; remove them',
                    ).format(id=rule.id),
                )
            continue
        _check_start(marked, path, rule, counted)
        _check_after(marked, path, rule, rules)
        _check_tests(marked, path, rule)


def _check_start(marked: Marked, path: Path, rule: MeasureRule, counted: Collection[str]) -> None:
    """Complain where a period has no start, or one from which the playbook does not say how to count."""
    if rule.clock_from is None and rule.after is None:
        marked.complain(
            path,
            Text(
                "措施“{id}”没有写明从何时起算；请写 clock_from，或用 after 写明接在哪条措施之后",
                'measure "{id}" names no start; write clock_from, or after with the rule that it follows',
            ).format(id=rule.id),
        )
    if rule.otherwise_from and rule.clock_from is None:
        marked.complain(
            (*path, "otherwise_from"),
            Text("otherwise_from 须与 clock_from 一起写", "otherwise_from needs a clock_from beside it"),
        )
    anew = {"found_at"} if rule.if_late == "start_anew" else set()
    for start in {rule.clock_from, *rule.otherwise_from, *anew} - {None}:
        if start not in counted:
            marked.complain(
                (*path, "clock_from"),
                Text(
                    "counting 没有规定从 {start} 起算时第1天是哪天；请补上",
                    "counting does not say which day is day 1 for {start}; add it",
                ).format(start=start),
            )


def _check_after(marked: Marked, path: Path, rule: MeasureRule, rules: dict[str, MeasureRule]) -> None:
    """Complain where a period follows one that it cannot follow."""
    if rule.after is None:
        return
    before = rules.get(rule.after)
    if before is None:
        marked.complain(
            (*path, "after"),
            Text(
                "“{id}”的 after 指向不存在的措施“{after}”；请改正",
                '"{id}" follows the measure "{after}", which does not exist; correct after',
            ).format(id=rule.id, after=rule.after),
        )
    elif before.category != rule.category:
        marked.complain(
            (*path, "after"),
            Text(
                "“{id}”与其前一措施“{after}”的 category 不同；请改成一致",
                '"{id}" and "{after}", which it follows, bind different categories; make them one',
            ).format(id=rule.id, after=rule.after),
        )
    elif before.measure == MeasureKind.NONE:
        marked.complain(
            (*path, "after"),
            Text(
                "“{after}”为无需措施（none），“{id}”不能接在其后；请改正 after",
                '"{after}" asks for nothing (none), so "{id}" cannot follow it; correct after',
            ).format(id=rule.id, after=rule.after),
        )
    elif before.days is None and rule.clock_from is None:
        marked.complain(
            path,
            Text(
                "“{after}”没有期限，接在其后的“{id}”须写 clock_from（如 discharged_at）",
                '"{after}" has no term, so "{id}" after it needs a clock_from (such as discharged_at)',
            ).format(id=rule.id, after=rule.after),
        )
    elif _loops(rule.id, rules):
        marked.complain(
            (*path, "after"),
            Text("“{id}”的 after 绕成一圈；请改正", 'the after of "{id}" runs in a circle; correct it').format(
                id=rule.id
            ),
        )


def _check_tests(marked: Marked, path: Path, rule: MeasureRule) -> None:
    if sorted(set(rule.tests)) != rule.tests or any(day < 1 for day in rule.tests):
        marked.complain(
            (*path, "tests"),
            Text(
                "“{id}”的检测日须从1起、由小到大、不重复",
                'the test days of "{id}" must count from 1, rise, and stand once',
            ).format(id=rule.id),
        )
    if rule.days is not None and rule.tests and max(rule.tests) > rule.days:
        marked.complain(
            (*path, "tests"),
            Text(
                "“{id}”第{day}天的检测在{days}天期限之外；请改正",
                'the test on day {day} of "{id}" lies outside its {days} days; correct it',
            ).format(id=rule.id, day=max(rule.tests), days=rule.days),
        )


def _check_when(marked: Marked, path: Path, rule: MeasureRule) -> None:
    for fact, values in rule.when.items():
        if fact not in FACTS_IN_WHEN:
            marked.complain(
                (*path, "when", fact),
                Text("when 中不能用“{fact}”；可用：{facts}", 'when does not know "{fact}"; it takes {facts}').format(
                    fact=fact, facts=", ".join(FACTS_IN_WHEN)
                ),
            )
        elif not values:
            marked.complain(
                (*path, "when", fact),
                Text(
                    "“{fact}”没有列出值；请列出允许的值", '"{fact}" lists no value; list the values it may have'
                ).format(fact=fact),
            )
        else:
            for position, value in enumerate(values):
                _check_word(marked, (*path, "when", fact, position), fact, value, FACTS_IN_WHEN[fact])


def _check_word(marked: Marked, path: Path, field: str, word: str, allowed: Collection[str]) -> None:
    if word not in allowed:
        marked.complain(
            path,
            Text(
                "“{field}”没有“{word}”这个值；可用：{allowed}",
                '"{field}" has no value "{word}"; it is one of {allowed}',
            ).format(field=field, word=word, allowed=", ".join(allowed)),
        )


def _loops(rule_id: str, rules: dict[str, MeasureRule]) -> bool:
    seen = {rule_id}
    after = rules[rule_id].after
    while after is not None and after in rules:
        if after in seen:
            return True
        seen.add(after)
        after = rules[after].after
    return False
