"""Why somebody is a contact, in words."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

import polars as pl

from lianfang.kernel.text import Lang, Text
from lianfang.kernel.vocabulary import FoundBy, PlaceKind
from lianfang.tracing.core.state import OUTSIDE_RULE, UNDECIDED_RULE


class Met(NamedTuple):
    """One setting in which a person met a case, or a contact of one.

    Attributes
    ----------
    case_id, via : str
        The case; for the second degree the person id of the contact in between, else empty.
    minutes, encounters : float, int or None
        None where only an interview tells of it.
    seat_unknown : bool
        It counts because the whole vehicle does: who sat where is not known.
    without_seat_rule : bool
        The playbook in force has no seat rule at all: in a vehicle everybody counts, wherever they sat.
    window : tuple of datetime, optional
        The infectious window of the case, where the meeting lies outside of it and somebody asked.
    """

    case_id: str
    degree: int
    via: str
    place_kind: str
    minutes: float | None
    encounters: int | None
    first_contact: dt.datetime | None
    last_contact: dt.datetime | None
    found_by: str
    rule: str
    seat_unknown: bool = False
    without_seat_rule: bool = False
    window: tuple[dt.datetime, dt.datetime] | None = None


def strongest_first(meetings: Iterable[Met]) -> list[Met]:
    """Sort reasons: the first degree before the second, the longest first, what nobody measured after that."""
    return sorted(meetings, key=lambda m: (m.degree, m.minutes is None, -(m.minutes or 0), m.case_id, m.place_kind))


def duration(minutes: float) -> Text:
    """Return a length of time in words, in hours from two hours on: "45 min", "2.5 h"."""
    if minutes >= 120:
        hours = f"{minutes / 60:.1f}".removesuffix(".0")
        return Text(f"{hours}小时", f"{hours} h")
    whole = "<1" if minutes < 1 else f"{minutes:.0f}"
    return Text(f"{whole}分钟", f"{whole} min")


def reason(met: Met) -> Text:
    """Say one reason in one line: with whom, in what setting, how long, how often, known from what."""
    if met.degree == 2:
        whom = Text(f"与病例{met.case_id}的密接{met.via}", f"With {met.via}, a close contact of case {met.case_id}")
    else:
        whom = Text(f"与病例{met.case_id}", f"With case {met.case_id}")
    words = Text("{whom} · {setting}", "{whom} · {setting}").format(
        whom=whom, setting=PlaceKind.of(met.place_kind).label
    )
    if met.minutes is not None:
        words = Text("{words} · {long}", "{words} · {long}").format(words=words, long=duration(met.minutes))
    if met.encounters is not None and met.encounters > 1:
        times = Text(f"{met.encounters}次", f"{met.encounters} times")
        words = Text("{words}，{times}", "{words}, {times}").format(words=words, times=times)
    if met.seat_unknown:
        whole = Text("座位不详，按整个单元判定", "seat not known, so the whole unit counts")
        words = Text("{words} · {whole}", "{words} · {whole}").format(words=words, whole=whole)
    elif met.without_seat_rule and met.place_kind == PlaceKind.VEHICLE and met.found_by != FoundBy.INTERVIEW:
        whole = Text("本版方案未规定座位范围，按整个车厢/航班计", "whole vehicle: this edition has no seat rule")
        words = Text("{words} · {whole}", "{words} · {whole}").format(words=words, whole=whole)
    if met.found_by != FoundBy.CO_PRESENCE:
        source = Text("流调提供", "named in the interview")
        words = Text("{words} · {source}", "{words} · {source}").format(words=words, source=source)
    if met.rule == OUTSIDE_RULE:
        words = Text("{words} · {outside}", "{words} · {outside}").format(words=words, outside=_outside(met))
    elif met.rule == UNDECIDED_RULE:
        unknown = Text("病例传染期无法确定，未能判定", "not decided: the case has no infectious window")
        words = Text("{words} · {unknown}", "{words} · {unknown}").format(words=words, unknown=unknown)
    return words


def _outside(met: Met) -> Text:
    """Say that a meeting lies outside of the infectious window, with its dates where they are known."""
    if met.window is None:
        return Text("不在传染期内", "not in the infectious window")
    since, until = (f"{moment:%Y-%m-%d %H:%M}" for moment in met.window)
    return Text(f"不在传染期内（{since} 至 {until}）", f"not in the infectious window: {since} to {until}")


def reason_column(contacts: pl.DataFrame, *, lang: Lang, without_seat_rule: bool) -> pl.Series:
    """Say the reason of each row of contacts, as `reason` says one: `reason` is asked once for each way of meeting.

    Parameters
    ----------
    contacts : pl.DataFrame
        Schema `lianfang.kernel.schema.CONTACTS`.
    lang : {"zh", "en"}
    without_seat_rule : bool
        See `Met`.
    """
    said_of = ("degree", "place_kind", "minutes", "encounters", "found_by", "seat_unknown", "rule")
    ways = contacts.select(said_of).unique()

    def said(way: dict[str, Any]) -> str:
        # With names that stand for themselves: what is said of the meeting does not depend on who met.
        met = Met(
            case_id="\x00",
            degree=way["degree"],
            via="\x01",
            place_kind=way["place_kind"] or PlaceKind.OTHER.value,
            minutes=way["minutes"],
            encounters=way["encounters"],
            first_contact=None,
            last_contact=None,
            found_by=way["found_by"],
            rule=way["rule"] or "",
            seat_unknown=bool(way["seat_unknown"]),
            without_seat_rule=without_seat_rule,
        )
        return reason(met).in_language(lang)

    words = ways.with_columns(pl.Series("words", [said(way) for way in ways.iter_rows(named=True)], dtype=pl.String))
    joined = contacts.join(words, on=list(said_of), how="left", maintain_order="left", nulls_equal=True)
    named = pl.col("words").str.replace("\x00", pl.col("case_id"), literal=True)
    return joined.select(named.str.replace("\x01", pl.col("via_person_id").fill_null(""), literal=True)).to_series()
