"""``docs/performance.md`` and its pictures, from the kept results alone: nothing here measures."""

from pathlib import Path
from statistics import median
from typing import Any

from bench import chains_page, live, results
from bench.behind import behind
from bench.figures import ASKED, are_comparable, cold_of, seconds, warm_of
from bench.ways import USUAL, WAYS, WORDS

DOCS = Path(__file__).resolve().parent.parent / "docs"
# The aims of the issue, at 100 million presences and warm unless it says otherwise.
AIMS = {
    (1, 1): 0.005,
    (10, 1): 0.008,
    (1000, 1): 0.35,
    (1, 2): 2.0,
    (10, 2): 4.0,
    (1000, 2): 20.0,
}
FIRST_RUN, BYTES, ROWS, MEGABYTES = 0.2, 24.0, 1e6, 4096.0
# What the limit is, where an aim is missed.
_FEW = [
    "Few cases: a fifth of the time is the index; the rest is reading and checking the case list and the manifest, the",
    "windows, and making the frame, each some tens of small steps of the libraries that they are made of.",
]
WHY: dict[str, list[str]] = {
    "one degree, 1 case, warm": _FEW,
    "one degree, 10 cases, warm": _FEW,
    "one degree, 1,000 cases, warm": [
        "A thousand cases: 1.2 million rows of 2.8 million meetings. Half of the time is reading the rows around the",
        "cases, from far more pages of memory than a cache holds; the rest is making the rows.",
    ],
    "rows a second, building": [
        "Building: each row is read, its two ids looked up, spilled by day, sorted by place and by person, and written",
        "twice (Parquet and index): both cores are busy all the time, and the disk takes five gigabytes.",
    ],
}


def write() -> None:
    """Write the page and the pictures."""
    scales = sorted({int(name.split("-")[0]) for name in results.names() if name.endswith("-data")})
    kept = {scale: {way: results.load(f"{scale}-{way}") for way in WAYS} for scale in scales}
    shown = [scale for scale in scales if sum(bool(kept[scale][way]) for way in WAYS) > 1] or scales
    lines = ["# Performance", "", *_head(scales), ""]
    if 100 in scales and kept[100]["lianfang"]:
        lines += ["## The aims", "", *_aims(kept[100]["lianfang"], results.load("100-data")["size"]), ""]
    for scale in reversed(shown):
        size = results.load(f"{scale}-data")["size"]
        lines += [f"## {size['presences']:,} presences", "", *_county(size), ""]
        for title, part in (("Warm", _warm), ("Cold", _cold)):
            lines += [f"### {title}", "", *part(kept[scale]), ""]
        lines += ["### Building, bytes and memory", "", *_built(kept[scale], size["presences"]), ""]
        lines += ["### Where Lianfang is not ahead", "", *behind(kept[scale], size), ""]
    lines += ["## Growth", "", *_growth(kept, scales), ""]
    for scale in reversed(scales):
        if second := results.load(f"{scale}-second"):
            lines += ["## How many the second degree finds", "", *_second(second, scale), ""]
            break
    if response := results.load("respond"):
        lines += ["## The whole response, files to files", "", *_response(response), ""]
    if measured := chains_page.section():
        lines += [measured, ""]
    if measured := live.section(DOCS / "performance.md"):
        lines += [measured, ""]
    (DOCS / "performance.md").write_text("\n".join(lines), "utf-8")
    results_said = ", ".join(str(scale) for scale in scales)
    print(f"{DOCS / 'performance.md'} ({results_said} million)")


def _head(scales: list[int]) -> list[str]:
    machine = results.load(f"{scales[-1]}-data")["machine"]
    text = Path(__file__).with_name("performance_head.md").read_text("utf-8")
    return text.replace("MACHINE", machine).replace("DATES", _dates()).strip().splitlines()


def _dates() -> str:
    """Say on which days the kept results were measured."""
    kept = [results.load(name) for name in results.names()]
    days = {one["date"] for all_of in kept for one in (all_of, *all_of.get("answers", {}).values()) if "date" in one}
    return ", ".join(sorted(days))


def _county(size: dict[str, Any]) -> list[str]:
    return [
        f"{size['people']:,} people × {size['days']} days, {size['bytes'] / 1e6:,.0f} MB of unsorted Parquet "
        f"({size['bytes'] / size['presences']:.1f} bytes a row)."
    ]


def _cell(answer: dict[str, Any], value: float | None, own: dict[str, Any], own_value: float | None) -> str:
    if not answer:
        return "not measured"
    if answer.get("untried"):
        return "not tried"
    if "failed" in answer:
        return "out of memory" if "emory" in answer["failed"] else "failed"
    if value is None:
        return f"> {answer['limit']:.0f} s"
    busy = "°" if (answer.get("load") or 0) > results.BUSY else ""
    if answer is own or own_value is None:
        return f"{seconds(value)}{busy}"
    return (
        f"{seconds(value)}{busy} ({value / own_value:.1f}×)"
        if are_comparable(answer, own)
        else f"{seconds(value)}{busy}†"
    )


def _times(kept: dict[str, dict[str, Any]], value_of: Any) -> list[str]:
    asked = [key for key in ASKED if any(f"{key[0]}x{key[1]}" in kept[way].get("answers", {}) for way in WAYS)]
    head = [f"{count:,}" if degree == 1 else f"2°: {count:,}" for count, degree in asked]
    lines = ["| cases | " + " | ".join(head) + " |", "|---|" + "---:|" * len(asked)]
    own = kept["lianfang"].get("answers", {})
    for way in WAYS:
        answers = kept[way].get("answers", {})
        if answers or way in USUAL:
            cells = [_answer_cell(answers, key, value_of, own) for key in asked]
            lines.append(f"| {WORDS[way]} | " + " | ".join(cells) + " |")
    rows = [
        next((kept[w]["answers"][k].get("rows") for w in WAYS if k in kept[w].get("answers", {})), None)
        for k in (f"{count}x{degree}" for count, degree in asked)
    ]
    lines.append("| rows found | " + " | ".join("" if n is None else f"{n:,}" for n in rows) + " |")
    return lines


def _answer_cell(answers: dict[str, Any], key: tuple[int, int], value_of: Any, own: dict[str, Any]) -> str:
    name = f"{key[0]}x{key[1]}"
    answer, beside = answers.get(name, {}), own.get(name, {})
    return _cell(answer, value_of(answer), beside, value_of(beside))


def _warm(kept: dict[str, dict[str, Any]]) -> list[str]:
    return _times(kept, warm_of)


def _cold(kept: dict[str, dict[str, Any]]) -> list[str]:
    return _times(kept, cold_of)


def _built(kept: dict[str, dict[str, Any]], presences: int) -> list[str]:
    lines = [
        "| | rows/s | seconds | bytes a row | peak building | peak 1 case | peak, most | importing |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for way in WAYS:
        build, answers = kept[way].get("build"), kept[way].get("answers", {})
        if not build:
            continue
        needs_none = build["seconds"] < 0.1
        busy = "°" if (build.get("load") or 0) > results.BUSY else ""
        peaks = [answer["megabytes"] for answer in answers.values() if "megabytes" in answer]
        one = answers.get("1x1", {}).get("megabytes")
        imports = [answer["imports"] for answer in answers.values() if "imports" in answer]
        cells = [
            "" if needs_none else f"{presences / build['seconds'] / 1e6:.2f} M{busy}",
            "" if needs_none else f"{build['seconds']:,.0f}{busy}",
            f"{build['bytes'] / presences:.1f}",
            "" if needs_none else f"{build['megabytes']:,.0f} MB",
            "" if one is None else f"{one:,.0f} MB",
            f"{max(peaks):,.0f} MB" if peaks else "",
            f"{median(imports):.1f} s" if imports else "",
        ]
        lines.append(f"| {WORDS[way]} | " + " | ".join(cells) + " |")
    return lines


def _aims(own: dict[str, Any], size: dict[str, Any]) -> list[str]:
    answers, build = own.get("answers", {}), own.get("build", {})
    rows: list[tuple[str, str, str, bool | None]] = []

    def add(words: str, value: float | None, aim: float, shown: Any, *, most: bool = True) -> None:
        if value is None:
            rows.append((words, shown(aim), "not measured", None))
        else:
            rows.append((words, shown(aim), shown(value), value <= aim if most else value >= aim))

    for (count, degree), aim in AIMS.items():
        words = f"{'one degree' if degree == 1 else 'two degrees'}, {count:,} case{'' if count == 1 else 's'}, warm"
        add(words, warm_of(answers.get(f"{count}x{degree}", {})), aim, seconds)
    add("one degree, 1 case, first run", cold_of(answers.get("1x1", {})), FIRST_RUN, seconds)
    presences = size["presences"]
    add("bytes a row", build["bytes"] / presences if build else None, BYTES, lambda v: f"{v:.1f}")
    add(
        "rows a second, building",
        presences / build["seconds"] if build else None,
        ROWS,
        lambda v: f"{v / 1e6:.2f} M",
        most=False,
    )
    peaks = [build["megabytes"], *(a["megabytes"] for a in answers.values() if "megabytes" in a)] if build else []
    add("peak memory", max(peaks) if peaks else None, MEGABYTES, lambda v: f"{v:,.0f} MB")
    told = {True: "kept", False: "**missed**", None: ""}
    return [
        f"At {presences:,} presences:",
        "",
        "| | aim | measured | |",
        "|---|---:|---:|---|",
        *[f"| {words} | {aim} | {value} | {told[kept]} |" for words, aim, value, kept in rows],
        "",
        # What two aims are missed by stands once.
        *dict.fromkeys(line for words, _, _, kept in rows if kept is False for line in WHY.get(words, [])),
    ]


def _growth(kept: dict[int, dict[str, dict[str, Any]]], scales: list[int]) -> list[str]:
    from bench.pictures import growth

    by_presences: dict[int, dict[str, list[tuple[float, float]]]] = {1: {}, 2: {}}
    by_cases: dict[int, dict[str, list[tuple[float, float]]]] = {1: {}, 2: {}}
    full = max(scales, key=lambda scale: len(kept[scale]["lianfang"].get("answers", {})))
    for way in WAYS:
        for scale in scales:
            presences = results.load(f"{scale}-data")["size"]["presences"]
            for count, degree in ASKED:
                value = warm_of(kept[scale][way].get("answers", {}).get(f"{count}x{degree}", {}))
                if value is None:
                    continue
                if count == 10:
                    by_presences[degree].setdefault(way, []).append((presences, value))
                if scale == full:
                    by_cases[degree].setdefault(way, []).append((count, value))
    full_size = results.load(f"{full}-data")["size"]["presences"]
    growth(
        {"presences, 10 cases": by_presences, f"cases, {full_size / 1e6:.0f} million presences": by_cases},
        DOCS / "images" / "growth.svg",
    )
    lines = ["![Seconds against presences and against cases, on log axes](images/growth.svg)", ""]
    lines += ["Lianfang, warm, by presences (rows) and cases (columns):", ""]
    lines += ["| presences | " + " | ".join(f"{c:,}" if d == 1 else f"2°: {c:,}" for c, d in ASKED) + " |"]
    lines += ["|---:|" + "---:|" * len(ASKED)]
    for scale in scales:
        answers = kept[scale]["lianfang"].get("answers", {})
        cells = [_answer_cell(answers, key, warm_of, answers) for key in ASKED]
        lines.append(f"| {results.load(f'{scale}-data')['size']['presences']:,} | " + " | ".join(cells) + " |")
    return lines


def _second(kept: dict[str, Any], scale: int) -> list[str]:
    from bench.pictures import second

    second(kept, DOCS / "images" / "second-degree.svg")
    hours = list(next(iter(kept["found"].values())))
    lines = [
        f"{kept['cases']} cases among {kept['people']:,} people and {scale} million presences have {kept['first']:,} "
        "contacts of the first degree. How many",
        "people the second degree adds depends on the place kinds that count (`--second-kinds`) and on the hours from",
        "a first contact until the contact is taken for a source (`--latent-hours`):",
        "",
        "| `--second-kinds` | " + " | ".join(f"{h} h" for h in hours) + " |",
        "|---|" + "---:|" * len(hours),
    ]
    for words, by_hours in kept["found"].items():
        cells = [f"{by_hours[h]:,} ({by_hours[h] / kept['people']:.1%})" for h in hours]
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    lines += ["", "![People of the second degree against the hours](images/second-degree.svg)", ""]
    lines += [
        "Without limits the second degree is nearly everybody within days: a property of the definition,",
        "and of no use to a caller. A playbook sets both limits.",
    ]
    return lines


def _response(kept: dict[str, Any]) -> list[str]:
    summary, size = kept["summary"], kept["size"]
    counted = ", ".join(f"{count:,} {name}" for name, count in summary.get("rows", {}).items())
    is_busy = kept["load"] > results.BUSY
    busy = f" The load average was {kept['load']:.0f} when it began: others were at work." if is_busy else ""
    return [
        f"`lianfang respond` under `{kept['playbook']}` on {size['people']:,} people × {size['days']} days = "
        f"{size['presences']:,} presences, {size['cases']} cases ({kept['date']}): **{kept['seconds']:.0f} s** "
        f"({kept['cpu']:.0f} s of CPU), at most",
        f"**{kept['megabytes']:,.0f} MB**; {counted}.{busy}",
        "",
        "| step | seconds |",
        "|---|---:|",
        *[f"| {name} | {value:.1f} |" for name, value in summary.get("seconds", {}).items()],
    ]
