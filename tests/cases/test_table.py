"""The page of the cases is what the rows say, every source has its label, and every row was read twice."""

from __future__ import annotations

from collections import Counter

from tests.cases.scenarios import scenarios
from tests.cases.table import PAGE, TITLES, page, sources
from tests.cases.worked import PLACE_OF, rows

PLAYBOOKS = {"covid19-cn-8", "covid19-cn-9"}
OVERLAYS = {"covid19-cn-8-local-2021-08", "covid19-cn-8-clinical-9", "covid19-cn-8-local-winter-2021"}
CATEGORIES = {"close_contact", "secondary_contact", "general_contact", "arrival", "inbound", "case"}


def test_the_page_says_what_the_rows_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "make it anew: python -m tests.cases.table"


def test_every_label_of_a_source_is_explained_and_used() -> None:
    used = {label for one in (*rows(), *scenarios()) for label in one.source.split("; ")}
    assert used == set(sources())


def test_there_are_enough_rows_of_every_kind() -> None:
    every = rows()
    assert sum(len(row.facts) for row in every) >= 120
    assert len(scenarios()) >= 25
    ids = Counter(one.id for one in (*every, *scenarios()))
    assert max(ids.values()) == 1, ids.most_common(3)
    assert {row.file for row in every} == set(TITLES)
    assert all(one.worked_by and one.checked_by for one in (*every, *scenarios()))
    assert {row.basis.playbook for row in every} == PLAYBOOKS
    assert {overlay for row in every for overlay in row.basis.overlays} == OVERLAYS
    assert {category for row in every for category in row.said("category")} >= CATEGORIES
    assert {asked.measure for row in every for asked in row.asked} == set(PLACE_OF)
