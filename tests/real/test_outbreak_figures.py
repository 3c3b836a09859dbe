"""Chains and clusters of real outbreaks: the page shows what the command makes, and what is known is recovered."""

from __future__ import annotations

import pytest

from examples.outbreak_figures import OUTBREAKS, SECTION, clusters_of, known_figures

HAGELLOCH, TIANJIN, EBOLA = OUTBREAKS


def test_the_page_shows_what_the_command_prints():
    assert SECTION.on_page() == SECTION.report(), "run python -m examples.outbreak_figures --write"


@pytest.mark.parametrize("published", [HAGELLOCH, TIANJIN], ids=["hagelloch", "tianjin"])
def test_what_is_known_of_the_sources_is_recovered(published):
    found, cases = clusters_of(published)
    known = known_figures(cases)
    assert abs(found.serial.mean.value - known.mean_interval) < 0.5
    assert abs(found.serial.sd.value - known.sd_interval) < 1
    k = found.offspring.dispersion
    assert k.lower < known.dispersion.value < k.upper
    assert found.offspring.mean.value == pytest.approx(known.mean_offspring, rel=0.15)


def test_the_class_in_which_hagelloch_spread_is_named():
    found, _ = clusters_of(HAGELLOCH)
    assert found.settings["place_id"].to_list()[:2] == ["class 2", "class 1"]


def test_the_mall_of_tianjin_is_named():
    found, _ = clusters_of(TIANJIN)
    assert found.settings["place_id"][0] == "Baodi mall"


def test_ebola_with_every_contact_named_gives_its_interval():
    """Every pair of the list is a true one, one a case: the interval is theirs, whatever the playbook says."""
    found, cases = clusters_of(EBOLA)
    assert found.serial.candidates == found.serial.pairs > 2000
    assert found.serial.mean.value == pytest.approx(10.8, abs=0.2)
    assert found.cases == cases.height == 5829
