"""A rule's value in words, for pages, listings and reasons."""

from collections.abc import Iterable

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.playbook.model import (
    CategoryRule,
    ChainWeights,
    ClockRule,
    CompanionRule,
    CountingRule,
    GeneralRule,
    IntervalRule,
    LateFindRule,
    LookbackRule,
    MeasureRule,
    Playbook,
    PriorityRule,
    Rule,
    SeatRule,
    SecondDegreeRule,
    ThresholdRule,
)
from lianfang.playbook.words import CLOCK_TIMES, FACT_LABELS, FACT_VALUES, STARTS


def sections(book: Playbook) -> dict[str, list[Rule]]:
    """Return the rules of a playbook by section, in the order of the file."""
    return {
        "natural_history": [book.natural_history.serial_interval, book.natural_history.incubation],
        "lookback": list(book.lookback),
        "tracing": [
            *book.tracing.thresholds,
            *book.tracing.seats,
            *([book.tracing.general] if book.tracing.general else []),
            book.tracing.second_degree,
            *book.tracing.categories,
        ],
        "counting": list(book.counting),
        "late_find": [book.late_find] if book.late_find else [],
        "measures": list(book.measures),
        "clocks": list(book.clocks),
        "chains": [book.chains],
        "priority": [book.priority] if book.priority else [],
        "companion": [book.companion] if book.companion else [],
    }


def value_of(rule: Rule) -> Text:
    """Return what a rule lays down, in one line.

    Parameters
    ----------
    rule : Rule
        Of any section.

    Returns
    -------
    Text
        Its value, without title, source or note.
    """
    if isinstance(rule, MeasureRule):
        return _measure(rule)
    if isinstance(rule, LookbackRule):
        return _lookback(rule)
    if isinstance(rule, ClockRule):
        starts = _join(CLOCK_TIMES[start] for start in rule.starts_from)
        limit = Text(
            "{hours}小时，从{starts}起（取先有的一项）", "{hours} h from {starts} (the first that is known)"
        ).format(hours=_number(rule.hours), starts=starts)
        if rule.done_with is None:
            return limit
        return Text("{limit}，以{done}为办结", "{limit}, done with {done}").format(
            limit=limit, done=CLOCK_TIMES[rule.done_with]
        )
    if isinstance(rule, IntervalRule):
        return Text("均值{mean}天，标准差{sd}天（{shape}）", "mean {mean} days, sd {sd} days ({shape})").format(
            mean=_number(rule.mean_days), sd=_number(rule.sd_days), shape=_SHAPES[rule.distribution]
        )
    if isinstance(rule, ThresholdRule):
        if rule.min_minutes == 0:
            return Text("{kinds}：只要有共同在场", "{kinds}: any shared time").format(kinds=_kinds(rule.place_kinds))
        if rule.degree == 2:
            return Text(
                "密接的密接，{kinds}：一次{minutes}分钟起",
                "contacts of contacts, {kinds}: one meeting of {minutes} minutes",
            ).format(kinds=_kinds(rule.place_kinds), minutes=_number(rule.min_minutes))
        return Text("{kinds}：累计{minutes}分钟起", "{kinds}: from {minutes} minutes in all").format(
            kinds=_kinds(rule.place_kinds), minutes=_number(rule.min_minutes)
        )
    if isinstance(rule, SeatRule):
        return _seats(rule)
    if isinstance(rule, GeneralRule):
        how = _LISTED if rule.listed else _ONLY_COUNTED
        return Text("{kinds}:{how}", "{kinds}: {how}").format(kinds=_kinds(rule.place_kinds), how=how)
    if isinstance(rule, SecondDegreeRule):
        if not rule.traced:
            return Text("不追踪", "not traced")
        return Text(
            "追踪：{kinds}；密接首次接触后{hours}小时起", "traced: {kinds}; from {hours} h after first contact"
        ).format(kinds=_kinds(rule.place_kinds), hours=_number(rule.latent_hours))
    if isinstance(rule, CategoryRule):
        return _category(rule)
    if isinstance(rule, CountingRule):
        day = Text("当日为第1天", "day 1 is the same day") if rule.day_one == "same" else _NEXT_DAY
        return Text("从{starts}起算：{day}", "from {starts}: {day}").format(
            starts=_join(STARTS[start] for start in rule.clock_from), day=day
        )
    if isinstance(rule, LateFindRule):
        return (
            Text("管控开始当日加测一次", "the day of placement is a test day too")
            if rule.test_on_placement
            else Text("管控开始当日不加测", "no test beside the test days")
        )
    if isinstance(rule, ChainWeights):
        kinds = _join(
            Text(f"{kind.label.zh} {w:g}", f"{kind.label.en} {w:g}") for kind, w in rule.by_place_kind.items()
        )
        return Text(
            "{kinds}；每日半量{half}分钟；无已知接触 {unknown}；外部来源 {outside}；无症状者 {without}；"
            "传播时间离散至少{spread}天；感染后{positive}天起可检出；离散 {dispersion}；日期有误 {misdated}",
            "{kinds}; half of a day at {half} minutes; no known contact {unknown}; outside source {outside}; "
            "without symptoms {without}; transmissions spread by {spread} days at least; positive from {positive} days "
            "after infection; dispersion {dispersion}; wrong dates {misdated}",
        ).format(
            kinds=kinds,
            half=_number(rule.half_minutes),
            unknown=_number(rule.no_known_contact),
            outside=_number(rule.outside_source),
            without=_number(rule.without_symptoms),
            spread=_number(rule.spread_days),
            positive=rule.positive_after_days,
            dispersion=Text("不计", "none") if rule.dispersion is None else _number(rule.dispersion),
            misdated=_number(rule.misdated),
        )
    if isinstance(rule, PriorityRule):
        return _priority(rule)
    if isinstance(rule, CompanionRule):
        return Text(
            "{state}；{cell}米网格内同时超过{minutes}分钟，且其中一方{days}天内停留超过{hours}小时",
            "{state}; in one cell of {cell} m at the same time for more than {minutes} minutes, "
            "one of the two there for more than {hours} h within {days} days",
        ).format(
            state=Text("启用", "on") if rule.enabled else Text("停用", "off"),
            cell=_number(rule.cell_metres),
            minutes=_number(rule.min_minutes),
            hours=_number(rule.total_hours),
            days=rule.days,
        )
    raise TypeError(type(rule).__name__)


_SHAPES = {
    "gamma": Text("伽马分布", "gamma"),
    "normal": Text("正态分布", "normal"),
    "lognormal": Text("对数正态分布", "lognormal"),
}


_SWABS = {
    "nasopharyngeal": Text("采鼻咽拭子", "by nasopharyngeal swab"),
    "oropharyngeal": Text("采口咽拭子", "by oropharyngeal swab"),
}


_LISTED = Text("计数并列出名单", "counted and listed")


_ONLY_COUNTED = Text("只计数，需要时才列名单", "counted, listed only when asked for")


_NEXT_DAY = Text("次日为第1天", "day 1 is the next day")


def fact_value(value: str) -> Text:
    """Return the label of a fact's value; an unknown one as it is."""
    return FACT_VALUES.get(value, Text(value, value))


def _priority(rule: PriorityRule) -> Text:
    kinds = _join(Text(f"{kind.label.zh} {w:g}", f"{kind.label.en} {w:g}") for kind, w in rule.by_place_kind.items())
    ages = [Text(f"{a.from_age}岁起 {a.share:g}", f"from {a.from_age} years {a.share:g}") for a in rule.ages]
    needs = [Text(f"{fact_value(n).zh} {w:g}", f"{fact_value(n).en} {w:g}") for n, w in rule.special.items()]
    return Text(
        "接触强度 {intensity}（{half}分钟得半），场所与接触层级 {setting}（{kinds}；密接的密接×{far}），"
        "距末次接触时间 {recency}（{days}天减半），重症高风险 {vulnerability}（{who}）；不详按 {unknown}",
        "intensity {intensity} (half at {half} minutes), setting {setting} ({kinds}; second degree × {far}), "
        "recency {recency} (halved in {days} days), vulnerability {vulnerability} ({who}); not known counts {unknown}",
    ).format(
        intensity=_number(rule.intensity),
        half=_number(rule.half_minutes),
        setting=_number(rule.setting),
        kinds=kinds,
        far=_number(rule.second_degree),
        recency=_number(rule.recency),
        days=_number(rule.half_days),
        vulnerability=_number(rule.vulnerability),
        who=_join([*ages, *needs]),
        unknown=_number(rule.not_known),
    )


def _measure(rule: MeasureRule) -> Text:
    parts = [rule.measure.label]
    if rule.when:
        conditions = [
            Text("{fact}：{values}", "{fact}: {values}").format(
                fact=FACT_LABELS.get(fact, Text(fact, fact)),
                values=_join((fact_value(v) for v in values), Text("、", ", ")),
            )
            for fact, values in rule.when.items()
        ]
        parts.append(Text("限{when}", "where {when}").format(when=_join(conditions)))
    if rule.after and not rule.clock_from:
        parts.append(Text("接在{after}之后", "after {after}").format(after=rule.after))
    if rule.clock_from:
        starts = _join((STARTS[start] for start in (rule.clock_from, *rule.otherwise_from)), Text("、", ", else "))
        parts.append(Text("从{starts}起算", "from {starts}").format(starts=starts))
    if rule.if_late == "start_anew":
        parts.append(Text("发现晚、次数不足的从发现当日起算", "anew from being found where tests would be lacking"))
    if rule.days is not None:
        parts.append(Text("{days}天", "{days} days").format(days=rule.days))
    elif rule.measure != "none":
        parts.append(Text("至符合解除条件", "until the release conditions hold"))
    if rule.tests:
        parts.append(
            Text("第{tests}天核酸检测", "tests on days {tests}").format(
                tests=Text("、".join(map(str, rule.tests)), ", ".join(map(str, rule.tests)))
            )
        )
    if rule.swab != "any":
        parts.append(_SWABS[rule.swab])
    if rule.release:
        parts.append(
            Text("解除条件：{release}", "release: {release}").format(
                release=_join((condition.text.text for condition in rule.release), Text("、", "; "))
            )
        )
    return _join(parts)


def _seats(rule: SeatRule) -> Text:
    if rule.reach is None:
        reach = Text("整个单元", "the whole unit")
    elif rule.vehicle == VehicleKind.SHIP:
        reach = Text("同一舱室", "the same cabin")
    elif rule.vehicle == VehicleKind.TRAIN_OPEN:
        reach = Text("同格及前后各{n}格", "the same bay and {n} to either side").format(n=rule.reach)
    else:
        reach = Text("同排及前后各{n}排", "the same row and {n} to either side").format(n=rule.reach)
    words = Text("{vehicle}：{reach}", "{vehicle}: {reach}").format(vehicle=rule.vehicle.label, reach=reach)
    crew = Text("{words}，及乘务人员", "{words}, and the crew").format(words=words)
    return crew if rule.crew and rule.reach is not None else words


def _lookback(rule: LookbackRule) -> Text:
    if rule.mode == "since_last_negative":
        return Text(
            "从末次阴性采样起（发现方式：{found}）", "from the last negative sampling (found by: {found})"
        ).format(found=Text("、".join(rule.found_by), ", ".join(rule.found_by)))
    event = STARTS["onset_date" if rule.mode == "days_before_onset" else "sampled_at"]
    return Text("{event}前{days}天0时起", "from 00:00, {days} days before {event}").format(event=event, days=rule.days)


def _category(rule: CategoryRule) -> Text:
    parts = [
        Text("与病例接触", "contact with a case")
        if rule.degree == 1
        else Text("与密接接触", "contact with a close contact")
    ]
    if rule.place_kinds is not None:
        parts.append(_kinds(rule.place_kinds))
    if rule.min_minutes is not None:
        parts.append(Text("{m}分钟以上", "from {m} minutes").format(m=_number(rule.min_minutes)))
    if rule.protected is not None:
        parts.append(Text("有效防护", "protected") if rule.protected else Text("未有效防护", "unprotected"))
    if rule.via_positive is not None:
        turned = Text("该密接已转阳", "who has turned positive"), Text("该密接未转阳", "who has not turned positive")
        parts.append(turned[not rule.via_positive])
    return Text("{conditions} → {category}", "{conditions} → {category}").format(
        conditions=_join(parts), category=rule.category.label
    )


def _kinds(kinds: list[PlaceKind] | None) -> Text:
    if kinds is None:
        return Text("各类场所", "every kind of place")
    return _join((kind.label for kind in kinds), Text("、", ", "))


def _join(parts: Iterable[Text], between: Text | None = None) -> Text:
    between = between or Text("，", ", ")
    listed = list(parts)
    return Text(between.zh.join(part.zh for part in listed), between.en.join(part.en for part in listed))


def _number(value: float) -> str:
    return f"{value:g}"
