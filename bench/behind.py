"""Where Lianfang is not ahead: made from the kept results, so that nothing is left out."""

from typing import Any

from bench.figures import ASKED, are_comparable, cold_of, seconds, warm_of
from bench.ways import WAYS, WORDS

BEHIND = {
    "time": "",
    "building": "each row is sorted by place and by person and written twice, as Parquet and as an index",
    "bytes": "the unsorted file holds each row once; the store holds it by place and by person",
    "memory, building": "lists are sorted a day at a time in memory, two days at once",
    "memory, 1 case": "most of it are the libraries: Polars, Arrow, the compiled code; mapped pages of files count",
    "importing": "Polars, Arrow and the compiled code are loaded once a process; a server does it when it starts",
}


def behind(kept: dict[str, dict[str, Any]], size: dict[str, Any]) -> list[str]:
    """Return every column in which a rival is ahead, with by how much and why."""
    own = kept["lianfang"]
    if not own:
        return ["Not measured."]
    found: dict[str, list[str]] = {}

    def note(name: str, way: str, theirs: float | None, ours: float | None, shown: Any, what: str = "") -> None:
        if theirs is not None and ours is not None and theirs < ours:
            found.setdefault(name, []).append(f"{WORDS[way]} {shown(theirs)} against {shown(ours)}{what}")

    def mega(value: float) -> str:
        return f"{value:,.0f} MB"

    mine = own.get("answers", {})
    for way in WAYS:
        if way == "lianfang" or not kept[way]:
            continue
        answers = kept[way].get("answers", {})
        for count, degree in ASKED:
            name = f"{count}x{degree}"
            if not are_comparable(answers.get(name, {}), mine.get(name, {})):
                continue
            what = f", {count:,} case{'' if count == 1 else 's'}, {'one degree' if degree == 1 else 'two degrees'}"
            for value_of, words in ((warm_of, "warm"), (cold_of, "cold")):
                note("time", way, value_of(answers[name]), value_of(mine[name]), seconds, f"{what}, {words}")
        build, ours = kept[way].get("build", {}), own.get("build", {})
        if are_comparable(build, ours):
            note("bytes", way, build["bytes"], ours["bytes"], lambda v: f"{v / size['presences']:.1f} a row")
            if build["seconds"] >= 0.1:  # a way that reads the file as it lies builds nothing
                note("building", way, build["seconds"], ours["seconds"], seconds)
                note("memory, building", way, build["megabytes"], ours["megabytes"], mega)
        if are_comparable(answers.get("1x1", {}), mine.get("1x1", {})):
            one, other = answers["1x1"], mine["1x1"]
            note("memory, 1 case", way, one.get("megabytes"), other.get("megabytes"), mega)
            note("importing", way, one.get("imports"), other.get("imports"), seconds)
    if not found:
        return ["In every column that was measured on one machine, Lianfang is ahead."]
    times = (
        []
        if "time" in found
        else ["In every time, warm and cold, that was measured on one machine, Lianfang is ahead.", ""]
    )
    why = {name: f": {BEHIND[name]}" if BEHIND[name] else "" for name in found}
    return [
        *times,
        *[f"- {name.capitalize()} ({'; '.join(found[name])}){why[name]}." for name in BEHIND if name in found],
    ]
