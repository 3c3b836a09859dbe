"""The worklist of the room: the clocks that are overdue."""

from lianfang.kernel.text import Text
from lianfang.pages.worklists import Worklist

WORKLISTS = (
    Worklist(
        code="clocks-overdue",
        title=Text("逾期未办结的事项", "Clocks overdue"),
        definition=Text(
            "已过规定时限、尚未办结的工作事项。", "What should have been done by now and is not marked done."
        ),
        route="clock-list",
        filters={"state": "overdue", "outbreak": "{outbreak}"},
        permission="clock.stop",
        roles=("commander", "investigator", "township_officer"),
        count="lianfang.headquarters.selectors:count_overdue",
        due=Text("已逾期，请立即办理", "overdue: do it now, then mark it done"),
        tone="bad",
    ),
)
