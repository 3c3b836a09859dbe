"""What a run over files did, and how it says so: counts, remarks, the summary."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from lianfang import __version__
from lianfang.kernel.declare import Remark, load_named
from lianfang.kernel.text import Text
from lianfang.playbook.in_force import holds_on
from lianfang.playbook.model import Playbook
from lianfang.response.core.loop import Response, files, steps
from lianfang.tracing.core.general import in_all
from lianfang.tracing.core.second_reach import SecondReach


@dataclass(frozen=True)
class Count:
    """What became of the rows of one input file; ``rows_in == used + refused``.

    `content_sha256` is that of `lianfang.intake.read.content_digest`: the order of the rows does not change it.
    """

    file: str
    content_sha256: str
    rows_in: int
    used: int
    refused: int


@dataclass(frozen=True)
class Ran:
    """What a run did.

    Attributes
    ----------
    response : Response
        The decisions.
    counts : list of Count
        One an input file.
    refused, undecided : pl.DataFrame
        As written.
    as_of : datetime
        The time of reckoning.
    general : pl.DataFrame or None
        Who shared a place with a case and is no contact, where the list was asked for; columns of
        `lianfang.tracing.core.general.PEOPLE`.
    calls : pl.DataFrame or None
        Whom to call first, where the playbook says so; columns of `lianfang.tracing.core.priority.CALLS`.
    reach : SecondReach or None
        How far the second degree reaches; None where it is not traced or there are no presences.
    notes : tuple of Text
        What whoever asked has to know of the run besides: on standard error, in the summary and in the bulletin.
    joined : int
        Meetings with a case that were counted once because two records told of one stay.
    """

    response: Response
    counts: list[Count]
    refused: pl.DataFrame
    undecided: pl.DataFrame
    as_of: dt.datetime
    general: pl.DataFrame | None = None
    calls: pl.DataFrame | None = None
    reach: SecondReach | None = None
    notes: tuple[Text, ...] = ()
    joined: int = 0

    @property
    def said(self) -> dict[str, Remark]:
        """What steps say of the results, by their names."""
        told = {one.name: load_named(one.remark)(self.response.given) for one in steps() if one.remark}
        return {name: one for name, one in told.items() if one is not None}


def remarks(ran: Ran) -> list[Text]:
    """Return what the bulletin says of the input: rows used and refused, what was not decided, a wide second degree."""
    sentences = [
        Text(
            f"{count.file}：收到{count.rows_in}行，使用{count.used}行，退回{count.refused}行。",
            f"{count.file}: {count.rows_in} rows in, {count.used} used, {count.refused} refused.",
        )
        for count in ran.counts
    ]
    if ran.undecided.height:
        n = ran.undecided.height
        sentences.append(
            Text(
                f"因缺少信息未能判定{n}项，见 undecided.csv。",
                f"Not decided for want of facts: {n}, see undecided.csv.",
            )
        )
    sentences += [Text("{note}。", "{note}.").format(note=note) for note in ran.notes]
    if ran.reach is not None and ran.reach.is_wide:
        sentences.append(ran.reach.words)
    return sentences


def summary_of(ran: Ran, playbook: Playbook, jurisdiction: str, seconds: Mapping[str, float]) -> dict[str, object]:
    """Return what ``summary.json`` holds (contract of the response)."""
    return {
        "lianfang": __version__,
        "as_of": ran.as_of.isoformat(),
        "jurisdiction": jurisdiction,
        "playbook": {
            "id": playbook.id,
            "sha256": playbook.digest,
            "name": playbook.name,
            "title": playbook.title.zh,
            "overlays": list(playbook.overlays),
            "valid_from": playbook.valid_from.isoformat(),
            "valid_until": playbook.valid_until.isoformat() if playbook.valid_until else None,
            "in_force": holds_on(playbook, ran.as_of.date()),
        },
        "inputs": {
            c.file: {
                "content_sha256": c.content_sha256,
                "rows_in": c.rows_in,
                "rows_used": c.used,
                "rows_refused": c.refused,
            }
            for c in ran.counts
        },
        "undecided": ran.undecided.height,
        "without_window": _without_window(ran.response.cases),
        "notes": [{"zh": note.zh, "en": note.en} for note in ran.notes],
        "rows": {
            **{file.name.removesuffix(".csv"): ran.response.given[file.of].height for file in files()},
            "refused": ran.refused.height,
        },
        "counts": {name: figure.value for name, figure in ran.response.figures.items()},
        "same_place": _same_place(ran.response.general, playbook, ran.joined),
        "second_degree": _second_degree(ran.reach),
        "remarks": {name: dict(one.figures) for name, one in ran.said.items()},
        "seconds": dict(seconds),
    }


def _without_window(windows: pl.DataFrame) -> dict[str, str]:
    """Say which cases have no sound infectious window, each with the code of the reason."""
    rows = windows.filter(pl.col("window_problem").is_not_null()).sort("case_id")
    return dict(rows.select("case_id", "window_problem").iter_rows())


def _same_place(general: pl.DataFrame | None, playbook: Playbook, joined: int) -> dict[str, object] | None:
    """Say how many people shared a place with a case and are no contact: in all, and by case and place kind.

    Beside that, how many meetings two records told of.
    """
    rule = playbook.tracing.general
    if general is None or rule is None:
        return {"joined": joined} if joined else None
    by_case: dict[str, dict[str, int]] = {}
    for case, kind, people in general.filter(pl.col("case_id").is_not_null()).iter_rows():
        by_case.setdefault(case, {})[kind or "all"] = people
    return {"rule": rule.id, "listed": rule.listed, "people": in_all(general), "cases": by_case, "joined": joined}


def _second_degree(reach: SecondReach | None) -> dict[str, object] | None:
    """Say how far the second degree reaches, and what makes it so."""
    if reach is None:
        return None
    kinds = reach.rule.place_kinds
    return {
        "rule": reach.rule.id,
        "place_kinds": None if kinds is None else [kind.value for kind in kinds],
        "latent_hours": reach.rule.latent_hours,
        "people": reach.people,
        "known": reach.known,
        "share": round(reach.share, 4),
        "warn_share": reach.rule.warn_share,
        "wide": reach.is_wide,
    }
