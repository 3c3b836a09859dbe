"""The door to changing contacts: record what tracing found, decide, locate, add what a case told."""

from lianfang.tracing.services.decide import decide_contacts, locate_contacts
from lianfang.tracing.services.interviews import Entered, add_interview, load_interviews
from lianfang.tracing.services.locating import escalate_locating, pause_locating, resume_locating
from lianfang.tracing.services.record import Recorded, record_contacts, record_same_place, store, to_store
from lianfang.tracing.services.unregistered import register_found

__all__ = [
    "Entered",
    "Recorded",
    "add_interview",
    "decide_contacts",
    "escalate_locating",
    "load_interviews",
    "locate_contacts",
    "pause_locating",
    "record_contacts",
    "record_same_place",
    "register_found",
    "resume_locating",
    "store",
    "to_store",
]
