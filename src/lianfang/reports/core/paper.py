"""What a bulletin is made of: sections with sentences, tables and pictures, a masthead, the policy at its end."""

import re
from dataclasses import dataclass, field
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.playbook.model import Playbook
from lianfang.reports.core.cases import Curve
from lianfang.reports.core.figures import Figure

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


def typeset(text: Text) -> Text:
    """Return a text whose Chinese has the punctuation of official papers."""
    return Text(in_official_type(text.zh), text.en)


Picture = Literal["curve", "map"]


@dataclass(frozen=True)
class Sheet:
    """A table: head, rows of a label and figures (or words)."""

    head: tuple[Text, ...]
    rows: tuple[tuple[Text, tuple[Figure, ...]], ...]


@dataclass(frozen=True)
class Section:
    """A numbered part of the bulletin: sentences, then a table and a picture where there is one."""

    title: Text
    sentences: tuple[Text, ...] = ()
    sheet: Sheet | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class Masthead:
    """What stands above an official paper; what is not known yet is left open, to be filled in by hand.

    Attributes
    ----------
    unit : str
        Who compiles it.
    issue : int or None
        Its running number within the outbreak.
    signed_by : str
        Who signed it.
    corrects : int or None
        The number of the issue that this one corrects.
    why : str
        What the correction is about.
    """

    unit: str = ""
    issue: int | None = None
    signed_by: str = ""
    corrects: int | None = None
    why: str = ""

    @property
    def line(self) -> Text:
        """Unit, number and signature in one line."""
        number = "\u3000\u3000" if self.issue is None else str(self.issue)
        open_zh, open_en = "\uff3f" * 6, "_" * 12
        return Text(
            f"第{number}期  编发单位：{self.unit or open_zh}  签发：{self.signed_by or open_zh}",
            f"Issue {number.strip() or open_en[:4]} · compiled by {self.unit or open_en} · "
            f"signed by {self.signed_by or open_en}",
        )

    @property
    def correction(self) -> Text | None:
        """What it corrects, in a sentence."""
        if self.corrects is None:
            return None
        return Text(
            f"本期更正第{self.corrects}期，原期数字以本期为准。更正说明：{self.why}",
            f"This issue corrects issue {self.corrects}, whose numbers it replaces. What is corrected: {self.why}",
        )


@dataclass(frozen=True)
class Policy:
    """What the end of the bulletin says of the playbook in force.

    Attributes
    ----------
    name : Text
        Title and version.
    sentences : tuple of Text
        Whose it is and since when, what it asks for, and the digest by which it is recognised.
    """

    name: Text
    sentences: tuple[Text, ...] = ()


def policy_of(playbook: Playbook) -> Policy:
    """Return what a bulletin says of a playbook: authority, since when, what it asks for in titles, its digest."""
    name = Text(f"{playbook.title.zh}({playbook.name})", f"{playbook.title.en} ({playbook.name})")
    since = Text(
        f"依据{playbook.authority.zh}《{playbook.title.zh}》，自{playbook.valid_from}起施行。",
        f"By {playbook.authority.en}, {playbook.title.en}, valid from {playbook.valid_from}.",
    )
    asked = [rule.title.text for rule in playbook.measures if rule.category in _ASKED_OF and not rule.after]
    limits = [rule.title.text for rule in playbook.clocks]
    points = Text("；".join(one.zh for one in asked), "; ".join(one.en for one in asked))
    hours = Text("；".join(one.zh for one in limits), "; ".join(one.en for one in limits))
    return Policy(
        name,
        (
            since,
            Text(f"管控要点：{points.zh}。", f"Measures: {points.en}."),
            Text(f"工作时限：{hours.zh}。", f"Limits of time: {hours.en}."),
            Text(
                f"方案摘要值（SHA-256）：{playbook.digest}。",
                f"Digest of the playbook (SHA-256): {playbook.digest}.",
            ),
        ),
    )


_ASKED_OF = ("close_contact", "secondary_contact")


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
    masthead : Masthead
        Unit, number, signature.
    curve : Curve
        New cases by day, for the section whose picture it is.
    """

    title: Text
    issued: Text
    sections: tuple[Section, ...] = field(default=())
    masthead: Masthead = field(default_factory=Masthead)
    curve: Curve = field(default_factory=lambda: Curve((), {}))
