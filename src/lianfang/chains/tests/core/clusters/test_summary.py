"""The whole of it on a simulated outbreak whose tree is known, and what stands where nothing is known."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from lianfang.chains.clusters import find_clusters
from lianfang.chains.core.clusters.links import known_meetings, known_tree
from lianfang.chains.core.clusters.offspring import offspring
from lianfang.chains.core.clusters.summary import generations
from lianfang.chains.core.drawing import draw_chains
from lianfang.chains.tests.core.clusters.town import DAY
from lianfang.kernel.schema import CONTACTS
from lianfang.playbook.load import load

PLAYBOOK = load("covid19-cn-8")
R, K = 1.1, 0.4


def simulated(seed: int = 9, *, size: int = 600) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """A branching outbreak: every infection in a known meeting at home, two more meetings that infected nobody."""
    chance = np.random.default_rng(seed)
    rule = PLAYBOOK.natural_history.incubation
    sigma2 = np.log(1 + (rule.sd_days / rule.mean_days) ** 2)
    days, parent, rows = [0], {}, []
    for n in range(size):
        if n == len(days):
            days.append(int(days[-1] + chance.integers(0, 4)))  # the next importation
        for _ in range(chance.negative_binomial(K, K / (K + R))):
            met = days[n] + int(chance.integers(-1, 3))
            waited = max(1, round(float(np.exp(chance.normal(np.log(rule.mean_days) - sigma2 / 2, np.sqrt(sigma2))))))
            parent[f"C{len(days)}"] = f"C{n}"
            rows.append((f"C{n}", f"C{len(days)}", met))
            days.append(met + waited)
        rows += [(f"C{n}", f"H{n}-{i}", days[n]) for i in (0, 1)]
    listed = [f"C{n}" for n in range(len(days))]
    cases = pl.DataFrame(
        {"case_id": listed, "person_id": listed, "onset_date": [DAY + dt.timedelta(days=d) for d in days]}
    ).with_columns(isolated_at=pl.col("onset_date") + pl.duration(days=4))
    contacts = pl.DataFrame(
        {
            "case_id": [case for case, _, _ in rows],
            "person_id": [person for _, person, _ in rows],
            "degree": 1,
            "place_kind": "dwelling",
            "minutes": 300.0,
            "first_contact": [DAY + dt.timedelta(days=d, hours=8) for _, _, d in rows],
            "last_contact": [DAY + dt.timedelta(days=d, hours=13) for _, _, d in rows],
            "found_by": "co-presence",
        }
    )
    return cases, CONTACTS.conform(contacts), parent


def test_a_simulated_outbreak_is_recovered() -> None:
    cases, contacts, parent = simulated()
    as_of = DAY + dt.timedelta(days=4000)
    found = find_clusters(cases, None, contacts, playbook=PLAYBOOK, as_of=as_of)
    right = sum(found.parent.get(child) == up for child, up in parent.items())
    # A link whose times are unlikely is left to a source outside the list; what is linked is right.
    assert right > 0.75 * len(parent) and right > 0.95 * len(found.parent)
    assert 0.75 < found.offspring.mean.value / (len(parent) / cases.height) < 1
    number = pl.DataFrame({"up": list(parent.values())}).group_by("up").len()
    number = cases.select(up="case_id").join(number, on="up", how="left")
    true_k = offspring(number["len"].fill_null(0).cast(pl.Int64).to_numpy()).dispersion
    assert 0.8 < found.offspring.dispersion.value / true_k.value < 1.1
    day = dict(zip(cases["case_id"], cases["onset_date"], strict=True))
    true = np.array([(day[child] - day[up]).days for child, up in parent.items()])
    assert found.serial.mean.value == pytest.approx(true.mean(), abs=0.35)
    assert found.serial.sd.value == pytest.approx(true.std(), abs=0.5)
    # Every true infectee was infected, the two others of each infector were not; some true ones fell outside 95 %.
    home = found.attack_by_kind.row(0, named=True)
    assert home["contacts"] == pytest.approx(1200 + len(parent), rel=0.01)
    assert 0.9 * len(parent) <= home["infected"] <= len(parent)
    assert found.sources.found.is_empty() and found.sources.unlinked > 0
    assert found.generations["cases"].sum() == cases.height


def test_the_drawing_shows_the_known_tree() -> None:
    cases, contacts, _ = simulated(size=60)
    windows = cases.with_columns(
        sampled_at=pl.lit(None, pl.Datetime("us")),
        infectious_from=pl.col("onset_date") - pl.duration(days=2),
        infectious_to="isolated_at",
    )
    tree = known_tree(known_meetings(windows, contacts, playbook=PLAYBOOK), playbook=PLAYBOOK)
    links = [(up, child, 0.5, "甲", "a") for child, up in list(tree.items())[5:]] + [("C0", "C1", 0.01, "乙", "b")]
    chains = pl.DataFrame(
        links, schema=["infector", "infectee", "weight", "evidence_zh", "evidence_en"], orient="row"
    ).unique(["infector", "infectee"])
    drawn = draw_chains(cases, chains, min_weight=0.0, most=0, parent=tree)
    assert set(drawn.links.select("target", "source").iter_rows()) == set(tree.items())
    depth = dict(drawn.nodes.select("id", "generation").iter_rows())
    assert all(depth[child] == depth[up] + 1 for child, up in tree.items())
    counted = drawn.nodes.group_by("generation").len().sort("generation")
    ours = generations(cases.select("case_id"), tree)
    assert ours["cases"].to_list() == counted["len"].to_list()


def test_without_cases_everything_is_empty() -> None:
    cases = pl.DataFrame(schema={"case_id": pl.String(), "onset_date": pl.Datetime("us")})
    found = find_clusters(cases, None, CONTACTS.empty(), playbook=PLAYBOOK, as_of=DAY)
    assert (found.cases, found.parent, found.offspring.cases, found.serial.pairs) == (0, {}, 0, 0)
    assert found.settings.is_empty() and found.attack_by_kind.is_empty() and found.generations.is_empty()


def test_the_order_of_the_rows_changes_nothing() -> None:
    cases, contacts, _ = simulated(size=80)
    as_of = DAY + dt.timedelta(days=400)
    one = find_clusters(cases, None, contacts, playbook=PLAYBOOK, as_of=as_of)
    other = find_clusters(
        cases.reverse(), None, contacts.sample(fraction=1, shuffle=True, seed=3), playbook=PLAYBOOK, as_of=as_of
    )
    assert one.parent == other.parent and one.serial == other.serial and one.offspring == other.offspring
    assert one.attack_by_kind.equals(other.attack_by_kind)
