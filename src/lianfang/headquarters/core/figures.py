"""What is counted about clocks, each number defined once; for `lianfang.kernel.figures`.

The rows are the clocks at which something is still due (`lianfang.headquarters.selectors.clock_rows`).
"""

from lianfang.kernel.figures import Figure, ListLink
from lianfang.kernel.text import Text
from lianfang.kernel.where import EVERY
from lianfang.records.core import state

SUBJECT = "records.Clock"


def _list(**filters: str) -> ListLink:
    return ListLink("clock-list", "clock.view", filters)


CLOCKS = Figure(
    name="clocks.total",
    label=Text("时限", "Clocks"),
    definition=Text("时限，已排除病例的不计。", "Clocks of cases that were not excluded."),
    subject=SUBJECT,
    where=EVERY,
    list=_list(),
)
OVERDUE = Figure(
    name="clocks.overdue",
    label=Text("逾期时限", "Clocks overdue"),
    short=Text("逾期", "Overdue"),
    definition=Text(
        "已到期、未记录完成的时限；已排除病例的不计。",
        "Clocks that are due and that nobody has stopped; without those of excluded cases.",
    ),
    subject=SUBJECT,
    where=state.OVERDUE,
    list=_list(state="overdue"),
    tone="bad",
)
RUNNING = Figure(
    name="clocks.running",
    label=Text("计时中", "Clocks running"),
    definition=Text(
        "未到期、未记录完成的时限；已排除病例的不计。",
        "Clocks that are not due yet and that nobody has stopped; without those of excluded cases.",
    ),
    subject=SUBJECT,
    where=state.RUNNING,
    list=_list(state="running"),
)
DONE = Figure(
    name="clocks.done",
    label=Text("已完成", "Clocks done"),
    definition=Text(
        "已记录完成的时限；已排除病例的不计。", "Clocks that somebody has stopped; without those of excluded cases."
    ),
    subject=SUBJECT,
    where=state.DONE,
    list=_list(state="done"),
)
PAUSED = Figure(
    name="clocks.paused",
    label=Text("暂停中", "Clocks paused"),
    definition=Text("已暂停计时的时限，附有理由。", "Clocks that stand still, with a reason."),
    subject=SUBJECT,
    where=state.PAUSED,
    list=_list(state="paused"),
)
BY_STATE = {"running": RUNNING, "overdue": OVERDUE, "paused": PAUSED, "done": DONE}
