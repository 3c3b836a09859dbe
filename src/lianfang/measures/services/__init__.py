"""The door to changing measures: the playbook proposes; what people decide are acts (`records.acts.carry_out`).

Each act is written in one transaction with its trace, and can be taken back (`records.changes.undo_change`) until
somebody changes the row again. Plans: `core.acts` and `services.plans`; what follows from contacts: `services.follow`.
"""

from lianfang.measures.services.basis import basis_of, order_of
from lianfang.measures.services.propose import propose_measures, store, to_store

__all__ = [
    "basis_of",
    "order_of",
    "propose_measures",
    "store",
    "to_store",
]
