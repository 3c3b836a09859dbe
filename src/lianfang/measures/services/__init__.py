"""The door to changing measures: the playbook proposes, a named person orders, changes, refuses and releases.

Each act is written in one transaction with its trace, and can be taken back (`access.changes.undo_change`) until
somebody changes the row again. Transitions of the decision: proposed → accepted or refused; refused → accepted; what
was ordered is not refused any more but released.
"""

from lianfang.measures.services.basis import basis_of, order_of
from lianfang.measures.services.order import (
    adopt_proposals,
    change_measure,
    order_measures,
    refuse_measures,
    release_measure,
    release_measures,
)
from lianfang.measures.services.propose import propose_measures, store, to_store
from lianfang.measures.services.shown import ChangedSince, Shown, mark_of, split_by_page

__all__ = [
    "ChangedSince",
    "Shown",
    "adopt_proposals",
    "basis_of",
    "change_measure",
    "mark_of",
    "order_measures",
    "order_of",
    "propose_measures",
    "refuse_measures",
    "release_measure",
    "release_measures",
    "split_by_page",
    "store",
    "to_store",
]
