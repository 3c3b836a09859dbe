"""The door to changing contacts: record what tracing found, decide, locate, add what a case told."""

from lianfang.tracing.services.decide import decide_contacts, locate_contacts
from lianfang.tracing.services.interviews import Entered, add_interview, load_interviews
from lianfang.tracing.services.record import Recorded, record_contacts, record_same_place, store, to_store
from lianfang.tracing.services.unregistered import register_found

__all__ = [
    "Entered",
    "Recorded",
    "add_interview",
    "decide_contacts",
    "load_interviews",
    "locate_contacts",
    "record_contacts",
    "record_same_place",
    "register_found",
    "store",
    "to_store",
]
