"""Instruments that say what may not be done: they have dates of their own and cut across the versions of a plan."""

import datetime as dt

from pydantic import Field

from lianfang.playbook.model.base import Bilingual, PlaybookId, Rule, Source, Strict


class LimitRule(Rule):
    """One thing that an instrument forbids; its title says it."""

    number: int = Field(ge=1, le=99)


class Instrument(Strict):
    """A document of limits, complete: whatever playbook is in force, on its days it holds beside it.

    Attributes
    ----------
    valid_until : datetime.date or None
        The first day it holds no more; None where no end is known.
    """

    id: PlaybookId
    title: Bilingual
    authority: Bilingual
    valid_from: dt.date
    valid_until: dt.date | None = None
    note: Bilingual | None = None
    sources: list[Source] = Field(min_length=1)
    limits: list[LimitRule] = Field(min_length=1)
