"""An overlay on its base: rules replaced where they stand, new ones in front, others removed."""

from collections.abc import Sequence
from typing import TypeVar

from lianfang.playbook.model import Overlay, Playbook, Rule, Source

R = TypeVar("R", bound=Rule)


def apply(overlay: Overlay, base: Playbook) -> Playbook:
    """Return the playbook that holds where the overlay holds.

    Parameters
    ----------
    overlay : Overlay
        Checked against `base`.
    base : Playbook
        What it extends, with earlier overlays applied.

    Returns
    -------
    Playbook
        With the id, title, authority and jurisdiction of the overlay, for the days on which both hold, and without a
        digest.
    """
    gone = set(overlay.remove)

    def merged(old: Sequence[R], new: Sequence[R]) -> list[R]:
        replaced = {rule.id: rule for rule in new}
        known = {rule.id for rule in old}
        return [rule for rule in new if rule.id not in known] + [
            replaced.get(rule.id, rule) for rule in old if rule.id not in gone
        ]

    def single(old: R | None, new: R | None) -> R | None:
        return new or (None if old is None or old.id in gone else old)

    history, tracing = base.natural_history, base.tracing
    return base.model_copy(
        update={
            "id": overlay.id,
            "title": overlay.title,
            "authority": overlay.authority,
            "jurisdiction": overlay.jurisdiction,
            # Where several stand on each other, all of them must hold.
            "valid_from": max(base.valid_from, overlay.valid_from),
            "valid_until": min(base.valid_until or overlay.valid_until, overlay.valid_until),
            "note": overlay.note,
            "extends": base.extends or base.id,
            "overlays": [*base.overlays, overlay.id],
            "digest": "",
            "sources": _sources(base.sources, overlay.sources),
            "natural_history": history.model_copy(
                update={
                    "serial_interval": overlay.natural_history.serial_interval or history.serial_interval,
                    "incubation": overlay.natural_history.incubation or history.incubation,
                }
            ),
            "lookback": merged(base.lookback, overlay.lookback),
            "tracing": tracing.model_copy(
                update={
                    "thresholds": merged(tracing.thresholds, overlay.tracing.thresholds),
                    "seats": merged(tracing.seats, overlay.tracing.seats),
                    "general": single(tracing.general, overlay.tracing.general),
                    "second_degree": overlay.tracing.second_degree or tracing.second_degree,
                    "categories": merged(tracing.categories, overlay.tracing.categories),
                }
            ),
            "counting": merged(base.counting, overlay.counting),
            "late_find": single(base.late_find, overlay.late_find),
            "measures": merged(base.measures, overlay.measures),
            "clocks": merged(base.clocks, overlay.clocks),
            "chains": overlay.chains or base.chains,
            "priority": single(base.priority, overlay.priority),
            "companion": single(base.companion, overlay.companion),
        }
    )


def _sources(old: list[Source], new: list[Source]) -> list[Source]:
    replaced = {source.id for source in new}
    return [source for source in old if source.id not in replaced] + list(new)
