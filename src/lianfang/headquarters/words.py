"""What a clock is about and why it is due then, in the words of the playbook that its case is answered under."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.words import say
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.playbook.describe import value_of
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook, Rule

if TYPE_CHECKING:
    from lianfang.headquarters.models import Clock


@lru_cache(maxsize=64)
def _book(playbook: str, overlays: tuple[str, ...]) -> Playbook | None:
    try:
        return load(playbook, overlays)
    except Refused:  # a playbook that is gone leaves its clocks with their codes
        return None


def _rule(clock: "Clock") -> tuple[Playbook, Rule] | None:
    book = _book(clock.case.outbreak.playbook, tuple(clock.case.outbreak.overlays))
    try:
        return (book, book.rule(clock.rule)) if book else None
    except KeyError:
        return None


def clock_title(clock: "Clock") -> str:
    """Return the title of a clock's rule in the reader's language; its code where the rule is not known any more.

    Parameters
    ----------
    clock : headquarters.models.Clock
        With its case and outbreak, as `selectors.clock_rows` gives it.
    """
    found = _rule(clock)
    return say(found[1].title.text) if found else clock.clock


def clock_reason(clock: "Clock") -> tuple[str, str]:
    """Return why a clock is due when it is, in words, and the address of the rule with its source."""
    found = _rule(clock)
    if found is None:
        return _("The playbook has the rule %(rule)s no more.") % {"rule": clock.rule}, ""
    book, rule = found
    return say(value_of(rule)), reverse("rule", args=[book.name, rule.id])


def clock_names(playbook: str, overlays: tuple[str, ...]) -> dict[str, Text]:
    """Return the clocks of a playbook: code to the title of the first rule about it."""
    book = _book(playbook, overlays)
    names: dict[str, Text] = {}
    for rule in book.clocks if book else ():
        names.setdefault(rule.clock, rule.title.text)
    return names
