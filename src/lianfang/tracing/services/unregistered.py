"""People whom tracing finds and the register does not know: kept until they are registered, and registered here."""

import datetime as dt
from dataclasses import replace

import polars as pl

from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.services import need
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.records.kept import Differences, Kept
from lianfang.records.proposals import compare
from lianfang.registry.services import PersonFacts, register_person
from lianfang.tracing.models import UnregisteredContact

ID_LENGTH = 200

_FOUND = Kept(
    UnregisteredContact,
    key=("case_id", "person_id", "degree", "place_kind"),
    follows=(
        "via_person_id",
        "minutes",
        "encounters",
        "first_contact",
        "last_contact",
        "category",
        "rule",
        "seat_unknown",
    ),
    may_go={},
    made_at="found_at",
)
"""Row by row as tracing found it; a row goes when it is found no longer, or its person is registered."""


def unregistered_to_store(*, rows: pl.DataFrame, outbreak: str, at: dt.datetime) -> Differences:
    """Compare what tracing found of people outside the register with what is stored; nothing is written.

    Parameters
    ----------
    rows : pl.DataFrame
        Schema `kernel.schema.CONTACTS`, of such people alone.
    outbreak : str
        Its code.
    at : datetime
        Aware; when what is new was found.
    """
    length = pl.col("via_person_id").str.len_chars()
    found = (
        # An id longer than any register has names nobody; whoever asked is told of it all the same (`unknown`).
        rows.filter(pl.col("person_id").str.len_chars() <= ID_LENGTH)
        .with_columns(
            pl.col("category", "rule").fill_null(""),
            pl.col("degree").cast(pl.Int64),
            pl.col("seat_unknown").fill_null(False),
            via_person_id=pl.when(length <= ID_LENGTH).then("via_person_id").otherwise(pl.lit("")),
        )
        .select(*_FOUND.key, *_FOUND.follows, outbreak_id=pl.lit(outbreak))
    )
    return compare(_FOUND, found, UnregisteredContact.unscoped.filter(outbreak_id=outbreak), at=at)


def register_found(*, found_id: int, facts: PersonFacts, by: Account, at: dt.datetime) -> str:
    """Register the person behind a row, under the id by which the presences name them.

    The next run of tracing makes a contact of them.

    Parameters
    ----------
    found_id : int
        Key of an `UnregisteredContact`.
    facts : PersonFacts
        Who it is; its `person_id` is that of the row.
    by : Account
        Needs ``case.report``.
    at : datetime
        Aware.

    Returns
    -------
    str
        The person's id.

    Raises
    ------
    Refused
        When there is no such row inside the account's scope, and what `registry.services.register_person` refuses.
    """
    need(by, "case.report")
    with writing():
        row = UnregisteredContact.objects.within(scope_of(by)).filter(pk=found_id).first()
        if row is None:
            raise Refused(
                Text(
                    "此人不再列于未登记人员中，可能已登记或不再被追踪发现",
                    "this person is not among those found any more: registered by now, or found no longer",
                )
            )
        return register_person(facts=replace(facts, person_id=row.person_id), by=by, at=at).person_id
