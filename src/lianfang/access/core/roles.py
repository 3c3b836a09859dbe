"""Who may do what: the one table of roles and permissions, and which protected fields each role sees plainly.

Every route names one permission (`lianfang.access.rules.allow`); every service that changes something asks for the
same permission again. A role without a permission here has it nowhere.
"""

from lianfang.kernel.vocabulary import Word


class Role(Word):
    """The kinds of account."""

    ADMINISTRATOR = "administrator", "系统管理员", "Administrator"
    COMMANDER = "commander", "指挥员", "Commander"
    INVESTIGATOR = "investigator", "流调员", "Investigator"
    TOWNSHIP_OFFICER = "township_officer", "乡镇干部", "Township officer"
    GRID_WORKER = "grid_worker", "网格员", "Grid worker"
    AUDITOR = "auditor", "审计员", "Auditor"


EVERY_ROLE = frozenset(Role)
_RESPONSE = frozenset({Role.COMMANDER, Role.INVESTIGATOR, Role.TOWNSHIP_OFFICER})

PERMISSIONS: dict[str, frozenset[Role]] = {
    "account.own": EVERY_ROLE,
    "components.view": EVERY_ROLE,
    "task.view": EVERY_ROLE,
    "task.manage": frozenset({Role.ADMINISTRATOR}),
    "notice.view": EVERY_ROLE,
    "account.manage": frozenset({Role.ADMINISTRATOR}),
    "presence.ingest": frozenset({Role.ADMINISTRATOR}),
    "presence.retract": frozenset({Role.ADMINISTRATOR}),
    "presence.withdraw": frozenset({Role.ADMINISTRATOR}),
    "presence.drop": frozenset({Role.ADMINISTRATOR}),
    "presence.view": frozenset({Role.COMMANDER, Role.INVESTIGATOR, Role.ADMINISTRATOR}),
    "audit.view": frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    "command.view": _RESPONSE | {Role.GRID_WORKER},
    "case.view": _RESPONSE,
    "case.report": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "case.change": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "person.view": _RESPONSE | {Role.GRID_WORKER},
    "contact.view": _RESPONSE | {Role.GRID_WORKER},
    "contact.decide": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "contact.locate": _RESPONSE | {Role.GRID_WORKER},
    "measure.view": _RESPONSE | {Role.GRID_WORKER},
    "measure.order": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "measure.exceed": frozenset({Role.COMMANDER}),
    "measure.release": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "clock.view": _RESPONSE | {Role.GRID_WORKER},
    "clock.stop": _RESPONSE,
    "change.undo": _RESPONSE | {Role.GRID_WORKER},
    "export.rows": frozenset({Role.COMMANDER, Role.INVESTIGATOR}),
    "bulletin.view": _RESPONSE | {Role.AUDITOR},
    "playbook.view": EVERY_ROLE,
}

PLAIN_FIELDS: dict[Role, frozenset[str]] = {
    Role.COMMANDER: frozenset({"name", "phone", "address"}),
    Role.INVESTIGATOR: frozenset({"name", "phone", "id_number", "address", "birth_date"}),
    Role.TOWNSHIP_OFFICER: frozenset({"name", "phone", "address"}),
    Role.GRID_WORKER: frozenset({"name", "phone", "address"}),
    Role.ADMINISTRATOR: frozenset(),
    Role.AUDITOR: frozenset(),
}
"""Protected fields of a person that a role sees unmasked; every other protected field is masked for it."""


def may(role: str, permission: str) -> bool:
    """Tell whether a role has a permission.

    Raises
    ------
    KeyError
        When there is no such permission: a misspelt rule must not read as "nobody", nor as "everybody".
    """
    return role in PERMISSIONS[permission]
