"""What can be taken back, with the permission that it takes: by a room's declared acts, else by the one table."""

from lianfang.house import acts

UNDO_PERMISSION: dict[str, str] = {
    "tracing.contact": "contact.decide",
    "tracing.interview": "contact.decide",
    "measures.measure": "measure.order",
    "headquarters.clock": "clock.stop",
    "cases.case": "case.change",
}
"""Model label (lower case) to permission. A grid worker who located a contact takes it back with `contact.locate`,
which `UNDO_FIELDS` names for the fields it covers."""

UNDO_FIELDS: dict[tuple[str, frozenset[str]], str] = {
    ("tracing.contact", frozenset({"located_at", "located_by_id"})): "contact.locate",
    ("measures.measure", frozenset({"released_at", "released_by_id"})): "measure.release",
}


def undo_permission(model: str, fields: frozenset[str]) -> str:
    """Return the permission that it takes to put `fields` of a model back.

    Raises
    ------
    KeyError
        When changes of the model are not kept for undoing.
    """
    for act in acts().values():
        if act.subject.lower() == model and fields <= set(act.sets):
            return act.permission
    for (label, covered), permission in UNDO_FIELDS.items():
        if label == model and fields <= covered:
            return permission
    return UNDO_PERMISSION[model]
