"""Presences in a typed file: which can be used as they lie, and which rows have to be read as people write them."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.schema as sch
import ibis.expr.types as ir

from lianfang.intake.core.cells import ODD_ID, PLAIN_ID
from lianfang.intake.core.moments import DAYLESS, LATEST
from lianfang.kernel.vocabulary import PlaceKind, VehicleKind
from lianfang.kernel.words import MISSING_IDS

_SHORT = max(len(marker) for marker in MISSING_IDS)
_STAMP, _RESIDENT = len("2022-01-05 00:00:00"), 18


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def strlen(text: str) -> int:
    """Return the bytes of a text; DuckDB's own function."""
    raise NotImplementedError


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def octet_length(text: str) -> int:
    """Return the bytes of a text; Spark's own function."""
    raise NotImplementedError


def has_types(schema: sch.Schema) -> bool:
    """Tell whether a file's columns can be used without reading their cells as text."""

    def fits(name: str, *kinds: type[dt.DataType]) -> bool:
        return name in schema and isinstance(schema[name], kinds)

    def naive(name: str) -> bool:
        kind = schema.get(name)
        return isinstance(kind, dt.Timestamp) and kind.timezone is None

    ids = all(fits(name, dt.String, dt.Integer) for name in ("person_id", "place_id"))
    kind_fits = all(name not in schema or fits(name, dt.String) for name in ("place_kind", "vehicle", "seat"))
    return ids and kind_fits and naive("start") and naive("end")


def as_presences(raw: ir.Table) -> ir.Table:
    """Return the columns of a presence with ids as text, microsecond times and the default place kind filled in.

    Parameters
    ----------
    raw : ibis Table
        A table for which `has_types` holds; a column ``file_row_number`` is kept where it is there, ``vehicle`` and
        ``seat`` where the table has a column ``vehicle``.
    """
    kind = raw.place_kind if "place_kind" in raw.columns else ibis.null("string")
    extra = [raw.file_row_number] if "file_row_number" in raw.columns else []
    if "vehicle" in raw.columns:
        extra += [raw.vehicle, (raw.seat if "seat" in raw.columns else ibis.null("string")).name("seat")]
    return raw.select(
        raw.person_id.cast("string").name("person_id"),
        raw.place_id.cast("string").name("place_id"),
        kind.fill_null(PlaceKind.OTHER.value).name("place_kind"),
        raw.start.cast("timestamp(6)").name("start"),
        raw.end.cast("timestamp(6)").name("end"),
        *extra,
    )


def suspects(raw: ir.Table, *, engine: str = "duckdb") -> ir.Table:
    """Express the rows that cannot be used as they lie.

    Something is missing, a kind is unknown, the end is not after the start, or an id is not plain.

    Parameters
    ----------
    raw : ibis Table
        A table for which `has_types` holds.
    engine : str
        Ibis's name of the engine: each has its own function for the bytes of a text.
    """
    bytes_of = strlen if engine == "duckdb" else octet_length
    wrong = raw.start.isnull() | raw.end.isnull() | (raw.start >= raw.end)
    # What is older than all calendars of spreadsheets, or later than is meant, is read as people write it.
    wrong = wrong | (raw.start < DAYLESS[1]) | (raw.end > LATEST)
    for name in ("person_id", "place_id"):
        column = raw[name]
        wrong = wrong | column.isnull()
        if isinstance(column, ir.StringColumn):
            wrong = wrong | _odd(column, bytes_of(column))
    if "place_kind" in raw.columns:
        wrong = wrong | (raw.place_kind.notnull() & raw.place_kind.notin(PlaceKind.codes()))
    if "vehicle" in raw.columns:
        wrong = wrong | (raw.vehicle.notnull() & raw.vehicle.notin(VehicleKind.codes()))
    return raw.filter(wrong)


def _odd(text: ir.StringColumn, octets: ir.IntegerValue) -> ir.BooleanValue:
    """Whether tidying would change an id, or read it as missing.

    A regular expression on each of many million rows costs more than all of tracing: it is asked only where a cheap
    test leaves a doubt.
    """
    beyond_ascii, length = octets != text.length(), text.length()
    cut = text.endswith("0") & (text.contains(".") | (length == _RESIDENT))
    may_be_odd = cut | (length == _STAMP) | text.contains("+")
    return (
        (beyond_ascii & ~text.re_search(PLAIN_ID))
        | (text < "(")
        | (text.right(1) < "#")
        | (may_be_odd & text.re_search(ODD_ID))
        | ((text.length() <= _SHORT) & text.lower().isin(list(MISSING_IDS)))
    )
