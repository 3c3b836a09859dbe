"""Two policy versions side by side: the same rule id is the same question."""

from dataclasses import dataclass
from typing import Literal

from lianfang.playbook.model import Playbook, Rule


@dataclass(frozen=True)
class Difference:
    """A rule that two playbooks answer differently; `before` or `after` is None where one of them does not ask."""

    rule_id: str
    before: Rule | None
    after: Rule | None

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """What became of the rule."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


ABOUT_THE_TEXT = {"id", "title", "source", "evidence", "scope", "note"}
"""Fields that say where a value comes from, not what it is."""


def differences(before: Playbook, after: Playbook) -> list[Difference]:
    """Return the rules whose value differs, in the order of `before`, then what is new in `after`.

    Parameters
    ----------
    before, after : Playbook
        Two versions, or a base and the same with overlays.

    Returns
    -------
    list of Difference
        Empty when both rule alike; a different title, source, grade or note alone is no difference.
    """
    old = {rule.id: rule for rule in before.rules()}
    new = {rule.id: rule for rule in after.rules()}
    return [
        Difference(rule_id, old.get(rule_id), new.get(rule_id))
        for rule_id in dict.fromkeys([*old, *new])
        if _value(old.get(rule_id)) != _value(new.get(rule_id))
    ]


def _value(rule: Rule | None) -> object:
    return None if rule is None else rule.model_dump(exclude=ABOUT_THE_TEXT)
