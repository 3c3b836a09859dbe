"""What a clock is about, in the words of the playbook that its case is answered under."""

from functools import lru_cache

from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook, Rule


@lru_cache(maxsize=64)
def _book(playbook: str, overlays: tuple[str, ...]) -> Playbook | None:
    try:
        return load(playbook, overlays)
    except Refused:  # a playbook that is gone leaves its clocks with their codes
        return None


def clock_rule(playbook: str, overlays: tuple[str, ...], rule: str) -> Rule | None:
    """Return the rule that started a clock, or None when the playbook does not have it any more."""
    book = _book(playbook, overlays)
    try:
        return book.rule(rule) if book else None
    except KeyError:
        return None


def clock_title(clock: "object") -> str:
    """Return the title of a clock's rule in the reader's language; its code where the rule is not known.

    Parameters
    ----------
    clock : headquarters.models.Clock
        With its case and outbreak, as `selectors.clock_rows` gives it.
    """
    outbreak = clock.case.outbreak  # type: ignore[attr-defined]
    rule = clock_rule(outbreak.playbook, tuple(outbreak.overlays), clock.rule)  # type: ignore[attr-defined]
    return say(rule.title.text) if rule else str(clock.clock)  # type: ignore[attr-defined]


def clock_names(playbook: str, overlays: tuple[str, ...]) -> dict[str, Text]:
    """Return the clocks of a playbook: code to the title of the first rule about it."""
    book = _book(playbook, overlays)
    names: dict[str, Text] = {}
    for rule in book.clocks if book else ():
        names.setdefault(rule.clock, rule.title.text)
    return names
