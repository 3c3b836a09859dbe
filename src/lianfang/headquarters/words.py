"""What a clock is about, why it is due then and what it hangs on, in the words of the playbook of its outbreak."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from lianfang.access.core.protect import shown
from lianfang.access.core.roles import may
from lianfang.access.words import say
from lianfang.house import subjects
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.playbook.describe import value_of
from lianfang.playbook.load import load
from lianfang.playbook.model import Playbook, Rule
from lianfang.records.core.clocks import rules_for
from lianfang.records.models import Clock
from lianfang.tracing.selectors.locating import CONTACT

OUTBREAK = "outbreaks.outbreak"
"""What the clocks of an outbreak as a whole hang on, such as that of publication."""


@lru_cache(maxsize=64)
def _book(playbook: str, overlays: tuple[str, ...]) -> Playbook | None:
    try:
        return load(playbook, overlays)
    except Refused:  # a playbook that is gone leaves its clocks with their codes
        return None


def _rule(clock: Clock) -> tuple[Playbook, Rule] | None:
    policy, overlays = getattr(clock, "playbook", None), getattr(clock, "overlays", None)
    book = _book(policy, tuple(overlays or ())) if policy else None
    if book is None:
        return None
    own = rules_for(book, clock.subject_kind.rpartition(".")[2])
    try:
        return book, next((rule for rule in own if rule.id == clock.rule), None) or book.rule(clock.rule)
    except KeyError:
        return None


def subject_of(clock: Clock, role: str, names: Mapping[str, tuple[str, str]] | None = None) -> tuple[str, str]:
    """Return what a clock hangs on, in words, and the address of its page; empty where the role may not open it.

    `names` are those of contacts (`tracing.selectors.contact_names`), of which the role sees what it may see.
    """
    known = subjects().get(clock.subject_kind)
    if known is None:
        return clock.subject, ""
    words = clock.subject if known.names_itself else f"{say(known.label)} {clock.subject}"
    if clock.subject_kind == CONTACT and names and clock.subject in names:
        person, name = names[clock.subject]
        words = f"{say(known.label)} {shown('name', name, role) or person}"
    if clock.subject_kind == OUTBREAK:
        # The page on which an outbreak as a whole is shown.
        address = f"{reverse('command')}?{urlencode({'outbreak': clock.subject})}"
        return words, address if may(role, "command.view") else ""
    return words, reverse(known.route, args=[clock.subject]) if may(role, known.permission) else ""


def clock_title(clock: Clock) -> str:
    """Return the title of a clock's rule in the reader's language; its code where the rule is not known any more.

    Parameters
    ----------
    clock : Clock
        With the playbook of its outbreak, as `selectors.clock_rows` gives it.
    """
    found = _rule(clock)
    return say(found[1].title.text) if found else clock.clock


def clock_reason(clock: Clock) -> tuple[str, str]:
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
