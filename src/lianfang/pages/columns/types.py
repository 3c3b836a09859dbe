"""What the API says of a value in its document: JSON Schema by kind, by field of a model, by annotation."""

import datetime as dt
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from django.core.exceptions import FieldDoesNotExist
from django.db import models

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
YES_NO: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
DAY: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
ANYTHING: Schema = {}

_BY_TYPE: dict[type, Schema] = {
    bool: YES_NO,
    int: INTEGER,
    float: NUMBER,
    dt.datetime: TIME,
    dt.date: DAY,
    str: TEXT,
}
# A time is a day too, as Django's fields inherit: it stands first.
_BY_FIELD: tuple[tuple[Any, Schema], ...] = (
    (models.DateTimeField, TIME),
    (models.DateField, DAY),
    (models.BooleanField, YES_NO),
    (models.FloatField, NUMBER),
    (models.DecimalField, NUMBER),
    (models.IntegerField, INTEGER),
    (models.JSONField, ANYTHING),
)


def schema_of_function(function: Callable[..., Any]) -> Schema | None:
    """Return the schema of what a function says that it returns; None where it says anything, or nothing."""
    said = get_type_hints(function).get("return")
    if get_origin(said) in (UnionType, Union):
        said = next((one for one in get_args(said) if one is not NoneType), None)
    return _BY_TYPE.get(said) if isinstance(said, type) else None


def schema_of_path(model: type[models.Model], path: str) -> Schema | None:
    """Return the schema of the field at a path from a model; None where no field is there.

    Parameters
    ----------
    model : type of Model
        Where the path begins.
    path : str
        Names with a point or two underscores between: ``person.birth_date``, ``jurisdiction_id``, ``pk``.
    """
    field: Any = None
    at: Any = model
    for name in path.replace("__", ".").split("."):
        if name == "pk":
            name = at._meta.pk.name
        try:
            field = at._meta.get_field(name)
        except FieldDoesNotExist:
            # The key of what a foreign key leads to, such as ``jurisdiction_id``.
            field = next((one for one in at._meta.fields if one.attname == name), None)
            field = getattr(field, "target_field", field)
        if field is None:
            return None
        if field.remote_field is not None and field.related_model is not None:
            at = field.related_model
    return next((schema for kind, schema in _BY_FIELD if isinstance(field, kind)), TEXT)
