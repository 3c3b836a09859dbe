"""Counts, against counting by hand."""

import datetime as dt
from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lianfang.kernel.schema import CASES, CONTACTS
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import CATEGORY_ORDER
from lianfang.reports.core.bulletin import bulletin
from lianfang.reports.core.figures import figures, township_table, under
from lianfang.reports.core.paper import Policy, in_official_type

NOW = dt.datetime(2022, 7, 8, 18)
NO_MEASURES = pl.DataFrame(
    schema={"person_id": pl.String, "measure": pl.String, "start": pl.Datetime("us"), "end": pl.Datetime("us")}
)
NO_CLOCKS = pl.DataFrame(schema={"case_id": pl.String, "clock": pl.String, "due": pl.Datetime("us")})


def values(**frames):
    defaults = {"cases": CASES.empty(), "contacts": CONTACTS.empty(), "measures": NO_MEASURES, "clocks": NO_CLOCKS}
    return {name: figure.value for name, figure in figures(**{**defaults, **frames}, as_of=NOW).items()}


def test_nothing_is_counted_as_zero_and_said_so():
    made = figures(
        cases=CASES.empty(),
        contacts=CONTACTS.empty(),
        measures=NO_MEASURES,
        clocks=NO_CLOCKS,
        as_of=NOW,
        townships={"1": Text("甲乡", "Jia")},
    )
    assert {figure.value for figure in made.values()} == {0}
    assert [code for code, _ in township_table(made)] == ["1", ""]
    paper = bulletin(made, as_of=NOW, jurisdiction=Text("样县", "Sample"), policy=Policy(Text("方案", "plan")))
    words = "".join(sentence.zh for section in paper.sections for sentence in section.sentences)
    assert "未发现病例\uff08零报告\uff09" in words
    assert words.count("零报告") == 7


def test_cases_by_classification_and_by_day():
    cases = pl.DataFrame(
        {
            "case_id": list("abcdef"),
            "person_id": list("abcdef"),
            "onset_date": [NOW, None, NOW, NOW, None, NOW],
            "sampled_at": [None, NOW - dt.timedelta(days=1), None, None, NOW, NOW],
            "classification": ["确诊", None, "Suspected case", None, "asymptomatic", "excluded"],
        }
    )
    found = values(cases=cases)
    assert found["cases.total"] == 5
    assert found["cases.new_today"] == 4
    assert found["cases.classification.confirmed"] == 2
    assert found["cases.classification.suspected"] == 1
    assert found["cases.classification.asymptomatic"] == 2
    assert found["cases.new_today.asymptomatic"] == 1


CONTACT_ROWS = st.lists(
    st.tuples(
        st.sampled_from("pqrst"),
        st.sampled_from([c.value for c in CATEGORY_ORDER[1:4]]),
        st.sampled_from(["interview", "co-presence", "both"]),
        st.sampled_from(["proposed", "accepted", "refused"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(CONTACT_ROWS)
def test_contacts_are_counted_as_people(rows):
    frame = pl.DataFrame(
        rows,
        schema={
            "person_id": pl.String,
            "category": pl.String,
            "found_by": pl.String,
            "decision": pl.String,
            "is_case": pl.Boolean,
        },
        orient="row",
    )
    people: dict[str, list[tuple]] = {}
    for row in rows:
        if row[3] != "refused":
            people.setdefault(row[0], []).append(row)
    order = [c.value for c in CATEGORY_ORDER]
    all_people = len(people)
    people = {name: own for name, own in people.items() if not any(row[4] for row in own)}
    categories = Counter(min((r[1] for r in own), key=order.index) for own in people.values())
    ways = Counter("both" if len({r[2] for r in own}) > 1 else own[0][2] for own in people.values())
    found = values(contacts=frame)
    assert found["contacts.total"] == len(people)
    assert found["contacts.are_cases"] == all_people - len(people)
    for name in order[1:4]:
        assert found[f"contacts.category.{name}"] == categories[name]
    for name in ("interview", "co-presence", "both"):
        assert found[f"contacts.found_by.{name}"] == ways[name]


def test_measures_in_force_are_those_that_run_now():
    hour = dt.timedelta(hours=1)
    measures = pl.DataFrame(
        {
            "person_id": list("abcdefg"),
            "measure": ["central_quarantine"] * 6 + ["none"],
            "start": [NOW - hour, NOW, NOW + hour, NOW - hour, NOW - hour, NOW - hour, NOW - hour],
            "end": [NOW + hour, None, None, NOW, NOW + hour, NOW + hour, None],
            "decision": ["accepted", "accepted", "accepted", "accepted", "refused", "accepted", "accepted"],
            "released_at": [None, None, None, None, None, NOW - hour, None],
        },
        schema_overrides={"released_at": pl.Datetime("us")},
    )
    found = values(measures=measures)
    assert found["measures.total"] == 6
    assert found["measures.in_force"] == 2
    assert found["measures.kind.none"] == 1
    assert values(measures=measures.with_columns(decision=pl.lit("proposed")))["measures.in_force"] == 0
    assert values(measures=measures.drop("decision", "released_at"))["measures.in_force"] == 4


def test_clocks_are_running_past_due_or_done():
    hour = dt.timedelta(hours=1)
    clocks = pl.DataFrame(
        {
            "case_id": list("abcd"),
            "clock": ["on_site", "on_site", "survey", "survey"],
            "due": [NOW, NOW + hour, NOW - hour, NOW + hour],
            "done_at": [None, None, NOW, None],
        },
        schema_overrides={"done_at": pl.Datetime("us")},
    )
    found = values(clocks=clocks)
    assert [found[f"clocks.{state}"] for state in ("total", "running", "overdue", "done")] == [4, 2, 1, 1]
    assert found["clocks.by_clock.on_site.overdue"] == 1


def test_townships_sum_to_the_whole():
    contacts = pl.DataFrame(
        {
            "person_id": list("abc"),
            "category": ["close_contact", "close_contact", "secondary_contact"],
            "found_by": ["interview"] * 3,
            "jurisdiction": ["甲乡", "乙乡", "甲乡"],
        }
    )
    made = figures(cases=CASES.empty(), contacts=contacts, measures=NO_MEASURES, clocks=NO_CLOCKS, as_of=NOW)
    assert made["township.甲乡.close_contacts"].value == made["township.甲乡.secondary_contacts"].value == 1
    assert sum(made[f"township.{t}.close_contacts"].value for t in ("甲乡", "乙乡")) == 2
    assert made["township.乙乡.close_contacts"].shows == (
        "contacts",
        {"township": "乙乡", "counted": "yes", "category": "close_contact"},
    )
    assert sum(f.value for f in under(made, "contacts.category")) == made["contacts.total"].value


def test_official_papers_use_full_width_punctuation():
    assert in_official_type("2022年7月8日(截至18:00)  执行方案:第九版(covid19-cn-9@f3)") == (
        "2022年7月8日\uff08截至18:00\uff09  执行方案\uff1a第九版\uff08covid19-cn-9@f3\uff09"
    )
    assert (
        in_official_type("cases.csv:收到7行,使用5行;退回2行。") == "cases.csv\uff1a收到7行\uff0c使用5行\uff1b退回2行。"
    )
    assert in_official_type("12:30, f(x)") == "12:30, f(x)"


def test_who_shared_a_place_is_a_number_beside_the_contacts():
    assert "contacts.same_place" not in values()
    found = values(same_place=7)
    assert found["contacts.same_place"] == 7 and found["contacts.total"] == 0
