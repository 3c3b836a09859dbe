"""The numbers of the worked example in docs/algorithms/chains.md."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from lianfang.chains.core.chains import weigh
from lianfang.chains.core.timing import Delay, Fit, incubation_shares, transmission_law
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import Bilingual, ChainWeights, IntervalRule, NaturalHistory, Playbook
from lianfang.presences.core.meetings import MEETINGS

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
            "isolated_at": [march(12), march(14), march(16), march(9)],
        }
    )
    home = [("A", "C", "dwelling 7", "dwelling", march(day, 18), 300.0) for day in (5, 6, 7, 8)]
    together = pl.DataFrame([*home, ("B", "C", "office", "work", march(7, 9), 45.0)], schema=MEETINGS, orient="row")

    law = transmission_law(BOOK.natural_history, BOOK.chains)
    assert (law.centre, law.spread) == (-1.0, 1.5)
    shares = incubation_shares(INCUBATION)
    assert np.diff(shares, prepend=0.0)[:7] == pytest.approx(
        [0.001, 0.033, 0.109, 0.165, 0.177, 0.156, 0.121], abs=5e-4
    )
    fit = Fit(BOOK.natural_history, BOOK.chains, Delay(0.0, 0.0))
    assert fit.peak == pytest.approx(0.144, abs=5e-4)
    yes = np.array([True])

    def fits(apart: int, start: int, stop: int) -> float:
        return float(fit.of(*(np.array([n]) for n in (apart, start, stop)), infector=yes, infectee=yes)[0])

    assert [fits(4, n, n + 1) for n in (-1, 0, 1, 2)] == pytest.approx([0.282, 0.258, 0.127, 0.029], abs=5e-4)
    assert fits(2, -1, 0) == pytest.approx(0.299, abs=5e-4)
    assert [fits(4, -20, 6), fits(2, -20, 6), fits(4, -20, 3)] == pytest.approx([0.958, 0.898, 0.956], abs=5e-4)

    contacts = CONTACTS.empty()
    chains = weigh(cases, contacts, met=together, playbook=BOOK).filter(infectee="C")
    assert chains["infector"].to_list() == ["A", "B", "D"]
    assert chains["weight"].to_list() == pytest.approx([0.770, 0.099, 0.019], abs=5e-4)
    assert 1 - chains["weight"].sum() == pytest.approx(0.112, abs=5e-4)
    assert chains["evidence_en"].to_list() == [
        "onset 4 days before; shared dwelling 1200 min",
        "onset 2 days before; shared work 45 min",
        "onset 4 days before; no known contact",
    ]
    assert chains["place_id"].to_list() == ["dwelling 7", "office", None]
    assert chains["met_at"].to_list() == [march(5, 18), march(7, 9), None]
