"""Which file of a folder holds a list; what looks like it and is not read is refused aloud, never passed over."""

import re
import unicodedata
from pathlib import Path

from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

SUFFIXES = (".csv", ".xlsx", ".parquet")
"""Kinds of file that are read, in the order in which `find_table` looks for them."""

_OTHER_TABLES = re.compile(
    r"\.(xls[mb]?|xltx?|ett?|f?ods|numbers|tsv|tab|txt|dat|prn|gz|zip|bz2|xz|zst|7z|rar|jsonl?|ndjson|feather|arrow|ipc|"
    r"orc|dbf|sav|dta|rds|mdb|accdb|xml|html?|pdf|docx?|wps|bak|old|part|crdownload|download)"
)
"""Endings of files in which lists are sent, and which are not read."""

_NO_LISTS = re.compile(r"\.(md|rst|py|ipynb|r|sh|png|jpe?g|svg|ya?ml|toml|log|sha256|license)")
"""Endings that no list has."""

_ALSO_CALLED = {
    "cases": "case caselist linelist 病例 病例清单 病例名单 病例列表 病例表",
    "presences": "presence stays visits 在场 在场记录 轨迹 停留记录",
    "contacts": "contact interviews interview 接触者 密接 密接者 密切接触者 流调",
    "people": "person persons peoples population 人员 人员名单 人员清单 名单",
    "places": "place venues venue 场所 场所清单 地点",
}
"""What a list may be called instead."""

_COPY = re.compile(r"(?:^copy of |[\s_\-.]*(?:\(\d+\)|\d+|copy|副本|复制|复件|new|final|最终版?|新)$)", re.IGNORECASE)
"""What programs and people add to the name of a copy."""


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file ``name.csv``, ``name.xlsx`` or ``name.parquet`` of a folder, in whatever case.

    Raises
    ------
    Refused
        When there is more than one: which of them counts is for the sender to say. When there is a file that looks
        like the list and is not read: of another kind, or of nearly that name.
    """
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.name.endswith("~"):
            continue
        stem, suffix = path.stem.lower(), path.suffix.lower()
        if path.is_file() and stem == name and suffix in SUFFIXES:
            found.append(path)
        elif (why := _unread(path, name)) is not None:
            raise Refused(
                Text("{folder} 中有 {file}，{zh}", "{folder} has {file}, {en}").format(
                    folder=folder, file=path.name, zh=why.zh, en=why.en
                )
            )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise Refused(
            Text(
                f"{folder} 中有多个 {name} 文件（{names}），请只保留一个",
                f"{folder} has {names}: keep only one of them",
            )
        )
    return found[0] if found else None


def _unread(path: Path, name: str) -> Text | None:
    """Say what to do about a file that may be meant and is not read; None where it is another one."""
    begin, _, rest = unicodedata.normalize("NFKC", path.name).lower().partition(".")
    stem, ending = begin, f".{rest}" if rest else ""
    last = f".{ending.rpartition('.')[2]}"
    if path.is_dir():
        is_meant = stem == name and (ending in SUFFIXES or (not ending and _has_tables(path)))
        return (
            Text(
                f"是文件夹，不会被读取：请合成一个 {name}.csv、{name}.xlsx 或 {name}.parquet",
                f"a folder, which is not read: make one {name}.csv, {name}.xlsx or {name}.parquet of it",
            )
            if is_meant
            else None
        )
    if stem == name and ending not in SUFFIXES:
        return (
            None
            if _NO_LISTS.fullmatch(last)
            else Text(
                f"不会被读取：请另存为 {name}.xlsx 或 {name}.csv，或移出该文件夹",
                f"which is not read: save it as {name}.xlsx or {name}.csv, or take it out of the folder",
            )
        )
    if (last in SUFFIXES or _OTHER_TABLES.fullmatch(last)) and _is_near(stem, name):
        return Text(
            f"不会被读取：如要使用，请改名为 {name}{last if last in SUFFIXES else '.xlsx'}，否则请移出该文件夹",
            f"which is not read: if it is meant, name it {name}{last if last in SUFFIXES else '.xlsx'}, else take it "
            "out of the folder",
        )
    return None


def need_list(name: str) -> None:
    """Refuse a file that was sent, where its name is not that of a kind that is read."""
    if Path(name).suffix.lower() not in SUFFIXES:
        raise Refused(Text("请用 CSV、XLSX 或 Parquet 文件", "send a CSV, XLSX or Parquet file"))


def _has_tables(folder: Path) -> bool:
    return any(one.suffix.lower() in SUFFIXES for one in folder.iterdir())


def _is_near(stem: str, name: str) -> bool:
    """Tell whether a name may be meant for another: a copy's, another word for it, or mistyped."""
    plain = stem.strip()
    while (shorter := _COPY.sub("", plain)) != plain and shorter:
        plain = shorter
    plain = re.sub(r"[\s_\-]", "", plain)
    return plain == name or plain in _ALSO_CALLED.get(name, "").split() or _distance(plain, name) <= 1 + (len(name) > 6)


def _distance(one: str, other: str) -> int:
    """Return how many letters were left out, added, changed or exchanged with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
