"""The bulletin of a small county, every number counted by hand.

The day is 8 July 2022, which 24:00 closes. Two townships, and somebody who belongs to neither.

| case | class | known | found | where |
|---|---|---|---|---|
| A | confirmed, mild | 7 July 14:00 | care seeking | Jia |
| B | asymptomatic | 8 July 09:00 | testing of contacts, isolated before | Yi |
| C | confirmed | 8 July 23:59 | testing of arrivals | Jia |
| D | suspected | 8 July 10:00 | not told | nowhere |
| E | confirmed | 9 July 00:00 | the next day's | Yi |
| F | excluded | 8 July 08:00 | counts nowhere | Jia |
"""

import datetime as dt

import polars as pl
import pytest

from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Text
from lianfang.playbook.load import load
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.cases import case_lines, curve_of, known_cases, last_moment, new_cases
from lianfang.reports.core.figures import figures, township_table
from lianfang.reports.core.frozen import digest_of, frozen, thawed
from lianfang.reports.core.paper import Masthead, Policy, policy_of

DAY = dt.date(2022, 7, 8)
CLOSED = dt.datetime(2022, 7, 9)
"""24:00 of the day."""
TOWNS = {"jia": Text("甲乡", "Jia"), "yi": Text("乙乡", "Yi")}


def at(day: int, hour: float) -> dt.datetime:
    return dt.datetime(2022, 7, day) + dt.timedelta(hours=hour)


def case(key: str, kind: str, known: dt.datetime, town: str | None, **more: object) -> dict[str, object]:
    nothing = dict.fromkeys(("onset_date", "sampled_at", "isolated_at", "found_by", "severity", "sex", "birth_date"))
    facts = {"case_id": key, "person_id": key.lower(), "classification": kind, "reported_at": known}
    return {**facts, "jurisdiction": town, **nothing, **more}


CASES = pl.DataFrame(
    [
        case(
            "A", "confirmed", at(7, 14), "jia", onset_date=at(5, 0), found_by="care_seeking", severity="mild",
            sex="female", birth_date=dt.date(1988, 7, 9),
        ),
        case(
            "B", "asymptomatic", at(8, 9), "yi", sampled_at=at(8, 7), isolated_at=at(6, 12),
            found_by="contact_testing", sex="male", birth_date=dt.date(1988, 7, 8),
        ),
        case("C", "confirmed", at(8, 24 - 1 / 60), "jia", onset_date=at(8, 0), found_by="arrival_testing"),
        case("D", "suspected", at(8, 10), None, onset_date=at(7, 0)),
        case("E", "confirmed", at(9, 0), "yi", onset_date=at(8, 0)),
        case("F", "excluded", at(8, 8), "jia", onset_date=at(6, 0)),
    ],
    infer_schema_length=None,
)  # fmt: skip


def measure(person: str, kind: str, start: dt.datetime, end: dt.datetime | None, decision: str, **more: object):
    released = more.get("released_at")
    return {
        "person_id": person,
        "category": more.get("category", "close_contact"),
        "measure": kind,
        "start": start,
        "end": end,
        "decision": decision,
        "released_at": released,
        "jurisdiction": more.get("town", "jia"),
    }


MEASURES = pl.DataFrame(
    [
        # p1 was ordered home quarantine twice over: one person.
        measure("p1", "home_quarantine", at(5, 0), at(12, 0), "accepted"),
        measure("p1", "home_quarantine", at(6, 0), at(13, 0), "accepted"),
        measure("p2", "home_quarantine", at(5, 0), at(12, 0), "proposed", town="yi"),
        measure("p3", "home_quarantine", at(9, 0), at(16, 0), "accepted"),
        measure("p4", "home_quarantine", at(1, 0), at(8, 0), "accepted"),
        measure("p5", "central_quarantine", at(1, 0), at(8, 0), "accepted", released_at=at(8, 9), town=None),
        measure("p6", "central_quarantine", at(1, 0), at(7, 0), "accepted", released_at=at(7, 9)),
        measure("p7", "home_quarantine", at(5, 0), at(12, 0), "refused"),
        measure("p8", "none", at(5, 0), None, "proposed"),
        measure("a", "hospital_isolation", at(7, 15), None, "accepted", category="case", released_at=at(8, 20)),
        measure("b", "central_quarantine", at(8, 9), None, "accepted", category="case", town="yi"),
    ],
    infer_schema_length=None,
)
CONTACT_ROWS = CONTACTS.conform(
    pl.DataFrame({"person_id": ["p1", "p2", "p5"], "category": ["close_contact"] * 3, "found_by": ["interview"] * 3})
).with_columns(pl.Series("jurisdiction", ["jia", "yi", None]))
CLOCKS = pl.DataFrame(
    {
        "clock": ["on_site", "on_site", "reported"],
        "due": [at(8, 1), at(9, 3), at(8, 2)],
        "done_at": [None, None, at(8, 1)],
        "jurisdiction": ["jia", "yi", None],
    }
)
KNOWN = known_cases(CASES.filter(pl.col("reported_at") <= last_moment(CLOSED)))


@pytest.fixture(scope="module")
def made():
    return figures(
        cases=CASES.filter(pl.col("reported_at") <= last_moment(CLOSED)),
        contacts=CONTACT_ROWS,
        measures=MEASURES,
        clocks=CLOCKS,
        as_of=CLOSED,
        townships=TOWNS,
    )


def paper(made, **more):
    facts = {
        "as_of": CLOSED,
        "jurisdiction": Text("样县", "Sample"),
        "policy": Policy(Text("方案", "plan"), (Text("摘要", "digest"),)),
        "cases": case_lines(new_cases(KNOWN, DAY), day=DAY, townships=TOWNS),
        "curve": curve_of(KNOWN, DAY),
        "township_names": TOWNS,
    }
    return bulletin(made, **{**facts, **more})


def sheet_of(made_paper, title: str) -> dict[str, list[int]]:
    [section] = [one for one in made_paper.sections if one.title.zh.startswith(title)]
    return {label.zh: [figure.value for figure in row] for label, row in section.sheet.rows}


def test_what_24_hours_closes_is_the_day_before_midnight(made):
    assert last_moment(CLOSED).date() == DAY and last_moment(at(8, 18)) == at(8, 18)
    words = paper(made)
    assert words.issued.zh.startswith("2022年7月8日（截至24:00）")
    assert words.sections[0].sentences[0].zh == (
        "7月8日0—24时新增确诊病例1例、无症状感染者1例；另有疑似病例1例。"
        "截至7月8日24:00累计确诊病例2例、无症状感染者1例；另有疑似病例1例。"
    )
    assert paper(made, as_of=at(8, 18)).issued.zh.startswith("2022年7月8日（截至18:00）")


def test_confirmed_asymptomatic_and_suspected_stand_apart(made):
    assert sheet_of(paper(made), "病例") == {
        "确诊病例": [1, 2],
        "无症状感染者": [1, 1],
        "感染者合计": [2, 3],
        "疑似病例（另计）": [1, 1],
    }


def test_each_new_case_has_a_line_without_a_name(made):
    assert [line.zh for line in paper(made).sections[1].sentences] == [
        "病例1：无症状感染者，男，34岁，乙乡，本地，管控中发现（密接筛查），7月8日采样阳性，7月6日隔离。",
        "病例2：疑似病例，乡镇不详，本地，发现途径不详，7月7日发病。",
        "病例3：确诊病例，甲乡，外地输入，社会面发现（来（返）人员检测），7月8日发病。",
    ]
    [first] = case_lines(known_cases(CASES.head(1)), day=DAY, townships=TOWNS)
    # She turns 34 tomorrow.
    assert first.en == (
        "Case 1: Confirmed case (Mild), Female, aged 33, Jia, Local, Found in the community (Care seeking), "
        "onset 2022-07-05."
    )


def test_measures_are_people_by_what_became_of_them(made):
    assert sheet_of(paper(made), "管控措施") == {
        # proposed, ordered but not begun, in force, over and not released, released
        "住院隔离治疗": [0, 0, 0, 0, 1],
        "集中隔离医学观察": [0, 0, 1, 0, 2],
        "居家隔离医学观察": [1, 1, 1, 1, 0],
        "合计（不重复计人）": [1, 1, 2, 1, 3],
    }
    assert made["measures.people.observed"].value == 1, "p1; b is a case"
    assert made["measures.people.released_today"].value == 1, "p5; p6 the day before, a is a case"
    third = paper(made).sections[0].sentences[2].zh
    assert third == "尚在隔离观察1人，当日解除隔离观察1人；措施待定1人。逾期未办结的工作时限1项。"


def test_outcomes_are_told_and_what_is_not_recorded_too(made):
    words = paper(made).sections[2].sentences
    assert words[0].zh == "当日新增中，本地2例、外地输入1例；管控中发现1例、社会面发现1例、发现途径不详1例。"
    assert words[1].zh == "转归：当日出院（解除隔离）1例、累计1例；现有3例（死亡情况未记录）。"


def test_townships_add_up_with_what_belongs_to_none(made):
    rows = sheet_of(paper(made), "分乡镇情况")
    # cases, new, close contacts, secondary contacts, people under measures, clocks overdue
    assert rows == {
        "甲乡": [2, 1, 1, 0, 1, 1],
        "乙乡": [1, 1, 1, 0, 1, 0],
        "未落到乡镇": [1, 1, 1, 0, 0, 0],
        "合计": [4, 3, 3, 0, 2, 1],
    }
    assert [code for code, _ in township_table(made)] == ["jia", "yi", ""]
    assert rows["合计"][0] == made["cases.total"].value and rows["合计"][1] == made["cases.new_today"].value
    assert rows["合计"][4] == made["measures.people.in_force"].value


def test_a_township_says_so_in_its_title(made):
    words = paper(made, jurisdiction=TOWNS["jia"], part_of=Text("样县", "Sample"))
    assert words.title == Text("样县甲乡疫情处置日报", "Sample · Jia daily bulletin")
    assert words.sections[0].sentences[0].zh == "本报仅含甲乡的数据，不代表样县全域。"


def test_the_curve_has_each_day_once_and_ends_with_the_day():
    curve = curve_of(KNOWN, DAY)
    assert curve.days == tuple(dt.date(2022, 7, n) for n in (5, 6, 7, 8))
    assert curve.counts == {"confirmed": (1, 0, 0, 1), "asymptomatic": (0, 0, 0, 1), "suspected": (0, 0, 1, 0)}
    old = CASES.head(1).with_columns(onset_date=pl.lit(dt.datetime(1980, 1, 1)))
    long = curve_of(known_cases(pl.concat([old, CASES.tail(5)])), DAY)
    assert len(long.days) <= 60 and long.before == 1


def test_over_files_nobody_ordered_anything_and_the_paper_says_so(made):
    told = figures(
        cases=CASES,
        contacts=CONTACT_ROWS,
        measures=MEASURES.drop("decision", "released_at"),
        clocks=CLOCKS,
        as_of=CLOSED,
    )
    words = paper(told, is_ordered=False)
    [section] = [one for one in words.sections if one.title.zh.startswith("管控措施")]
    assert section.sentences[0].zh == "以下为按方案应采取的措施，尚无下达和执行记录。"
    assert [word.zh for word in section.sheet.head[1:]] == ["应执行、未到开始时间", "当前应执行", "应执行期已满"]
    assert "应隔离观察" in words.sections[0].sentences[2].zh


def test_the_playbook_s_digest_stands_at_the_end(made):
    book = load("covid19-cn-9")
    words = paper(made, policy=policy_of(book))
    assert words.sections[-1].title.zh == "执行方案"
    assert book.digest in words.sections[-1].sentences[-1].zh and book.digest in words.sections[-1].sentences[-1].en
    assert "密切接触者：集中隔离医学观察7天" in words.sections[-1].sentences[1].zh


def test_masthead_and_correction(made):
    assert "＿" in Masthead().line.zh and "第\u3000\u3000期" in Masthead().line.zh
    head = Masthead("样县疾控中心", 4, "王某", 3, "C例应为输入")
    words = paper(made, masthead=head)
    assert words.masthead.line.zh == "第4期  编发单位：样县疾控中心  签发：王某"
    assert words.title.zh == "样县疫情处置日报（更正）"
    assert words.sections[0].sentences[0].zh == "本期更正第3期，原期数字以本期为准。更正说明：C例应为输入"


def test_what_is_frozen_says_the_same_when_it_is_read_again(made):
    words = paper(made, masthead=Masthead("样县疾控中心", 4, "王某"))
    kept = frozen(words)
    assert thawed(kept) == words
    assert digest_of(kept) == digest_of(frozen(thawed(kept)))
    kept["sections"][2]["sheet"]["rows"][0][1][0][2] += 1
    assert digest_of(kept) != digest_of(frozen(words))
