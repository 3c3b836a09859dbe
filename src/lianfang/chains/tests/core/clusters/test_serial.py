"""The serial interval is recovered from pairs nobody is sure of, whatever interval the chains were weighed with."""

import numpy as np
import polars as pl
import pytest

from lianfang.chains.core.clusters.links import MET
from lianfang.chains.core.clusters.serial import serial_interval
from lianfang.chains.core.timing import serial_interval_likeness
from lianfang.playbook.model import IntervalRule


def rule(mean: float, sd: float, distribution: str = "normal") -> IntervalRule:
    return IntervalRule.model_validate(
        {
            "id": "nature.serial_interval",
            "title": {"zh": "代际间隔", "en": "serial interval"},
            "source": ["x"],
            "evidence": "LIT",
            "distribution": distribution,
            "mean_days": mean,
            "sd_days": sd,
        }
    )


def simulated(
    chance: np.random.Generator, prior: IntervalRule, *, mean: float, sd: float, size: int = 400
) -> pl.DataFrame:
    """Each case met its infector, and three others who fell ill at any time; rows as from `known_meetings`."""
    first, likeness = serial_interval_likeness(prior)
    rows = []
    for n in range(size):
        for i, days in enumerate([round(chance.normal(mean, sd)), *chance.integers(-15, 16, 3)]):
            at = int(days) - first
            timing = likeness[at] if 0 <= at < likeness.size else 0.0
            if timing > 0:
                rows.append(
                    (f"C{n}-{i}", f"C{n}", int(days), True, timing, float(chance.uniform(0.3, 1.0)), "work", timing)
                )
    return pl.DataFrame(rows, schema=MET, orient="row")


@pytest.mark.parametrize(("mean", "sd"), [(4.0, 2.5), (7.5, 3.0)])
def test_recovered_with_a_playbook_that_is_wrong(mean: float, sd: float) -> None:
    prior = rule(5.5, 4.0)
    pairs = simulated(np.random.default_rng(3), prior, mean=mean, sd=sd)
    found = serial_interval(pairs, prior, chance=np.random.default_rng(1))
    assert found.mean.value == pytest.approx(mean, abs=0.4)
    assert found.sd.value == pytest.approx(sd, abs=0.5)
    assert found.mean.lower < mean < found.mean.upper
    # The chains' own weights would have said something else.
    score = pl.col("exposure") * pl.col("timing")
    share = score / score.sum().over("infectee")
    plain = pairs.select((share * pl.col("days")).sum() / share.sum()).item()
    assert abs(found.mean.value - mean) < abs(plain - mean)


def test_certain_pairs_give_the_plain_mean_and_deviation() -> None:
    prior = rule(5.0, 3.0)
    days = np.array([3, 4, 5, 5, 6, 7, 4, 6, 5, 5])
    pairs = pl.DataFrame(
        {
            "infector": [f"A{n}" for n in range(10)],
            "infectee": [f"B{n}" for n in range(10)],
            "days": days,
            "by_onset": [True] * 10,
            "exposure": [1.0] * 10,
        }
    )
    found = serial_interval(pairs, prior, chance=np.random.default_rng(1))
    assert (found.pairs, found.mean.value, found.sd.value) == pytest.approx((10, days.mean(), days.std()))
    assert found.mean.upper - found.mean.lower == pytest.approx(2 * 1.96 * days.std() / np.sqrt(10), rel=0.25)
    assert (found.days, found.weight) == ([3, 4, 5, 6, 7], [1.0, 2.0, 4.0, 2.0, 1.0])


def test_few_pairs_give_no_estimate_and_none_gives_nothing() -> None:
    prior = rule(5.0, 3.0)
    pairs = simulated(np.random.default_rng(3), prior, mean=5, sd=2, size=5)
    assert serial_interval(pairs, prior, chance=np.random.default_rng(1)).mean.value is None
    none = serial_interval(pairs.clear(), prior, chance=np.random.default_rng(1))
    assert (none.pairs, none.candidates, none.mean.value) == (0, 0, None)
