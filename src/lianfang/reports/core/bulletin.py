"""What the day's bulletin says: headings, sentences and tables, from figures alone; paper and page show the same."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.reports.core.figures import STATES, TOWNSHIP_COLUMNS, Figure, township_table, under

ZERO = Text("无（零报告）", "none (zero report)")
"""What stands where there is nothing: that somebody looked and found nothing is itself a report."""


_WIDE = str.maketrans(",;:!?", "\uff0c\uff1b\uff1a\uff01\uff1f")
_BESIDE_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef\u201d])[,;:!?]|[,;:!?](?=[\u3000-\u9fff])")
_BRACKETS = re.compile(r"\(([^()]*)\)")


def in_official_type(zh: str) -> str:
    """Return Chinese with the full-width punctuation of official papers; times, numbers and ids stay as they are."""

    def widen(match: "re.Match[str]") -> str:
        before, after = zh[max(match.start() - 1, 0) : match.start()], zh[match.end() : match.end() + 1]
        is_chinese = any("\u3000" <= c <= "\u9fff" for c in match[1] + before + after)
        return f"\uff08{match[1]}\uff09" if is_chinese else match[0]

    wide = _BRACKETS.sub(widen, zh)
    return _BESIDE_CHINESE.sub(lambda match: match[0].translate(_WIDE), wide)


def _typeset(text: Text) -> Text:
    return Text(in_official_type(text.zh), text.en)


@dataclass(frozen=True)
class Sheet:
    """A table: head, rows of a label and figures (or words)."""

    head: tuple[Text, ...]
    rows: tuple[tuple[Text, tuple[Figure, ...]], ...]


@dataclass(frozen=True)
class Section:
    """A numbered part of the bulletin: sentences, then a table where there is one."""

    title: Text
    sentences: tuple[Text, ...] = ()
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Bulletin:
    """The whole bulletin.

    Attributes
    ----------
    title : Text
        Jurisdiction and kind of paper.
    issued : Text
        Date, time of reckoning and policy version.
    sections : tuple of Section
        In order.
    """

    title: Text
    issued: Text
    sections: tuple[Section, ...] = field(default=())


def bulletin(
    figures: Mapping[str, Figure],
    *,
    as_of: dt.datetime,
    jurisdiction: Text,
    playbook: Text,
    clock_titles: Mapping[str, Text] | None = None,
    township_names: Mapping[str, Text] | None = None,
    remarks: Sequence[Text] = (),
) -> Bulletin:
    """Put the figures into sections.

    Parameters
    ----------
    figures : mapping
        From `lianfang.reports.core.figures.figures`.
    as_of : datetime
        Naive local.
    jurisdiction : Text
        Name that heads the paper; empty: none is named.
    playbook : Text
        Title and version of the policy in force.
    clock_titles, township_names : mapping, optional
        Words for the codes of clocks and townships; a code without words stands for itself.
    remarks : sequence of Text
        Sentences on the data: rows used and refused, what could not be decided.
    """
    f = figures
    day = Text(f"{as_of.year}年{as_of.month}月{as_of.day}日", f"{as_of:%Y-%m-%d}")
    sections = [
        _overall(f),
        _cases(f),
        _contacts(f),
        _measures(f),
        _clocks(f, clock_titles or {}),
    ]
    if rows := township_table(f):
        sections.append(_townships(rows, township_names or {}))
    if remarks:
        sections.append(Section(Text("数据核对", "The data"), tuple(remarks)))
    at = Text(f"截至{as_of:%H:%M}", f"as of {as_of:%H:%M}")
    issued = Text(
        f"{day.zh}（{at.zh}）  执行方案：{playbook.zh}", f"{day.en} ({at.en}) · policy in force: {playbook.en}"
    )
    return Bulletin(
        title=_typeset(Text(f"{jurisdiction.zh}疫情处置日报", f"{jurisdiction.en} daily bulletin".strip())),
        issued=_typeset(issued),
        sections=tuple(_section_typeset(section) for section in sections),
    )


def _section_typeset(section: Section) -> Section:
    sheet = section.sheet
    if sheet is not None:
        head = tuple(_typeset(word) for word in sheet.head)
        sheet = Sheet(head, tuple((_typeset(label), figures) for label, figures in sheet.rows))
    return Section(_typeset(section.title), tuple(_typeset(sentence) for sentence in section.sentences), sheet)


def _overall(f: Mapping[str, Figure]) -> Section:
    total, new = f["cases.total"].value, f["cases.new_today"].value
    if total == 0:
        first = Text("截至目前未发现病例（零报告）。", "No case has been found (zero report).")
    elif new == 0:
        first = Text(
            f"当日无新增病例（零报告），累计病例{total}例。", f"No new case today (zero report); {total} cases in all."
        )
    else:
        first = Text(f"当日新增病例{new}例，累计病例{total}例。", f"New cases today: {new}; {total} in all.")
    close = f["contacts.category.close_contact"].value
    secondary = f["contacts.category.secondary_contact"].value
    if close + secondary == 0:
        second = Text(
            "未判定密切接触者和密接的密接（零报告）。", "No close or secondary contact has been found (zero report)."
        )
    else:
        second = Text(
            f"判定密切接触者{close}人、密接的密接{secondary}人。",
            f"Close contacts: {close}; secondary contacts: {secondary}.",
        )
    force, overdue = f["measures.in_force"].value, f["clocks.overdue"].value
    third = Text(
        f"正在执行的管控措施{force}项；已到期未记录完成的工作时限{overdue}项。",
        f"Measures in force: {force}; clocks past due and not recorded as done: {overdue}.",
    )
    return Section(Text("总体情况", "Overview"), (first, second, third))


def _table(head: Sequence[Text], figures: Sequence[Figure]) -> Sheet:
    return Sheet(tuple(head), tuple((figure.label, (figure,)) for figure in figures))


_COUNT = Text("数量", "Number")


def _cases(f: Mapping[str, Figure]) -> Section:
    title = Text("病例", "Cases")
    if f["cases.total"].value == 0:
        return Section(title, (_zero("病例", "Cases"),))
    words = [word for word in Classification if word is not Classification.EXCLUDED]
    rows = [
        (word.label, (f[f"cases.new_today.{word.value}"], f[f"cases.classification.{word.value}"])) for word in words
    ]
    rows.append((Text("合计", "Total"), (f["cases.new_today"], f["cases.total"])))
    head = (Text("分类", "Classification"), Text("当日新增", "New today"), Text("累计", "In all"))
    return Section(title, (), Sheet(head, tuple(rows)))


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


def _measures(f: Mapping[str, Figure]) -> Section:
    title = Text("管控措施", "Measures")
    if f["measures.total"].value == 0:
        return Section(title, (_zero("管控措施", "Measures"),))
    figures = [figure for figure in under(f, "measures.kind") if figure.value]
    return Section(
        title, (), _table((Text("措施", "Measure"), _COUNT), [*figures, f["measures.total"], f["measures.in_force"]])
    )


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


def _townships(rows: Sequence[tuple[str, list[Figure]]], names: Mapping[str, Text]) -> Section:
    columns = {figure.name.rpartition(".")[2] for _, figures in rows for figure in figures}
    head = (Text("乡镇（街道）", "Township"), *(label for name, label in TOWNSHIP_COLUMNS if name in columns))
    lines = tuple((names.get(code, Text(code, code)), tuple(figures)) for code, figures in rows)
    return Section(Text("分乡镇情况", "By township"), (), Sheet(head, lines))


def _zero(zh: str, en: str) -> Text:
    return Text(f"{zh}:{ZERO.zh}。", f"{en}: {ZERO.en}.")
