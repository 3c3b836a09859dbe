"""The numbers of the worked example in docs/algorithms/chains.md."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from lianfang.chains.core.chains import incubation_shares, serial_interval_likeness, weigh
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import Bilingual, ChainWeights, IntervalRule, NaturalHistory, Playbook

WORDS = {"title": Bilingual(zh="例", en="example"), "source": ["example"], "evidence": "SYS"}
SERIAL = IntervalRule(id="history.serial_interval", distribution="normal", mean_days=4.0, sd_days=2.0, **WORDS)
INCUBATION = IntervalRule(id="history.incubation", distribution="gamma", mean_days=5.0, sd_days=2.5, **WORDS)
BOOK = Playbook.model_construct(
    natural_history=NaturalHistory(serial_interval=SERIAL, incubation=INCUBATION),
    chains=ChainWeights(
        id="chains.weights",
        by_place_kind={PlaceKind.DWELLING: 1.0, PlaceKind.WORK: 0.6},
        half_minutes=60.0,
        no_known_contact=0.05,
        outside_source=0.1,
        **WORDS,
    ),
)


def march(day: int, hour: int = 0) -> dt.datetime:
    return dt.datetime(2022, 3, day, hour)


def test_the_worked_example():
    cases = pl.DataFrame(
        {
            "case_id": ["A", "B", "C", "D"],
            "onset_date": [march(6), march(8), march(10), march(6)],
            "infectious_from": [march(4), march(6), march(8), march(4)],
            "infectious_to": [march(12), march(14), march(16), march(9)],
        }
    )
    met = {"degree": [1, 1], "place_kind": ["dwelling", "work"], "minutes": [620.0, 45.0]}
    times = {"first_contact": [march(5, 18), march(7, 9)], "last_contact": [march(8, 8), march(7, 10)]}
    contacts = CONTACTS.conform(pl.DataFrame({"case_id": ["A", "B"], "person_id": ["C", "C"], **met, **times}))

    first, likeness = serial_interval_likeness(SERIAL)
    assert likeness[2 - first] == pytest.approx(0.613, abs=5e-4)
    shares = incubation_shares(INCUBATION)
    assert shares[:7] == pytest.approx([0.001, 0.034, 0.143, 0.308, 0.485, 0.641, 0.762], abs=5e-4)

    chains = weigh(cases, contacts.with_columns(found_by=pl.lit("co-presence")), playbook=BOOK).filter(infectee="C")
    assert chains["infector"].to_list() == ["A", "B", "D"]
    assert chains["weight"].to_list() == pytest.approx([0.752, 0.129, 0.035], abs=5e-4)
    assert 1 - chains["weight"].sum() == pytest.approx(0.084, abs=5e-4)
    assert chains["evidence_en"].to_list() == [
        "onset 4 days before; shared dwelling 620 min",
        "onset 2 days before; shared work 45 min",
        "onset 4 days before; no known contact",
    ]
