"""What is counted about cases, each number defined once; for `lianfang.kernel.figures`."""

import datetime as dt

from lianfang.kernel.figures import Figure, ListLink
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification
from lianfang.kernel.where import DAY, W

SUBJECT = "cases.Case"

COUNTED = ~W("classification").eq(Classification.EXCLUDED)
"""The diagnosis was not excluded; a case that nobody has classified counts."""


def _list(**filters: str) -> ListLink:
    return ListLink("case-list", "case.view", {"excluded": "no", **filters})


CASES = Figure(
    name="cases.total",
    label=Text("病例", "Cases"),
    short=Text("病例", "Cases"),
    definition=Text(
        "病例：疑似、确诊和无症状感染者；已排除的不计。",
        "Cases: suspected, confirmed and asymptomatic; without those whose diagnosis was excluded.",
    ),
    subject=SUBJECT,
    where=COUNTED,
    list=_list(),
)
NEW_TODAY = Figure(
    name="cases.new_today",
    label=Text("当日新增", "New today"),
    short=Text("当日新增", "New today"),
    definition=Text(
        "当日报告的病例；名单未记报告时间的，依次按采样、隔离、发病时间计；已排除的不计。",
        "Cases reported on the day; where a list tells no report, by sample, isolation or onset; "
        "without excluded ones.",
    ),
    subject=SUBJECT,
    where=COUNTED & W("reported_at").ge(DAY.midnight()) & W("reported_at").lt(DAY.midnight() + dt.timedelta(days=1)),
    list=_list(reported_after="{day}", reported_before="{day}"),
)
