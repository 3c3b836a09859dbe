"""What is counted about measures, each number defined once; for `lianfang.kernel.figures`."""

from lianfang.kernel.figures import Figure, ListLink
from lianfang.kernel.text import Text
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
