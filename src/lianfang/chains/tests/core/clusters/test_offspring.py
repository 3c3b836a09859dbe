"""Mean and dispersion of the offspring distribution: by hand, against scipy, and recovered from simulation."""

import numpy as np
import pytest
from scipy import stats

from lianfang.chains.core.clusters.offspring import LEAST_CASES, log_likelihood, most_from, offspring


def test_likelihood_is_that_of_scipy() -> None:
    values = np.array([0, 0, 1, 5, 2, 0, 9])
    for mean, k in ((0.8, 0.2), (2.4, 1.7), (1.0, 80.0)):
        law = stats.nbinom(k, k / (k + mean))
        assert log_likelihood(np.bincount(values), mean, k) == pytest.approx(law.logpmf(values).sum())


def test_the_maximum_is_where_a_grid_finds_it() -> None:
    values = np.random.default_rng(5).negative_binomial(0.4, 0.4 / (0.4 + 1.3), 300)
    found = offspring(values)
    grid = np.exp(np.linspace(np.log(0.05), np.log(5), 4000))
    heights = np.array([log_likelihood(np.bincount(values), values.mean(), k) for k in grid])
    assert found.dispersion.value == pytest.approx(grid[heights.argmax()], rel=2e-3)
    inside = grid[heights >= heights.max() - stats.chi2.ppf(0.95, 1) / 2]
    assert (found.dispersion.lower, found.dispersion.upper) == pytest.approx((inside[0], inside[-1]), rel=3e-3)


@pytest.mark.parametrize(("mean", "k"), [(1.5, 0.2), (0.9, 0.6), (2.0, 3.0)])
def test_known_values_are_inside_their_interval_about_as_often_as_promised(mean: float, k: float) -> None:
    chance = np.random.default_rng(11)
    hits_mean = hits_k = 0
    estimates = []
    for _ in range(60):
        found = offspring(chance.negative_binomial(k, k / (k + mean), 250))
        hits_mean += found.mean.lower <= mean <= found.mean.upper
        hits_k += found.dispersion.lower <= k <= (found.dispersion.upper or np.inf)
        estimates.append(found.dispersion.value or 1e3)
    assert hits_mean >= 52 and hits_k >= 52
    assert np.median(estimates) == pytest.approx(k, rel=0.15)


def test_missing_infectees_at_random_lower_the_mean_and_leave_k() -> None:
    chance = np.random.default_rng(2)
    full = chance.negative_binomial(0.3, 0.3 / 2.3, 20_000)
    half = offspring(chance.binomial(full, 0.5))
    assert half.mean.value == pytest.approx(1.0, rel=0.06)
    assert half.dispersion.value == pytest.approx(0.3, rel=0.06)


def test_a_poisson_distribution_has_no_upper_end_of_k() -> None:
    found = offspring(np.random.default_rng(4).poisson(1.2, 400))
    assert found.dispersion.upper is None and found.dispersion.lower > 2
    flat = offspring(np.array([1] * 20 + [0] * 2 + [2] * 2))
    assert flat.dispersion.value is None and flat.dispersion.upper is None


def test_few_cases_give_no_estimate() -> None:
    for values in (np.array([], int), np.array([3] * (LEAST_CASES - 1)), np.zeros(50, int)):
        found = offspring(values)
        assert found.mean.value is None and found.dispersion.value is None and found.cases == values.size
        assert found.share_of_80.value is None and found.share_of_80.upper is None


def test_the_share_that_causes_most_is_that_of_a_simulation() -> None:
    values = np.sort(np.random.default_rng(1).gamma(0.1, 1.0, 400_000))[::-1]
    share = np.searchsorted(np.cumsum(values), 0.8 * values.sum()) / values.size
    assert most_from(0.1) == pytest.approx(share, abs=0.003)
    # Endo et al. (2020) print about 10 % for k = 0.1, R = 2.5.
    assert most_from(0.1) == pytest.approx(0.1, abs=0.02)


def test_the_share_that_causes_most_grows_with_k_up_to_the_share_itself() -> None:
    shares = [most_from(k) for k in np.geomspace(1e-3, 1e6, 200)]
    assert np.all(np.diff(shares) >= 0) and shares[0] < 2e-3 and shares[-1] == pytest.approx(0.8, abs=1e-3)


def test_its_interval_is_that_of_all_k_that_the_profile_allows() -> None:
    values = np.random.default_rng(5).negative_binomial(0.4, 0.4 / (0.4 + 1.3), 300)
    found = offspring(values).share_of_80
    grid = np.exp(np.linspace(np.log(0.05), np.log(5), 4000))
    heights = np.array([log_likelihood(np.bincount(values), values.mean(), k) for k in grid])
    inside = [most_from(k) for k in grid[heights >= heights.max() - stats.chi2.ppf(0.95, 1) / 2]]
    assert (found.lower, found.upper) == pytest.approx((min(inside), max(inside)), rel=3e-3)
    assert found.value == pytest.approx(most_from(grid[heights.argmax()]), rel=2e-3)


def test_the_true_share_is_inside_about_as_often_as_promised() -> None:
    chance, truth = np.random.default_rng(12), most_from(0.3)
    found = [offspring(chance.negative_binomial(0.3, 0.3 / 1.5, 200)).share_of_80 for _ in range(60)]
    assert sum(one.lower <= truth <= one.upper for one in found) >= 52
    assert sum(one.lower <= 0.5 <= one.upper for one in found) <= 6, "an interval that holds everything says nothing"


def test_a_poisson_distribution_gives_the_share_itself() -> None:
    found = offspring(np.array([1] * 20 + [0] * 2 + [2] * 2)).share_of_80
    assert found.value == found.upper == 0.8 and 0 < found.lower < 0.8
