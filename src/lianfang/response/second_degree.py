"""How far the second degree of an outbreak reaches, and how far it would reach under other rules. Numbers alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianfang.access.scope import system_scope
from lianfang.access.times import to_local
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.measures.selectors import isolations_frame
from lianfang.outbreaks.selectors import find_playbook, last_run, playbook_of
from lianfang.presences import keeping
from lianfang.tracing.core.second_reach import SecondReach, kinds_tried, people_by_kinds, second_reach
from lianfang.tracing.selectors import count_secondary, decisions_frame, interviews_frame
from lianfang.tracing.tracer import find_second_by_kind

if TYPE_CHECKING:
    from lianfang.outbreaks.models import Outbreak

_WHOLE = system_scope("second degree")
"""The question is about the whole outbreak, whoever asks: what comes out are counts, and nobody is named."""


@dataclass(frozen=True)
class Tried:
    """How many people the second degree reaches through some kinds of place, with some latent hours.

    Attributes
    ----------
    people : int
    share : float
        Of the people whom presences know.
    is_in_force : bool
        Whether the playbook of the outbreak says so now.
    """

    people: int
    share: float
    is_in_force: bool

    @property
    def percent(self) -> str:
        """The share as a page writes it."""
        return f"{self.share:.1%}"


def reach_of(outbreak: "Outbreak") -> SecondReach | None:
    """Return how far the second degree of an outbreak reaches, as it is stored; None where nothing can be said of it.

    One query, and the number of people in the presence store.
    """
    book = find_playbook(outbreak)
    if book is None or not book.tracing.second_degree.traced:
        return None
    rule = book.tracing.second_degree
    known = keeping.store().snapshot().persons.count
    return second_reach(count_secondary(outbreak.code, _WHOLE), known, rule)


def try_kinds(outbreak: "Outbreak", *, hours: float) -> list[Tried]:
    """Find how many people each set of place kinds would reach with some latent hours, from the index.

    Parameters
    ----------
    outbreak : Outbreak
        Was traced already: the answer is about the facts of now up to the time of the last tracing.
    hours : float
        Latent hours.

    Returns
    -------
    list of Tried
        One for each of `tracing.core.second_reach.kinds_tried`, in that order; empty where it was never traced.

    Notes
    -----
    Counts whom tracing finds, people whom the register does not know included.
    """
    run = last_run(outbreak.code)
    if run is None:
        return []
    playbook = playbook_of(outbreak)
    rule = playbook.tracing.second_degree
    moment = keeping.store().snapshot()
    found = find_second_by_kind(
        cases_frame(outbreak.code, _WHOLE),
        moment,
        interviews_frame(outbreak.code, _WHOLE),
        playbook=playbook,
        as_of=to_local(run.as_of),
        latent_hours=hours,
        isolations=isolations_frame(outbreak.code, _WHOLE),
        decisions=decisions_frame(outbreak.code, _WHOLE),
    )
    sets = kinds_tried(rule)
    own = set(rule.place_kinds or PlaceKind)
    known = max(moment.persons.count, 1)
    counts = people_by_kinds(found, sets)
    return [
        Tried(people, people / known, is_in_force=hours == rule.latent_hours and set(kinds) == own)
        for kinds, people in zip(sets, counts, strict=True)
    ]
