"""How far the second degree reaches: its people as a share of all whom presences know, and what would narrow it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import SecondDegreeRule

NARROWER = (
    (PlaceKind.DWELLING,),
    (PlaceKind.DWELLING, PlaceKind.MEAL),
    (PlaceKind.DWELLING, PlaceKind.MEAL, PlaceKind.WORK, PlaceKind.SCHOOL),
)
"""Kinds of place that are tried beside those of the playbook."""

HOURS = (0.0, 24.0, 48.0, 72.0)
"""Latent hours that are tried beside those of the playbook."""


@dataclass(frozen=True)
class SecondReach:
    """How far the second degree of an outbreak reaches.

    Attributes
    ----------
    people : int
        Contacts of the second degree.
    known : int
        People whom presences know: nobody else can be found.
    rule : SecondDegreeRule
        What made it so.
    """

    people: int
    known: int
    rule: SecondDegreeRule

    @property
    def share(self) -> float:
        """The people as a share of those known."""
        return self.people / self.known

    @property
    def is_wide(self) -> bool:
        """Whether the share is so large that somebody should look at the rule."""
        return self.share >= self.rule.warn_share

    @property
    def words(self) -> Text:
        """How many of whom the second degree reaches and what makes it so, in one sentence."""
        kinds = tuple(self.rule.place_kinds or PlaceKind)
        return Text(
            "密接的密接共{people}人，占在场记录所知{known}人的{share}："
            "方案规则{rule}取场所类型{kinds}，自密接首次接触后{hours}小时起计。",
            "The second degree reaches {people} of the {known} people whom presences know ({share}): rule {rule} takes "
            "the place kinds {kinds}, from {hours} hours after a contact's first contact.",
        ).format(
            people=Text(str(self.people), f"{self.people:,}"),
            known=Text(str(self.known), f"{self.known:,}"),
            share=f"{self.share:.0%}" if self.share >= 0.01 else f"{self.share:.1%}",
            rule=self.rule.id,
            kinds=Text("、".join(kind.label.zh for kind in kinds), ", ".join(kind.label.en.lower() for kind in kinds)),
            hours=f"{self.rule.latent_hours:g}",
        )


def second_reach(people: int, known: int, rule: SecondDegreeRule) -> SecondReach | None:
    """Return how far the second degree reaches; None where it is not traced or presences know nobody."""
    return SecondReach(people, known, rule) if rule.traced and known > 0 else None


def kinds_tried(rule: SecondDegreeRule) -> list[tuple[PlaceKind, ...]]:
    """Return the sets of place kinds to compare, from few to all; those of the rule are among them."""
    every = tuple(PlaceKind)
    own = every if rule.place_kinds is None else tuple(kind for kind in every if kind in rule.place_kinds)
    sets = {frozenset(kinds): kinds for kinds in (*NARROWER, every, own)}
    return sorted(sets.values(), key=lambda kinds: (len(kinds), kinds))


def hours_tried(rule: SecondDegreeRule) -> list[float]:
    """Return the latent hours to compare, the fewest first; those of the rule are among them."""
    return sorted({*HOURS, rule.latent_hours})


def people_by_kinds(found: Mapping[str, pl.Series], sets: Sequence[Sequence[str]]) -> list[int]:
    """Return how many people each set of place kinds reaches.

    Parameters
    ----------
    found : mapping
        Place kind → ids of the people whom it reaches alone.
    sets : sequence of sequences of str

    Notes
    -----
    Somebody is found through several kinds when one of them finds them: an overlap is in one place, which has one kind.
    """
    nobody = pl.Series([], dtype=pl.String)
    return [pl.concat([nobody, *(found[kind] for kind in kinds if kind in found)]).n_unique() for kinds in sets]
