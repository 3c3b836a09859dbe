"""What every rule of a playbook is made of: ids, words in both languages, sources, evidence grades."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lianfang.kernel.text import Lang, Text

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
PlaybookId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]

Evidence = Literal["F-O", "F-M", "F-L", "F-A", "F-T", "F-C", "SD", "LIT", "SYS"]
"""How well a value is founded: the grades of the source register, then LIT (a published, named study) and
SYS (a setting of this system that no document fixes; an overlay should confirm it)."""


class Strict(BaseModel):
    """Unknown keys are refused, values are not coerced, instances do not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Bilingual(Strict):
    """Words in both languages, as they stand in a playbook file."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The words as a `Text`."""
        return Text(self.zh, self.en)

    def in_language(self, lang: Lang) -> str:
        """Return the words of one language."""
        return self.text.in_language(lang)


class Source(Strict):
    """A document that values are taken from.

    Attributes
    ----------
    id : str
        Rules name it; it lasts over versions.
    title : Bilingual
        The document itself, by its title; never the address of a copy.
    date : datetime.date or None
        When it was issued, where that is known.
    read_as : Bilingual or None
        In which form its words were seen, such as a press report: what the evidence grade rests on.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Bilingual
    date: dt.date | None = None
    read_as: Bilingual | None = None


class Rule(Strict):
    """What every rule carries, whatever it rules.

    Attributes
    ----------
    id : str
        Lasts over versions: the same id in two playbooks is the same question, answered twice.
    title : Bilingual
        What the rule says, in a few words; pages and reasons show it.
    source : list of str
        Ids of the playbook's sources.
    evidence : Evidence
        The weakest grade among what the value stands on.
    scope : {"national", "local", "system"}
        Who set it; a local rule in a national playbook is marked so.
    note : Bilingual or None
        What a reader of the value must know.
    """

    id: RuleId
    title: Bilingual
    source: list[str] = Field(min_length=1)
    evidence: Evidence
    scope: Literal["national", "local", "system"] = "national"
    note: Bilingual | None = None
