"""The door to changing contacts: record what tracing found, add what a case told.

What people decide are acts: plans in `core.acts`, carried out by `lianfang.records.acts.carry_out`.
"""

from lianfang.tracing.services.interviews import Entered, add_interview, load_interviews
from lianfang.tracing.services.locating import act_on_locating
from lianfang.tracing.services.record import Recorded, record_contacts, record_same_place, store, to_store
from lianfang.tracing.services.unregistered import register_found

__all__ = [
    "Entered",
    "Recorded",
    "act_on_locating",
    "add_interview",
    "load_interviews",
    "record_contacts",
    "record_same_place",
    "register_found",
    "store",
    "to_store",
]
