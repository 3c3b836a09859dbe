"""Settings and secondary attack rates, counted by hand."""

import datetime as dt

import polars as pl
import pytest

from lianfang.chains.clusters import where_everybody_was
from lianfang.chains.core.clusters.attack import attack_rates
from lianfang.chains.core.clusters.exposure import incubation_days, plausible_exposure
from lianfang.chains.core.clusters.proportions import wilson
from lianfang.chains.core.clusters.settings import explaining_settings
from lianfang.chains.tests.core.clusters.town import DAY, INCUBATION, cases_of


def at(day: int, hour: int = 0) -> dt.datetime:
    return DAY + dt.timedelta(days=day, hours=hour)


def test_plausible_exposure_covers_the_incubation_period() -> None:
    assert incubation_days(INCUBATION) == (1, 12)
    row = plausible_exposure(cases_of(["A"], [20]), INCUBATION).row(0, named=True)
    assert (row["exposed_from"], row["exposed_to"]) == (at(8), at(20))


def test_a_case_without_onset_may_have_been_infected_until_its_sample() -> None:
    cases = cases_of(["A"], [20]).with_columns(sampled_at="onset_date", onset_date=pl.lit(None, pl.Datetime("us")))
    row = plausible_exposure(cases, INCUBATION).row(0, named=True)
    assert (row["exposed_from"], row["exposed_to"]) == (at(8), at(21))


def presences(rows: list[tuple[str, str, int, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(who, where, "venue", at(day, hour), at(day, hour + 1)) for who, where, day, hour in rows],
        schema=["person_id", "place_id", "place_kind", "start", "end"],
        orient="row",
    )


def test_settings_by_hand() -> None:
    """Karaoke: 4 of 10 guests; one of them was ill before. Shop: 2 of 40 customers. Kiosk: 1 of 1."""
    guests = [(f"G{n}", "karaoke", 5, 20) for n in range(10)]
    customers = [(f"G{n}", "shop", 4, 10) for n in (0, 1)] + [(f"X{n}", "shop", 4, 10) for n in range(38)]
    later = [("Y", "karaoke", 9, 20)]
    cases = cases_of(["G0", "G1", "G2", "G3", "G9"], [9, 10, 11, 12, 4])
    exposed = plausible_exposure(cases, INCUBATION)
    known = where_everybody_was(presences([*guests, *customers, *later, ("G0", "kiosk", 5, 8)]), exposed)
    found = explaining_settings(exposed, known)
    assert found["place_id"].to_list() == ["karaoke", "shop"]
    karaoke, shop = found.to_dicts()
    assert (karaoke["infected"], karaoke["present"], karaoke["start"]) == (4, 9, at(5, 18))
    assert (karaoke["place_cases"], karaoke["place_people"]) == (4, 11)
    low, high = wilson([4], [9])
    assert (karaoke["lower"], karaoke["upper"]) == pytest.approx((low[0], high[0]))
    assert karaoke["explained"] == pytest.approx(4 / 5)
    assert (shop["infected"], shop["present"], shop["cases"]) == (2, 40, ["C-G0", "C-G1"])


def contact(case: str, person: str, day: int, *, kind: str = "dwelling", last: int | None = None) -> dict[str, object]:
    return {
        "case_id": case,
        "person_id": person,
        "degree": 1,
        "place_kind": kind,
        "first_contact": at(day),
        "last_contact": at(last or day, 12),
    }


def test_attack_rates_by_hand() -> None:
    """At home: B fell ill after the contact, D did not; C was ill before, E is not followed for long enough."""
    exposed = plausible_exposure(cases_of(["A", "B", "C"], [10, 14, 4]), INCUBATION)
    rows = [contact("C-A", person, 9) for person in "BCD"] + [contact("C-A", "E", 29)]
    rows += [contact("C-C", "B", 9), contact("C-A", "B", 9, kind="work"), contact("C-A", "F", 9, kind="work")]
    rows += [contact("C-A", "B", 9, kind="meal", last=25)]
    found = attack_rates(pl.DataFrame(rows), exposed, by="place_kind", as_of=at(32), longest=12).rows_by_key(
        "setting", named=True, unique=True
    )
    home, work = found["dwelling"], found["work"]
    assert (home["infected"], home["contacts"], home["waiting"], home["before"]) == (1, 2, 1, 1)
    assert (home["lower"], home["upper"]) == pytest.approx((0.0126, 0.9874), abs=1e-4)
    assert (work["infected"], work["contacts"], work["rate"]) == (1, 2, 0.5)
    # Somebody infected whose time is not over counts no more than the others whose time is not over.
    meal = found["meal"]
    assert (meal["infected"], meal["contacts"], meal["waiting"], meal["waiting_infected"]) == (0, 0, 1, 1)
    assert meal["rate"] is None


def test_the_second_degree_and_empty_settings_do_not_count() -> None:
    exposed = plausible_exposure(cases_of(["A"], [10]), INCUBATION)
    rows = pl.DataFrame([contact("C-A", "B", 9)]).with_columns(degree=pl.lit(2))
    assert attack_rates(rows, exposed, by="place_kind", as_of=at(32), longest=12).is_empty()
    none = pl.DataFrame([contact("C-A", "B", 9)]).with_columns(relation=pl.lit(None, pl.String))
    assert attack_rates(none, exposed, by="relation", as_of=at(32), longest=12).is_empty()
    assert attack_rates(none.drop("relation"), exposed, by="relation", as_of=at(32), longest=12).is_empty()
