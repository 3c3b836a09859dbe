"""The door to changing contacts: record what tracing found, add what a case told.

What people decide are acts: plans in `core.acts`, carried out by `lianfang.records.acts.carry_out`.
"""

from lianfang.tracing.services.interviews import Entered, add_interview, load_interviews
from lianfang.tracing.services.record import (
    ContactsToStore,
    Recorded,
    contacts_to_store,
    record_contacts,
    record_same_place,
    store_contacts,
)
from lianfang.tracing.services.unregistered import register_found

__all__ = [
    "ContactsToStore",
    "Entered",
    "Recorded",
    "add_interview",
    "contacts_to_store",
    "load_interviews",
    "record_contacts",
    "record_same_place",
    "register_found",
    "store_contacts",
]
