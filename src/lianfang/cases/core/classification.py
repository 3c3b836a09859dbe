"""How the classification of a case may move: a written table, and what each move needs.

A case is never moved in any other way. Being excluded is no deletion: the report stays, and can be taken up again.
"""

from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification

Need = Literal["onset_date", "sampled_at", "note"]


@dataclass(frozen=True)
class Transition:
    """One allowed move, and the facts that the case must have when it is made.

    Attributes
    ----------
    before, after : Classification
        From and to.
    needs : tuple of str
        Fields of the case, or ``note``: a reason in words.
    """

    before: Classification
    after: Classification
    needs: tuple[Need, ...] = ()


_S, _C, _A, _X = (
    Classification.SUSPECTED,
    Classification.CONFIRMED,
    Classification.ASYMPTOMATIC,
    Classification.EXCLUDED,
)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(_S, _C, ("onset_date",)),
    Transition(_S, _A, ("sampled_at",)),
    Transition(_S, _X, ("note",)),
    Transition(_A, _C, ("onset_date",)),
    Transition(_A, _X, ("note",)),
    Transition(_C, _X, ("note",)),
    Transition(_X, _S, ("note",)),
)
"""An infection without symptoms that develops them becomes a confirmed case with its onset; a confirmed case is never
turned back into one without symptoms; whatever was excluded is taken up again as suspected."""

_WORDS: dict[Need, Text] = {
    "onset_date": Text("请填写发病日期", "give the date of onset"),
    "sampled_at": Text("请填写首次阳性采样时间", "give the time of the first positive sample"),
    "note": Text("请写明理由", "give the reason"),
}


def ways_from(classification: str) -> list[Classification]:
    """Return the classifications that a case may move to, in the order of the table."""
    return [t.after for t in TRANSITIONS if t.before == classification]


def transition_problems(before: str, after: str, *, has: set[str]) -> dict[str, Text]:
    """Say what keeps a case from moving.

    Parameters
    ----------
    before, after : str
        Codes of `Classification`.
    has : set of str
        The fields that are filled (``onset_date``, ``sampled_at``, ``note``).

    Returns
    -------
    dict of str to Text
        By field, what is wrong and what to do; under ``classification`` when there is no such move. Empty: go ahead.
    """
    for transition in TRANSITIONS:
        if transition.before == before and transition.after == after:
            return {need: _WORDS[need] for need in transition.needs if need not in has}
    ways = ways_from(before)
    zh = "、".join(way.label.zh for way in ways)
    en = ", ".join(way.label.en.lower() for way in ways)
    return {
        "classification": Text(
            f"不能由“{Classification.of(before).label.zh}”改为“{Classification.of(after).label.zh}”；可改为：{zh}",
            f"a case cannot go from '{Classification.of(before).label.en.lower()}' to "
            f"'{Classification.of(after).label.en.lower()}'; it can become: {en}",
        )
    }
