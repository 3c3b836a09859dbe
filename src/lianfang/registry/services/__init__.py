"""The door to changing the register: whole lists in columns, one person at a time for a report.

Each function runs in one transaction and leaves a trace in the audit trail; doing it twice changes nothing.
"""

from lianfang.registry.services.loading import Loaded, load_register
from lianfang.registry.services.persons import PersonFacts, change_person, register_person

__all__ = ["Loaded", "PersonFacts", "change_person", "load_register", "register_person"]
