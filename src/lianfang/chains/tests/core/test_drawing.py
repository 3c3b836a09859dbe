"""The drawing of chains: deterministic, without collisions, and quick enough for a page."""

from __future__ import annotations

import datetime as dt
import itertools
import time

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.chains.core.drawing import LINKS, NODES, draw_chains, radius

DAY0 = dt.datetime(2022, 3, 1)


def case_list(days: list[int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "case_id": [f"c{n:04}" for n in range(len(days))],
            "onset_date": [None if d is None else DAY0 + dt.timedelta(days=d) for d in days],
        },
        schema={"case_id": pl.String, "onset_date": pl.Datetime("us")},
    )


def links(*rows: tuple[int, int, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"c{a:04}", f"c{b:04}", w, f"证据{a}", f"evidence {a}") for a, b, w in rows],
        schema={
            "infector": pl.String,
            "infectee": pl.String,
            "weight": pl.Float64,
            "evidence_zh": pl.String,
            "evidence_en": pl.String,
        },
        orient="row",
    )


def test_a_small_tree_by_hand():
    # 0 infects 1 and 2, 2 infects 3; 4 stands alone; 1 -> 3 is a weak second candidate
    drawn = draw_chains(
        case_list([0, 4, 4, 8, 1]), links((0, 1, 0.9), (0, 2, 0.8), (2, 3, 0.7), (1, 3, 0.2), (4, 3, 0.01))
    )
    nodes = {n["id"]: n for n in drawn.nodes.to_dicts()}
    assert dict(drawn.nodes.schema) == NODES and dict(drawn.links.schema) == LINKS
    assert [nodes[f"c000{n}"]["x"] for n in range(5)] == [0, 4, 4, 8, 1]
    assert [nodes[f"c000{n}"]["generation"] for n in range(5)] == [0, 1, 1, 2, 0]
    assert [nodes[f"c000{n}"]["size"] for n in range(5)] == [radius(2), 6, radius(1), 6, 6]
    assert nodes["c0000"]["y"] == (nodes["c0001"]["y"] + nodes["c0002"]["y"]) / 2
    assert nodes["c0003"]["y"] == nodes["c0002"]["y"]
    assert drawn.links.select("source", "target", "tree").rows() == [
        ("c0000", "c0001", True),
        ("c0000", "c0002", True),
        ("c0002", "c0003", True),
        ("c0001", "c0003", False),
    ]


def test_a_case_more_likely_infected_from_outside_stands_alone():
    drawn = draw_chains(case_list([0, 4]), links((0, 1, 0.3)))
    assert drawn.nodes["generation"].to_list() == [0, 0]
    assert drawn.links["tree"].to_list() == [False]


def test_circles_are_broken_at_the_weakest_link():
    drawn = draw_chains(case_list([0, 0, 1]), links((0, 1, 0.9), (1, 0, 0.8), (1, 2, 0.9), (2, 0, 0.7)))
    assert drawn.nodes["generation"].to_list() == [0, 1, 2]


def test_around_one_case_draws_its_line_its_candidates_and_its_descendants():
    cases = case_list([0, 3, 6, 9, 12, 15, 5])
    chains = links((0, 1, 0.9), (1, 2, 0.6), (6, 2, 0.3), (2, 3, 0.9), (3, 4, 0.9), (4, 5, 0.9))
    drawn = draw_chains(cases, chains, around="c0002", steps=2)
    assert drawn.nodes["id"].to_list() == ["c0000", "c0001", "c0002", "c0003", "c0004", "c0006"]
    assert draw_chains(cases, chains, around="nobody").nodes.is_empty()


def test_a_case_without_a_day_stands_at_the_left_edge():
    drawn = draw_chains(case_list([3, None, 5]), links((0, 1, 0.9)))
    assert drawn.nodes.select("x", "onset").rows()[1] == (0.0, None)
    assert draw_chains(case_list([]), links()).nodes.is_empty()


@given(
    days=st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=14),
    pairs=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13), st.sampled_from([0.04, 0.3, 0.6, 0.9]))),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_no_two_cases_of_a_day_share_a_row_and_the_input_order_does_not_matter(days, pairs, shuffle):
    made = {(a, b): w for a, b, w in pairs if a != b and a < len(days) and b < len(days)}
    rows = [(a, b, w) for (a, b), w in made.items()]
    drawn = draw_chains(case_list(days), links(*rows))
    assert drawn.nodes.height == len(days)
    for one, other in itertools.combinations(drawn.nodes.to_dicts(), 2):
        if one["x"] == other["x"]:
            assert abs(one["y"] - other["y"]) >= 1 - 1e-9
    assert drawn.nodes["y"].min() >= 0
    tree = drawn.links.filter("tree")
    assert tree["target"].is_unique().all()
    generation = dict(drawn.nodes.select("id", "generation").iter_rows())
    for source, target in tree.select("source", "target").iter_rows():
        assert generation[target] == generation[source] + 1
    shuffle.shuffle(rows)
    again = draw_chains(case_list(days).reverse(), links(*rows))
    assert again.nodes.equals(drawn.nodes) and again.links.equals(drawn.links)


def test_five_thousand_cases_in_a_few_seconds():
    rng = np.random.default_rng(5)
    days = sorted(int(d) for d in rng.integers(0, 200, 5000))
    rows = [(int(rng.integers(max(0, n - 400), n)), n, 0.6) for n in range(1, 5000)]
    begun = time.perf_counter()
    drawn = draw_chains(case_list(list(days)), links(*rows))
    assert time.perf_counter() - begun < 20
    assert drawn.nodes.height == 5000 and drawn.nodes["y"].max() < 2000
