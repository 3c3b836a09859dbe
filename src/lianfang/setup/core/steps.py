"""What an office needs before it can answer an outbreak, step by step, with what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lianfang.kernel.text import Text

State = Literal["done", "next", "later"]


@dataclass(frozen=True)
class Step:
    """One step of beginning.

    Attributes
    ----------
    code : str
        Of the figure that tells how much of it is there.
    title, brings : Text
        What it is, and what it makes possible.
    need : int
        From which number on it counts as done.
    optional : bool
        Whether an outbreak can be answered without it.
    after : str
        Code of the step without which this one cannot be taken; empty: none.
    """

    code: str
    title: Text
    brings: Text
    need: int = 1
    optional: bool = False
    after: str = ""


STEPS = (
    Step(
        "areas",
        Text("辖区", "Areas"),
        Text(
            "每个账号、每个人都在一个地区里：没有辖区，谁也看不到任何一行。",
            "Every account and every person stands in one: without areas nobody sees a row.",
        ),
    ),
    Step(
        "accounts",
        Text("账号", "Accounts"),
        Text(
            "指挥员、流调员、乡镇干部各用自己的账号，各看自己的辖区。",
            "Commander, investigators and townships each sign in as themselves and see their own area.",
        ),
        need=2,
        after="areas",
    ),
    Step(
        "people",
        Text("人员登记", "Register of people"),
        Text(
            "有了人员，病例和接触者才能对上姓名、电话、住址。",
            "Cases and contacts get their names, phones and addresses from it.",
        ),
        after="areas",
    ),
    Step(
        "households",
        Text("住户、单位、小区与建筑", "Households, organisations, estates and buildings"),
        Text(
            "同住、同单位、同楼的人一查即得，地图上有建筑。",
            "Who lives, works or studies together is found at once, and the map has buildings.",
        ),
        optional=True,
        after="areas",
    ),
    Step(
        "places",
        Text("场所", "Places"),
        Text("在场记录里的场所有了名称、类型和位置。", "The places of presences get names, kinds and positions."),
        optional=True,
        after="areas",
    ),
    Step(
        "presences",
        Text("在场记录", "Presences"),
        Text(
            "谁在何时何地：没有它，只能找到病例自己说出的接触者。",
            "Who was where: without them only contacts whom a case names are found.",
        ),
        optional=True,
    ),
    Step(
        "outbreaks",
        Text("疫情与防控方案", "An outbreak and its playbook"),
        Text(
            "有疫情时再立项：病例报告到疫情名下，按其方案处置。",
            "When there is one: cases are reported into it and answered under its playbook.",
        ),
        optional=True,
        after="areas",
    ),
)
"""The steps in the order in which they are best taken."""


@dataclass(frozen=True)
class Stand:
    """How far a step is."""

    step: Step
    count: int
    state: State

    @property
    def can_begin(self) -> bool:
        """Whether nothing before it is missing."""
        return self.state != "later"


def stands(counts: Mapping[str, int]) -> list[Stand]:
    """Return how far each step is.

    Parameters
    ----------
    counts : mapping of str to int
        How much there is of each step's figure; what is missing counts as none.

    Returns
    -------
    list of Stand
        In the order of `STEPS`: done; next, where it may be taken now; later, where the step before it is missing.
    """
    done = {step.code: counts.get(step.code, 0) >= step.need for step in STEPS}
    return [
        Stand(
            step,
            counts.get(step.code, 0),
            "done" if done[step.code] else "next" if not step.after or done[step.after] else "later",
        )
        for step in STEPS
    ]


def is_ready(counts: Mapping[str, int]) -> bool:
    """Tell whether an outbreak can be answered: every step that is not optional is done."""
    return all(one.state == "done" for one in stands(counts) if not one.step.optional)
