"""What is counted about measures, each number defined once; for `lianfang.kernel.figures`."""

from lianfang.kernel.figures import Figure, ListLink
from lianfang.kernel.text import Text
from lianfang.kernel.where import Where
from lianfang.measures.core import state

SUBJECT = "measures.Measure"


def _list(**filters: str) -> ListLink:
    return ListLink("measure-list", "measure.view", filters)


MEASURES = Figure(
    name="measures.total",
    label=Text("管控措施", "Measures"),
    definition=Text(
        "全部措施（含待定的），不采纳的除外；一人可有多项。",
        "All measures, proposed ones too, without those that were refused; one person may have several.",
    ),
    subject=SUBJECT,
    where=state.COUNTED,
    list=_list(),
)
IN_FORCE = Figure(
    name="measures.in_force",
    label=Text("正在执行的措施", "Measures in force"),
    short=Text("措施", "Measures"),
    definition=Text(
        "已采纳、已开始、未期满也未解除的措施；“无需措施”的不计；一人可同时有两项。",
        "Measures that were accepted, have begun and are neither over nor released; "
        "without those that ask for nothing; one person may be under two.",
    ),
    subject=SUBJECT,
    where=state.IN_FORCE,
    list=_list(in_force_at="{at}"),
)
WAITING = Figure(
    name="measures.waiting",
    label=Text("待定措施", "Measures to decide"),
    definition=Text("系统提出、尚无人决定的措施。", "Measures that are proposed and that nobody has decided yet."),
    subject=SUBJECT,
    where=state.PROPOSED,
    list=_list(decision="proposed"),
    tone="warn",
)
OVER = Figure(
    name="measures.over",
    label=Text("期满未解除", "Over, not released"),
    definition=Text(
        "已采纳、截止时间已过、尚未解除的措施；“无需措施”的不计。",
        "Measures that were accepted, whose end has passed and that nobody has released yet; "
        "without those that ask for nothing.",
    ),
    subject=SUBJECT,
    where=state.OVER,
    list=_list(due="over"),
    tone="bad",
)
ENDING_TODAY = Figure(
    name="measures.ending_today",
    label=Text("今日期满", "Ending today"),
    definition=Text(
        "最后一天为今日、尚未解除的措施；不采纳的和“无需措施”的不计。",
        "Measures whose last day is today and that nobody has released; "
        "without refused ones and those that ask for nothing.",
    ),
    subject=SUBJECT,
    where=state.ENDING_ON,
    list=_list(due="ends_today"),
)
TESTED_TODAY = Figure(
    name="measures.tested_today",
    label=Text("今日应检测", "Tests due today"),
    definition=Text(
        "今日应检测的措施；不采纳的和今日前已解除的不计。",
        "Measures with a test due today; without those refused, and those released before today.",
    ),
    subject=SUBJECT,
    where=state.TEST_ON,
    list=_list(due="test_today"),
)


def _people(name: str, zh: str, en: str, zh_is: str, en_is: str, where: Where, **filters: str) -> Figure:
    return Figure(
        name=f"measures.people.{name}",
        label=Text(zh, en),
        definition=Text(
            f"{zh_is}的人数；一人有几项的只计一次。", f"People with a measure that {en_is}, each counted once."
        ),
        subject=SUBJECT,
        where=where,
        list=_list(**filters) if filters else None,
        by="person",
    )


PEOPLE_BY_STATE: dict[str, Figure] = {
    "proposed": _people(
        "proposed",
        "待定",
        "Proposed",
        "措施已提出、尚无人决定",
        "is proposed and nobody decided",
        state.WAITING,
        decision="proposed",
    ),
    "planned": _people(
        "planned",
        "已下达未开始",
        "Ordered, not begun",
        "措施已下达、尚未开始",
        "is ordered and has not begun",
        state.PLANNED,
    ),
    "in_force": _people(
        "in_force", "执行中", "In force", "措施正在执行", "is in force", state.IN_FORCE, in_force_at="{at}"
    ),
    "over": _people(
        "over", "期满未解除", "Over, not released", "措施已期满、尚未解除", "is over and nobody released", state.OVER
    ),
    "released": _people("released", "已解除", "Released", "措施已解除", "was released", state.ENDED),
}
"""How many people stand in each state of a measure: proposed, ordered, begun and ended are told apart."""
OBSERVED = _people(
    "observed",
    "尚在隔离观察",
    "Still observed",
    "正在隔离观察（病例除外）",
    "isolates them now, cases apart",
    state.OBSERVED,
)
RELEASED_TODAY = _people(
    "released_today",
    "当日解除",
    "Released today",
    "当日解除隔离观察（病例除外）",
    "isolated them until its release today, cases apart",
    state.RELEASED_ON,
)
CASES_OVER = _people(
    "cases_released",
    "病例解除隔离",
    "Cases released",
    "病例的隔离治疗已解除",
    "isolated them as a case and was released",
    state.CASE_RELEASED,
)
