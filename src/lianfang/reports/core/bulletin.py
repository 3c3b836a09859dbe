"""What the day's bulletin says: headings, sentences and tables, from figures alone; paper and page show the same."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification, MeasureKind
from lianfang.measures.core.figures import PEOPLE_BY_STATE
from lianfang.reports.core.cases import Curve, last_moment
from lianfang.reports.core.figures import (
    STATES,
    TOWNSHIP_COLUMNS,
    WITHOUT_TOWNSHIP,
    Figure,
    township_table,
    under,
)
from lianfang.reports.core.paper import Bulletin, Masthead, Picture, Policy, Section, Sheet, typeset

ZERO = Text("无（零报告）", "none (zero report)")
"""What stands where there is nothing: that somebody looked and found nothing is itself a report."""


def bulletin(
    figures: Mapping[str, Figure],
    *,
    as_of: dt.datetime,
    jurisdiction: Text,
    policy: Policy,
    masthead: Masthead | None = None,
    cases: Sequence[Text] = (),
    curve: Curve | None = None,
    clock_titles: Mapping[str, Text] | None = None,
    township_names: Mapping[str, Text] | None = None,
    remarks: Sequence[Text] = (),
    is_ordered: bool = True,
    part_of: Text | None = None,
    has_map: bool = False,
) -> Bulletin:
    """Put the figures into sections.

    Parameters
    ----------
    figures : mapping
        From `lianfang.reports.core.figures.figures`.
    as_of : datetime
        Naive local. Midnight closes the day before it, which the paper then covers from 0 to 24 h.
    jurisdiction : Text
        Name that heads the paper; empty: none is named.
    policy : Policy
        The playbook in force (`policy_of`).
    masthead : Masthead, optional
        Unit, number, signature; open where nobody has said them.
    cases : sequence of Text
        The new cases, one line each (`lianfang.reports.core.cases.case_lines`).
    curve : Curve, optional
        From `lianfang.reports.core.cases.curve_of`.
    clock_titles, township_names : mapping, optional
        Words for the codes of clocks and townships; a code without words stands for itself.
    remarks : sequence of Text
        Sentences on the data: rows used and refused, what could not be decided.
    is_ordered : bool
        Whether orders are kept. Over files nobody ordered anything: the numbers are then what the playbook asks for.
    part_of : Text, optional
        Where the paper is about a part of the jurisdiction alone: the whole that it is a part of.
    has_map : bool
        Whether a map of the townships is drawn.
    """
    f = figures
    moment = last_moment(as_of)
    day = Text(f"{moment.year}年{moment.month}月{moment.day}日", f"{moment:%Y-%m-%d}")
    until = "24:00" if moment != as_of else f"{as_of:%H:%M}"
    span = Text("0—24时", "0–24 h") if moment != as_of else Text(f"0时至{until}", f"0:00 to {until}")
    today = Text(f"{moment.month}月{moment.day}日{span.zh}", f"On {day.en}, {span.en}")
    so_far = Text(f"截至{moment.month}月{moment.day}日{until}", f"as of {day.en} {until}")
    sections = [
        _overall(f, today, so_far, is_ordered=is_ordered),
        _new(cases, today),
        _cases(f, curve),
        _contacts(f),
        _measures(f, is_ordered=is_ordered),
        _clocks(f, clock_titles or {}),
    ]
    if rows := township_table(f):
        sections.append(_townships(rows, township_names or {}, has_map=has_map, is_ordered=is_ordered))
    if remarks:
        sections.append(Section(Text("数据核对", "The data"), tuple(remarks)))
    sections.append(Section(Text("执行方案", "Policy in force"), policy.sentences))
    at = Text(f"截至{until}", f"as of {until}")
    issued = Text(
        f"{day.zh}（{at.zh}）  执行方案：{policy.name.zh}", f"{day.en} ({at.en}) · policy in force: {policy.name.en}"
    )
    title = Text(f"{jurisdiction.zh}疫情处置日报", f"{jurisdiction.en} daily bulletin".strip())
    if part_of is not None:
        only = Text(
            f"本报仅含{jurisdiction.zh}的数据，不代表{part_of.zh}全域。",
            f"This bulletin holds the numbers of {jurisdiction.en} alone, not of the whole of {part_of.en}.",
        )
        sections[0] = replace(sections[0], sentences=(only, *sections[0].sentences))
        title = Text(f"{part_of.zh}{title.zh}", f"{part_of.en} · {title.en}")
    head = masthead or Masthead()
    if head.correction is not None:
        sections[0] = replace(sections[0], sentences=(head.correction, *sections[0].sentences))
        title = Text(f"{title.zh}（更正）", f"{title.en} (correction)")
    return Bulletin(
        title=typeset(title),
        issued=typeset(issued),
        sections=tuple(_section_typeset(section) for section in sections),
        masthead=head,
        curve=curve or Curve((), {}),
    )


def _section_typeset(section: Section) -> Section:
    sheet = section.sheet
    if sheet is not None:
        head = tuple(typeset(word) for word in sheet.head)
        sheet = Sheet(head, tuple((typeset(label), figures) for label, figures in sheet.rows))
    sentences = tuple(typeset(sentence) for sentence in section.sentences)
    return replace(section, title=typeset(section.title), sentences=sentences, sheet=sheet)


_INFECTIONS = (Classification.CONFIRMED, Classification.ASYMPTOMATIC)


def _by_class(f: Mapping[str, Figure], prefix: str) -> Text:
    """Say how many confirmed cases and infections without symptoms there are, and apart from them suspected ones."""
    zh = "、".join(f"{word.label.zh}{f[f'{prefix}.{word.value}'].value}例" for word in _INFECTIONS)
    en = ", ".join(f"{word.label.en.lower()}: {f[f'{prefix}.{word.value}'].value}" for word in _INFECTIONS)
    suspected = f[f"{prefix}.{Classification.SUSPECTED.value}"].value
    return Text(f"{zh}；另有疑似病例{suspected}例", f"{en}; besides, suspected cases: {suspected}")


def _overall(f: Mapping[str, Figure], today: Text, so_far: Text, *, is_ordered: bool) -> Section:
    total, new = f["cases.total"].value, f["cases.new_today"].value
    if total == 0:
        first = Text(f"{so_far.zh}未发现病例（零报告）。", f"No case has been found {so_far.en} (zero report).")
    else:
        news = (
            Text(f"{today.zh}无新增病例（零报告）", f"{today.en}: no new case (zero report)")
            if new == 0
            else Text("{a}新增{b}", "{a}, new: {b}").format(a=today, b=_by_class(f, "cases.new_today"))
        )
        first = Text("{a}。{b}累计{c}。", "{a}. In all, {b}: {c}.").format(
            a=news, b=so_far, c=_by_class(f, "cases.classification")
        )
    close = f["contacts.category.close_contact"].value
    secondary = f["contacts.category.secondary_contact"].value
    if close + secondary == 0:
        second = Text(
            "未判定密切接触者和密接的密接（零报告）。", "No close or secondary contact has been found (zero report)."
        )
    else:
        second = Text(
            f"累计判定密切接触者{close}人、密接的密接{secondary}人。",
            f"Close contacts: {close}; secondary contacts: {secondary}.",
        )
    observed, released = f["measures.people.observed"].value, f["measures.people.released_today"].value
    overdue = f["clocks.overdue"].value
    if is_ordered:
        proposed = f["measures.people.proposed"].value
        third = Text(
            f"尚在隔离观察{observed}人，当日解除隔离观察{released}人；措施待定{proposed}人。逾期未办结的工作时限{overdue}项。",
            f"Still observed in isolation: {observed} people; released today: {released}; with measures to decide: "
            f"{proposed}. Clocks overdue and not recorded as done: {overdue}.",
        )
    else:
        third = Text(
            f"按方案当前应隔离观察{observed}人。逾期、未记录完成的工作时限{overdue}项。",
            f"By the playbook {observed} people should be in isolation now. "
            f"Clocks overdue and not recorded as done: {overdue}.",
        )
    return Section(Text("总体情况", "Overview"), (first, second, third))


def _new(cases: Sequence[Text], today: Text) -> Section:
    title = Text("新增病例", "New cases")
    if not cases:
        return Section(title, (Text(f"{today.zh}：{ZERO.zh}。", f"{today.en}: {ZERO.en}."),))
    return Section(title, tuple(cases))


def _table(head: Sequence[Text], figures: Sequence[Figure]) -> Sheet:
    return Sheet(tuple(head), tuple((figure.label, (figure,)) for figure in figures))


def _cases(f: Mapping[str, Figure], curve: Curve | None) -> Section:
    title = Text("病例", "Cases")
    if f["cases.total"].value == 0:
        return Section(title, (_zero("病例", "Cases"),))

    def row(word: Classification) -> tuple[Text, tuple[Figure, ...]]:
        return word.label, (f[f"cases.new_today.{word.value}"], f[f"cases.classification.{word.value}"])

    def together(name: str, label: Text, *of: Figure) -> Figure:
        return Figure(name, label, sum(one.value for one in of))

    infections = Text("感染者合计", "Infections in all")
    confirmed, without = (row(word) for word in _INFECTIONS)
    whole = tuple(
        together(f"cases.infections.{n}", infections, one, two)
        for n, (one, two) in enumerate(zip(confirmed[1], without[1], strict=True))
    )
    rows = [
        confirmed,
        without,
        (infections, whole),
        (Text("疑似病例（另计）", "Suspected cases (apart)"), row(Classification.SUSPECTED)[1]),
    ]
    head = (Text("分类", "Classification"), Text("当日新增", "New today"), Text("累计", "In all"))
    local, imported = f["cases.new_today.origin.local"].value, f["cases.new_today.origin.imported"].value
    inside = f["cases.new_today.found_in.quarantine"].value
    outside = f["cases.new_today.found_in.community"].value
    unknown = f["cases.new_today.found_in.unknown"].value
    sentences = [
        Text(
            f"当日新增中，本地{local}例、外地输入{imported}例；"
            f"管控中发现{inside}例、社会面发现{outside}例、发现途径不详{unknown}例。",
            f"Of the new cases {local} are local and {imported} imported; {inside} were found in quarantine, "
            f"{outside} in the community, of {unknown} it is not known how.",
        ),
        _outcomes(f),
    ]
    if not f["cases.new_today"].value:
        del sentences[0]
    picture: Picture | None = "curve" if curve is not None and curve.days else None
    return Section(title, tuple(sentences), Sheet(head, tuple(rows)), picture)


def _outcomes(f: Mapping[str, Figure]) -> Text:
    told_zh, told_en, missing_zh, missing_en = [], [], [], []
    for code, zh, en in (("discharged", "出院（解除隔离）", "discharged"), ("died", "死亡", "died")):
        if f"cases.{code}" in f:
            here, today = f[f"cases.{code}"].value, f[f"cases.{code}_today"].value
            told_zh.append(f"当日{zh}{today}例、累计{here}例")
            told_en.append(f"{en} today: {today}, in all: {here}")
        else:
            missing_zh.append(zh)
            missing_en.append(en)
    left = f["cases.current"].value
    told_zh.append(f"现有{left}例")
    told_en.append(f"still in care: {left}")
    zh, en = "；".join(told_zh), "; ".join(told_en)
    if missing_zh:
        zh += f"（{'、'.join(missing_zh)}情况未记录）"
        en += f" (not recorded: {', '.join(missing_en)})"
    return Text(f"转归：{zh}。", f"Outcomes: {en}.")


def _contacts(f: Mapping[str, Figure]) -> Section:
    title = Text("接触者", "Contacts")
    if f["contacts.total"].value == 0:
        beside = f.get("contacts.same_place")
        counted = (
            [Text(f"{beside.label.zh}：{beside.value}人。", f"{beside.label.en}: {beside.value}.")] if beside else []
        )
        return Section(title, (_zero("接触者", "Contacts"), *counted))
    rows = [(figure.label, (figure,)) for figure in [*under(f, "contacts.category"), f["contacts.total"]]]
    rows += [
        (Text(f"其中：{way.label.zh}发现", f"of them found by {way.label.en.lower()}"), (way,))
        if way.name != "contacts.found_by.both"
        else (Text("其中：两种途径均发现", "of them found by both"), (way,))
        for way in under(f, "contacts.found_by")
    ]
    more = ("contacts.located", "contacts.are_cases", "contacts.same_place")
    rows += [(f[name].label, (f[name],)) for name in more if name in f]
    return Section(title, (), Sheet((Text("类别", "Category"), Text("人数", "People")), tuple(rows)))


_BY_TIMES = {
    "planned": Text("应执行、未到开始时间", "Asked for, not begun"),
    "in_force": Text("当前应执行", "Asked for now"),
    "over": Text("应执行期已满", "Asked for, over"),
}
"""What stands above the numbers of measures where nobody ordered any."""


def _measures(f: Mapping[str, Figure], *, is_ordered: bool) -> Section:
    title = Text("管控措施（人数）", "Measures (people)")
    states = {state: figure.label for state, figure in PEOPLE_BY_STATE.items()} if is_ordered else _BY_TIMES
    rows = [
        (kind.label, tuple(f[f"measures.people.{kind.value}.{state}"] for state in states))
        for kind in MeasureKind
        if kind is not MeasureKind.NONE and any(f[f"measures.people.{kind.value}.{state}"].value for state in states)
    ]
    if not rows:
        return Section(title, (_zero("管控措施", "Measures"),))
    rows.append(
        (Text("合计（不重复计人）", "In all (each counted once)"), tuple(f[f"measures.people.{s}"] for s in states))
    )
    sentences = (
        ()
        if is_ordered
        else (
            Text(
                "以下为按方案应采取的措施，尚无下达和执行记录。",
                "What the playbook asks for; no orders and nothing of their carrying out are recorded.",
            ),
        )
    )
    return Section(title, sentences, Sheet((Text("措施", "Measure"), *states.values()), tuple(rows)))


def _clocks(f: Mapping[str, Figure], titles: Mapping[str, Text]) -> Section:
    title = Text("工作时限", "Clocks")
    if f["clocks.total"].value == 0:
        return Section(title, (_zero("工作时限", "Clocks"),))
    states = [one for one in STATES if f"clocks.{one[0]}" in f]
    clocks = list(dict.fromkeys(n.split(".")[2] for n in f if n.startswith("clocks.by_clock.")))
    rows = [
        (titles.get(clock, Text(clock, clock)), tuple(f[f"clocks.by_clock.{clock}.{state}"] for state, _ in states))
        for clock in clocks
    ]
    rows.append((Text("合计", "Total"), tuple(f[f"clocks.{state}"] for state, _ in states)))
    return Section(title, (), Sheet((Text("时限", "Clock"), *(label for _, label in states)), tuple(rows)))


def _townships(
    rows: Sequence[tuple[str, list[Figure]]], names: Mapping[str, Text], *, has_map: bool, is_ordered: bool
) -> Section:
    columns = {figure.name.rpartition(".")[2] for _, figures in rows for figure in figures}
    labels = dict(TOWNSHIP_COLUMNS)
    if not is_ordered:
        labels["under_control"] = Text("当前应管控人数", "People to be under measures")
    head = (Text("乡镇（街道）", "Township"), *(label for name, label in labels.items() if name in columns))
    is_whole = len([code for code, _ in rows if code]) > 1

    def name_of(number: int, code: str) -> Text:
        name = names.get(code, Text(code, code))
        # The map has the number alone.
        return Text(f"{number} {name.zh}", f"{number} {name.en}") if has_map else name

    lines = [
        (name_of(number, code) if code else WITHOUT_TOWNSHIP, tuple(figures))
        for number, (code, figures) in enumerate(rows, start=1)
        if code or is_whole or any(one.value for one in figures)
    ]
    whole = tuple(
        Figure(f"townships.{one.name.rpartition('.')[2]}", one.label, sum(figures[n].value for _, figures in rows))
        for n, one in enumerate(rows[0][1])
    )
    lines.append((Text("合计", "Total"), whole))
    return Section(Text("分乡镇情况", "By township"), (), Sheet(head, tuple(lines)), picture="map" if has_map else None)


def _zero(zh: str, en: str) -> Text:
    return Text(f"{zh}:{ZERO.zh}。", f"{en}: {ZERO.en}.")
