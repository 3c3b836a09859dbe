"""What the services of cases share: the times of a card, and what is said of a card that is refused."""

from collections.abc import Mapping

from lianfang.access.scope import system_scope
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text

EVERYBODY = system_scope("cases")

TIMES = ("onset_date", "last_negative_at", "sampled_at", "diagnosed_at", "isolated_at")


class CardRefused(Refused):
    """A report or a change that cannot be accepted.

    Attributes
    ----------
    problems : dict of str to Text
        By field, what is wrong and what to do; under ``""`` what concerns the whole.
    """

    def __init__(self, problems: Mapping[str, Text]) -> None:
        super().__init__(Text(";".join(t.zh for t in problems.values()), "; ".join(t.en for t in problems.values())))
        self.problems = dict(problems)
