"""The worklists of the room: what is to be ordered, whom to release, whom to test today."""

from lianfang.kernel.text import Text
from lianfang.pages.worklists import Worklist

WORKLISTS = (
    Worklist(
        code="measures-to-order",
        title=Text("待下达的管控措施", "Measures to order"),
        definition=Text("系统已提出、尚未下达也未否决的措施。", "Measures that are proposed and not decided."),
        route="measure-list",
        filters={"decision": "proposed", "outbreak": "{outbreak}"},
        permission="measure.order",
        roles=("commander", "investigator"),
        count="lianfang.measures.selectors:count_to_order",
        tone="warn",
    ),
    Worklist(
        code="measures-to-release",
        title=Text("期满未解除的措施", "Measures over, not released"),
        definition=Text(
            "期限已满、尚未解除的措施。", "Ordered measures whose end has passed and whom nobody released."
        ),
        route="measure-list",
        filters={"due": "over", "outbreak": "{outbreak}"},
        permission="measure.release",
        roles=("commander", "investigator"),
        count="lianfang.measures.selectors:count_to_release",
        due=Text("期满当日解除", "to be released on the day they end"),
        tone="bad",
    ),
    Worklist(
        code="tests-today",
        title=Text("今日应采样人员", "Tests due today"),
        definition=Text("今日应做核酸检测、尚在管控中的人员。", "People under a measure who are to be tested today."),
        route="measure-list",
        filters={"due": "test_today", "outbreak": "{outbreak}"},
        permission="measure.view",
        roles=("investigator", "township_officer", "grid_worker"),
        count="lianfang.measures.selectors:count_tests_today",
        due=Text("今日24时前", "by midnight today"),
        tone="info",
    ),
)
