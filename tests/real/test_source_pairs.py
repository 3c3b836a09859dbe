"""The table of known sources found: what the page shows is what the command makes, and it beats the baselines."""

from __future__ import annotations

import pytest

from examples import source_pairs


@pytest.fixture(scope="module")
def table() -> str:
    return source_pairs.report()


def counts(table: str, words: str, *, after: str) -> list[int]:
    line = next(row for row in table[table.index(after) :].splitlines() if row.startswith(f"| {words}"))
    return [int(cell.split("(")[0]) for cell in line.split("|")[2:8]]


def test_the_page_shows_what_the_command_prints(table):
    assert source_pairs.SECTION.on_page() == table, "run python -m examples.source_pairs --write"


def test_hagelloch_is_far_above_both_baselines(table):
    ours = counts(table, "and children of neighbouring houses", after="Hagelloch")
    for words in ("baseline: latest earlier onset", "baseline: the same among known contacts"):
        assert all(a > 2 * b for a, b in zip(ours, counts(table, words, after="Hagelloch"), strict=True))
    alone = counts(table, "onsets alone", after="Hagelloch")
    assert all(a > b for a, b in zip(alone, counts(table, "baseline: latest", after="Hagelloch"), strict=True))


def test_tianjin_finds_more_first_candidates_than_both_baselines(table):
    ours = counts(table, "and relations without direction", after="Tianjin")
    other = counts(table, "the same, intervals not from Tianjin", after="Tianjin")
    for words in ("baseline: latest earlier onset", "baseline: the same among known contacts"):
        baseline = counts(table, words, after="Tianjin")
        assert ours[0] > baseline[0] and other[0] > baseline[0]
