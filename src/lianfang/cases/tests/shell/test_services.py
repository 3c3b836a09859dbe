"""Cases through the doors: reported once, moved along the table, undone, inside a scope, with a trace."""

import datetime as dt
import uuid

import polars as pl
import pytest

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.access.times import to_aware
from lianfang.cases import selectors
from lianfang.cases.models import Case
from lianfang.cases.services import CardRefused, change_case, classify_case, isolate_case, load_cases, report_case
from lianfang.cases.tests.cast import OUTBREAK, SCOPE, card
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CASES
from lianfang.outbreaks.selectors import current_outbreak, outbreaks
from lianfang.outbreaks.services import open_outbreak
from lianfang.records.changes import undo_change
from lianfang.registry.selectors import people

pytestmark = [pytest.mark.django_db, pytest.mark.database]
KEY = uuid.UUID("5f0c1f4e-8c1f-4f43-9f57-2f6a7a3b1c11")


def report(county, key=KEY, by="investigator", **changes):
    return report_case(card=card(**changes), client_key=key, by=getattr(county, by), at=AT)


def problems(county, **changes):
    with pytest.raises(CardRefused) as caught:
        report(county, **changes)
    return caught.value.problems


def test_a_report_makes_a_case_and_its_trace(county):
    done = report(county)
    assert done == type(done)("AH2021-0001", "P-WANG", OUTBREAK, created=True)
    case = selectors.find_case(done.case_id, county.scope("investigator"))
    assert case.onset_date == to_aware(dt.datetime(2021, 8, 3))
    assert (case.reported_at, case.reported_by) == (AT, county.investigator)
    entry = AuditEntry.objects.filter(kind="cases.case").get()
    assert (entry.act, entry.key, entry.actor) == ("write", "AH2021-0001", "account:investigator")
    assert verify() is None


def test_the_same_key_twice_makes_one_case(county):
    first, again = report(county), report(county, note="typed again")
    assert (first.created, again.created) == (True, False)
    assert again.case_id == first.case_id
    assert selectors.case_rows(SCOPE).count() == 1
    assert selectors.case_rows(SCOPE).get().note == ""


def test_the_same_person_twice_in_an_outbreak_is_refused_until_excluded(county):
    report(county)
    again = uuid.uuid4()
    assert "AH2021-0001" in problems(county, key=again)[""].zh
    classify_case(case_id="AH2021-0001", to="excluded", note="复检阴性", by=county.investigator, at=AT)
    assert report(county, key=again).case_id == "AH2021-0002"


def active(person: str = "P-WANG") -> list[str]:
    return sorted(
        selectors.case_rows(SCOPE)
        .filter(person_id=person)
        .exclude(classification="excluded")
        .values_list("pk", flat=True)
    )


def test_an_exclusion_is_not_taken_back_once_the_person_is_reported_again(county):
    by = county.investigator
    report(county)
    excluded = classify_case(case_id="AH2021-0001", to="excluded", note="复检阴性", by=by, at=AT)
    report(county, key=uuid.uuid4())
    entries = AuditEntry.objects.count()
    with pytest.raises(Refused, match="is case AH2021-0002 of this outbreak already"):
        undo_change(change_id=excluded.pk, by=by, at=AT)
    with pytest.raises(CardRefused, match="is case AH2021-0002 of this outbreak already"):
        classify_case(case_id="AH2021-0001", to="suspected", note="再次阳性", by=by, at=AT)
    assert active() == ["AH2021-0002"] and AuditEntry.objects.count() == entries
    # Excluded itself, the later case no longer stands in the way.
    classify_case(case_id="AH2021-0002", to="excluded", note="误报", by=by, at=AT)
    undo_change(change_id=excluded.pk, by=by, at=AT)
    assert active() == ["AH2021-0001"]


def test_an_excluded_case_is_taken_up_again_where_nobody_else_reported_it(county):
    by = county.investigator
    report(county)
    excluded = classify_case(case_id="AH2021-0001", to="excluded", note="复检阴性", by=by, at=AT)
    again = classify_case(case_id="AH2021-0001", to="suspected", note="再次阳性", by=by, at=AT)
    assert active() == ["AH2021-0001"]
    undo_change(change_id=again.pk, by=by, at=AT)
    undo_change(change_id=excluded.pk, by=by, at=AT)
    assert selectors.case_rows(SCOPE).get().classification == "confirmed"


def test_a_person_who_is_two_cases_by_a_list_does_not_hold_back_other_undoing(county):
    listed = {"case_id": ["L-1", "L-2"], "person_id": ["P-LI", "P-LI"], "onset_date": [dt.datetime(2021, 8, 1)] * 2}
    load_cases(outbreak=OUTBREAK, cases=pl.DataFrame(listed), by=SCOPE, at=AT)
    change = change_case(case_id="L-1", changes={"note": "x"}, by=county.investigator, at=AT)
    undo_change(change_id=change.pk, by=county.investigator, at=AT)
    assert selectors.case_rows(SCOPE).get(pk="L-1").note == ""


def test_a_new_person_is_registered_with_the_report_or_not_at_all(county):
    assert "id_number" in problems(county, person_id="", id_number="330999199006064019")
    assert people(SCOPE).count() == 6
    done = report(county, person_id="")
    person = people(SCOPE).get(pk=done.person_id)
    assert (person.name, person.pinyin, person.phone) == ("周新", "|zx|zhouxin|", "13600000001")


def test_a_known_number_links_to_its_holder_and_renews_phone_and_address(county):
    wang = people(SCOPE).get(pk="P-WANG")
    facts = {"id_number": wang.id_number, "birth_date": wang.birth_date, "sex": wang.sex, "phone": "13911110000"}
    assert "another name" in problems(county, person_id="", **facts)["id_number"].en
    assert report(county, person_id="", name="王伟", **facts).person_id == "P-WANG"
    assert people(SCOPE).get(pk="P-WANG").phone == "13911110000"


def test_a_holder_outside_the_scope_is_linked_and_left_unchanged(county):
    zhao = people(SCOPE).get(pk="P-ZHAO")
    facts = {"id_number": zhao.id_number, "birth_date": zhao.birth_date, "sex": zhao.sex, "phone": "13911110000"}
    assert report(county, person_id="", name="赵强", **facts).person_id == "P-ZHAO"
    assert people(SCOPE).get(pk="P-ZHAO").phone == "13700000006"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("outbreak", {"outbreak": "NONE"}),
        ("jurisdiction", {"jurisdiction": "330998001"}),
        ("person_id", {"person_id": "P-ZHAO"}),
        ("person_id", {"person_id": "P-NOBODY"}),
        ("reporting_unit", {"reporting_unit": " "}),
        ("diagnosed_at", {"diagnosed_at": None}),
        ("isolated_at", {"isolated_at": dt.datetime(2021, 8, 6, 9, 1)}),
        ("diagnosed_at", {"sampled_at": dt.datetime(2021, 8, 5, 21)}),
    ],
)
def test_what_is_refused_names_its_field_and_writes_nothing(county, field, changes):
    assert list(problems(county, **changes)) == [field]
    assert selectors.case_rows(SCOPE).count() == 0
    assert not AuditEntry.objects.filter(kind="cases.case").exists()


@pytest.mark.parametrize("who", ["administrator", "township_officer", "grid_worker", "auditor"])
def test_a_role_without_the_permission_may_not(county, who):
    with pytest.raises(Refused):
        report(county, by=who)
    report(county)
    with pytest.raises(Refused):
        isolate_case(case_id="AH2021-0001", isolated_at=dt.datetime(2021, 8, 5), by=getattr(county, who), at=AT)


@pytest.mark.parametrize("who", ["neighbour", "stranger"])
def test_nobody_changes_cases_of_another_area(county, who):
    report(county)
    for act in (
        lambda by: classify_case(case_id="AH2021-0001", to="excluded", note="x", by=by, at=AT),
        lambda by: change_case(case_id="AH2021-0001", changes={"note": "x"}, by=by, at=AT),
    ):
        with pytest.raises(CardRefused, match="no case"):
            act(getattr(county, who))
    assert selectors.find_case("AH2021-0001", county.scope(who)) is None


def test_numbers_go_on_after_a_number_that_is_taken(county):
    load_cases(
        outbreak=OUTBREAK,
        cases=pl.DataFrame(
            {"case_id": ["AH2021-0002"], "person_id": ["P-LI"], "onset_date": [dt.datetime(2021, 8, 1)]}
        ),
        by=SCOPE,
        at=AT,
    )
    assert report(county).case_id == "AH2021-0003"


def test_changes_are_undone(county):
    report(county)
    change = isolate_case(case_id="AH2021-0001", isolated_at=dt.datetime(2021, 8, 6, 7), by=county.investigator, at=AT)
    assert selectors.case_rows(SCOPE).get().isolated_at == to_aware(dt.datetime(2021, 8, 6, 7))
    undo_change(change_id=change.pk, by=county.investigator, at=AT)
    assert selectors.case_rows(SCOPE).get().isolated_at == to_aware(dt.datetime(2021, 8, 5, 22))
    assert (
        isolate_case(case_id="AH2021-0001", isolated_at=dt.datetime(2021, 8, 5, 22), by=county.investigator, at=AT)
        is None
    )


def test_an_undo_that_would_lose_a_later_change_is_refused(county):
    report(county)
    first = change_case(case_id="AH2021-0001", changes={"note": "一"}, by=county.investigator, at=AT)
    change_case(case_id="AH2021-0001", changes={"note": "二"}, by=county.commander, at=AT)
    with pytest.raises(Refused):
        undo_change(change_id=first.pk, by=county.investigator, at=AT)
    assert selectors.case_rows(SCOPE).get().note == "二"


def test_corrections_keep_the_order_of_dates(county):
    report(county)

    def change(**changes):
        return change_case(case_id="AH2021-0001", changes=changes, by=county.investigator, at=AT)

    with pytest.raises(CardRefused) as caught:
        change(sampled_at=dt.datetime(2021, 8, 2, 9))
    assert list(caught.value.problems) == ["sampled_at"]
    with pytest.raises(CardRefused) as caught:
        change(found_by="crystal ball")
    assert list(caught.value.problems) == ["found_by"]
    with pytest.raises(ValueError, match="classification"):
        change(classification="excluded")
    late = {"onset_date": dt.datetime(2021, 8, 6)}
    with pytest.raises(CardRefused):
        change(**late)
    assert change_case(case_id="AH2021-0001", changes=late, by=county.investigator, at=AT, before_symptoms=True)


def test_symptoms_that_begin_later_make_an_infection_a_confirmed_case(county):
    report(county, classification="asymptomatic", onset_date=None)

    def confirm(**facts):
        return classify_case(case_id="AH2021-0001", to="confirmed", by=county.investigator, at=AT, **facts)

    with pytest.raises(CardRefused) as caught:
        confirm()
    assert list(caught.value.problems) == ["onset_date"]
    change = confirm(onset_date=dt.datetime(2021, 8, 6), note="出现发热")
    case = selectors.case_rows(SCOPE).get()
    assert (case.classification, case.onset_date) == ("confirmed", to_aware(dt.datetime(2021, 8, 6)))
    assert case.note == "2021-08-06 出现发热"
    undo_change(change_id=change.pk, by=county.investigator, at=AT)
    case = selectors.case_rows(SCOPE).get()
    assert (case.classification, case.onset_date, case.note) == ("asymptomatic", None, "")


def test_a_suspicion_without_symptoms_loses_its_onset(county):
    report(county, classification="suspected")
    classify_case(case_id="AH2021-0001", to="asymptomatic", by=county.investigator, at=AT)
    case = selectors.case_rows(SCOPE).get()
    assert (case.classification, case.onset_date) == ("asymptomatic", None)


def test_moves_that_are_not_in_the_table_are_refused(county):
    report(county)
    with pytest.raises(CardRefused) as caught:
        classify_case(case_id="AH2021-0001", to="asymptomatic", by=county.investigator, at=AT)
    assert list(caught.value.problems) == ["classification"]


def test_the_frame_of_an_outbreak(county, django_assert_num_queries):
    report(county)
    report(
        county,
        key=uuid.uuid4(),
        person_id="P-SHAN",
        jurisdiction="330999002001",
        onset_date=None,
        classification="asymptomatic",
    )
    report(county, key=uuid.uuid4(), person_id="P-LI")
    classify_case(case_id="AH2021-0003", to="excluded", note="复检阴性", by=county.investigator, at=AT)
    with django_assert_num_queries(1):
        frame = selectors.cases_frame(OUTBREAK, SCOPE)
    assert frame.columns == [
        *CASES.names, "classification", "diagnosed_at", "reported_at", "found_by", "jurisdiction",
    ]  # fmt: skip
    assert frame.select(CASES.names).schema == pl.Schema(CASES.dtypes)
    assert frame["case_id"].to_list() == ["AH2021-0001", "AH2021-0002"]
    first = frame.row(0, named=True)
    assert first["onset_date"] == dt.datetime(2021, 8, 3)
    assert first["reported_at"] == dt.datetime(2021, 8, 6, 9)
    assert first["person_id"] == "P-WANG"
    assert selectors.cases_frame(OUTBREAK, SCOPE, with_excluded=True).height == 3
    assert selectors.cases_frame(OUTBREAK, county.scope("township_officer"))["case_id"].to_list() == ["AH2021-0001"]
    assert selectors.cases_frame(OUTBREAK, county.scope("stranger")).is_empty()


def test_a_list_of_cases_is_taken_over_once_and_does_not_touch_what_people_decided(county):
    cases = pl.DataFrame(
        {
            "case_id": ["C1", "C2"],
            "person_id": ["P-WANG", "P-SHAN"],
            "onset_date": [dt.datetime(2021, 8, 1), None],
            "sampled_at": [dt.datetime(2021, 8, 2, 8), dt.datetime(2021, 8, 3, 8)],
            "reported_at": [dt.datetime(2021, 8, 2, 12), None],
        }
    )
    assert load_cases(outbreak=OUTBREAK, cases=cases, by=SCOPE, at=AT) == 2
    rows = {case.pk: case for case in selectors.case_rows(SCOPE)}
    assert (rows["C1"].classification, rows["C2"].classification) == ("confirmed", "asymptomatic")
    assert (rows["C1"].jurisdiction_id, rows["C2"].reported_at) == ("330999001001001", AT)
    isolate_case(case_id="C1", isolated_at=dt.datetime(2021, 8, 4), by=county.investigator, at=AT)
    before = list(Case.objects.within(SCOPE).order_by("pk").values())
    assert load_cases(outbreak=OUTBREAK, cases=cases, by=SCOPE, at=AT) == 0
    assert list(Case.objects.within(SCOPE).order_by("pk").values()) == before
    with pytest.raises(Refused, match="P-NOBODY"):
        load_cases(outbreak=OUTBREAK, cases=cases.with_columns(person_id=pl.lit("P-NOBODY")), by=SCOPE, at=AT)


def test_an_outbreak_is_read_by_its_county_and_everybody_below_it(county):
    for name, seen in (("commander", 1), ("grid_worker", 1), ("neighbour", 0), ("stranger", 0)):
        assert outbreaks(county.scope(name)).count() == seen
    assert current_outbreak(county.scope("grid_worker")).code == OUTBREAK
    assert current_outbreak(county.scope("neighbour")) is None
    with pytest.raises(Refused):
        open_outbreak(
            code="X", name="X", playbook="covid19-cn-8", jurisdiction="330999", started_on=dt.date(2021, 8, 5),
            by=county.scope("neighbour"), at=AT,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("王伟", ["AH2021-0001"]),
        ("ww", ["AH2021-0001"]),
        ("shanti", ["AH2021-0002"]),
        ("0002", ["AH2021-0002"]),
        ("13800000004", ["AH2021-0002"]),
        ("ah2021", ["AH2021-0001", "AH2021-0002"]),
        ("李", []),
        ("", ["AH2021-0001", "AH2021-0002"]),
    ],
)
def test_search(county, typed, found):
    report(county)
    report(county, key=uuid.uuid4(), person_id="P-SHAN", jurisdiction="330999002001")
    rows = selectors.search_cases(selectors.case_rows(county.scope("investigator")), typed, role="investigator")
    assert sorted(rows.values_list("pk", flat=True)) == found


@pytest.mark.parametrize("year", [202, 1870, 1980, 2020])
def test_a_mistyped_year_is_refused_with_what_is_possible(county, year):
    found = problems(county, onset_date=dt.datetime(year, 8, 3))
    assert list(found) == ["onset_date"]
    report(county)
    with pytest.raises(CardRefused) as caught:
        change_case(
            case_id="AH2021-0001", changes={"isolated_at": dt.datetime(year, 8, 3)}, by=county.investigator, at=AT
        )
    assert list(caught.value.problems) == ["isolated_at"]


def test_a_stored_year_that_is_wrong_keeps_no_other_correction_back(county):
    report(county)
    Case.unscoped.filter(pk="AH2021-0001").update(last_negative_at=to_aware(dt.datetime(1980, 1, 1)))
    assert change_case(case_id="AH2021-0001", changes={"note": "x"}, by=county.investigator, at=AT)
    when = dt.datetime(2021, 8, 5, 9)
    assert change_case(case_id="AH2021-0001", changes={"isolated_at": when}, by=county.investigator, at=AT)


def test_texts_of_a_card_are_stored_as_a_list_would_have_them(county):
    assert "name" in problems(county, person_id="", name="\u200b", id_number="360426199101010071")
    done = report(county, address="东街\u200b１号", note="好，\u200b可以")
    case = selectors.find_case(done.case_id, county.scope("investigator"))
    assert case.note == "好，可以" and people(SCOPE).get(pk=done.person_id).address == "东街1号"
