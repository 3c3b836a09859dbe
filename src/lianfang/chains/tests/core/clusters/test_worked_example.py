"""The numbers of the worked example in `docs/algorithms/clusters.md`."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from lianfang.chains.core.clusters.exposure import plausible_exposure
from lianfang.chains.core.clusters.offspring import offspring
from lianfang.chains.core.clusters.settings import explaining_settings
from lianfang.chains.core.clusters.sources import common_sources
from lianfang.chains.core.clusters.windows import Presence
from lianfang.chains.tests.core.clusters.town import DAY, INCUBATION, cases_of

EPOCH = dt.datetime(1970, 1, 1)
BAR, SHOP = (int((DAY + dt.timedelta(days=d, hours=h) - EPOCH).total_seconds() // 21600) for d, h in ((5, 18), (4, 6)))


def known(*, crowd: int) -> Presence:
    visits = [(f"C-G{n}", "bar", "venue", BAR) for n in (0, 1, 2, 3, 9)]
    visits += [(f"C-G{n}", "shop", "venue", SHOP) for n in (0, 1)]
    return Presence(
        pl.DataFrame(visits, schema=["case_id", "place_id", "place_kind", "slot"], orient="row"),
        pl.DataFrame({"place_id": ["bar", "shop"], "slot": [BAR, SHOP], "people": [10, 40]}),
        pl.DataFrame({"place_id": ["bar", "shop"], "people": [10, 40]}),
        pl.DataFrame({"slot": [BAR, SHOP], "people": [crowd, crowd]}),
    )


def test_settings_and_common_source() -> None:
    exposed = plausible_exposure(cases_of(["G0", "G1", "G2", "G3", "G9"], [9, 10, 11, 12, 4]), INCUBATION)
    days = exposed.select(pl.col("exposed_from", "exposed_to").dt.date().cast(pl.String)).rows()
    assert days[0] == ("2021-07-29", "2021-08-10") and days[4] == ("2021-07-24", "2021-08-05")
    bar, shop = explaining_settings(exposed, known(crowd=1000)).to_dicts()
    assert (bar["place_id"], bar["infected"], bar["present"]) == ("bar", 4, 9)
    assert (round(bar["rate"], 2), round(bar["lower"], 2), round(bar["upper"], 2)) == (0.44, 0.19, 0.73)
    assert (shop["infected"], shop["present"]) == (2, 40)
    assert (round(shop["rate"], 2), round(shop["lower"], 2), round(shop["upper"], 2)) == (0.05, 0.01, 0.17)
    found = common_sources(exposed, known(crowd=1000)).found.row(0, named=True)
    assert (found["place_id"], found["shared"], found["people"]) == ("bar", 4, 10)
    assert (found["expected"], found["p"]) == (pytest.approx(0.04), pytest.approx(1.285e-7, rel=1e-3))


def test_offspring() -> None:
    found = offspring(np.array([0] * 15 + [1] * 3 + [4, 9]))
    assert found.mean.value == pytest.approx(0.8)
    assert round(found.dispersion.value, 2) == 0.16
    assert (round(found.dispersion.lower, 2), round(found.dispersion.upper, 2)) == (0.04, 0.54)
    share = found.share_of_80
    assert (round(share.value, 2), round(share.lower, 2), round(share.upper, 2)) == (0.14, 0.04, 0.33)
