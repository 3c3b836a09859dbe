"""What tracing found becomes proposals: compared with what is stored first, then only the differences are written.

`to_store` reads and compares and locks nothing, `store` writes in one transaction (`records.proposals`);
`record_contacts` does both in one transaction.
"""

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl

from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Text
from lianfang.records.frames import frame_of
from lianfang.records.kept import UNDECIDED, Differences, Kept
from lianfang.records.proposals import compare, leave_trace, put, write
from lianfang.registry.selectors import areas_of_people
from lianfang.tracing.core.proposals import one_a_person
from lianfang.tracing.models import Contact, Exposure, SamePlaceCount
from lianfang.tracing.services.locating import locating_to_store
from lianfang.tracing.services.unregistered import unregistered_to_store

_CONTACTS = Kept(
    Contact,
    key=("outbreak_id", "person_id"),
    follows=("jurisdiction", "found_category", "found_by", "first_contact", "last_contact", "minutes", "is_case"),
    open=("degree", "category", "rule"),
    undecided=UNDECIDED,
    may_go={**UNDECIDED, "located_at": None, "locating_id": None},
    lapsed={"found_category": ""},
    made_at="proposed_at",
    named="person_id",
    kind="tracing.contact",
    act="contact.propose",
)
_EXPOSURES = Kept(
    Exposure,
    key=("contact_id", "case_id", "degree", "place_kind"),
    follows=(
        "via_id",
        "minutes",
        "encounters",
        "first_contact",
        "last_contact",
        "found_by",
        "rule",
        "seat_unknown",
    ),
    may_go={},
)
_SAME_PLACE = Kept(SamePlaceCount, key=("outbreak_id", "case_id", "place_kind", "people"), may_go={}, is_whole=True)


@dataclass(frozen=True)
class Recorded:
    """What recording contacts came to.

    Attributes
    ----------
    contacts, exposures : int
        Rows made or really changed.
    removed : int
        Proposals that tracing finds no longer and nobody had decided.
    unknown : list of str
        Person ids that tracing found and the register does not know: they cannot be called until they are registered.
    """

    contacts: int
    exposures: int
    removed: int
    unknown: list[str]

    @property
    def total(self) -> int:
        """Rows made, changed or gone."""
        return self.contacts + self.exposures + self.removed


@dataclass(frozen=True)
class ContactsToStore:
    """How what is stored of the contacts of an outbreak differs from what tracing found.

    Attributes
    ----------
    outbreak : str
        Its code.
    contacts, exposures, unregistered, locating : Differences
        Of the proposals; of the rows of tracing about contacts that are stored; of those about people whom the register
        does not know; of the clocks of contacts that are stored.
    of_new : pl.DataFrame
        Rows of tracing about contacts that are new: by ``person_id``, without the key of the contact.
    unknown : list of str
        See `Recorded`.
    """

    outbreak: str
    contacts: Differences
    exposures: Differences
    unregistered: Differences
    locating: Differences
    of_new: pl.DataFrame
    unknown: list[str]


def to_store(contacts: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime) -> ContactsToStore:
    """Compare what tracing found with the contacts that are stored; nothing is written.

    Parameters
    ----------
    contacts : pl.DataFrame
        Schema `kernel.schema.CONTACTS`: everything that was found for all cases of the outbreak.
    outbreak : str
        Its code.
    by : Scope
        On whose behalf, usually a named task.
    at : datetime
        Aware; when what is new is proposed.

    Raises
    ------
    Refused
        When a case is not one of the outbreak inside the scope.
    """
    rows = CONTACTS.conform(contacts)
    cases = cases_frame(outbreak, by, with_excluded=True)
    stray = sorted(set(rows["case_id"]) - set(cases["case_id"]))
    if stray:
        named = ", ".join(stray[:5])
        raise Refused(
            Text(
                f"病例 {named} 不属于疫情 {outbreak}，未记录接触者；请先报告病例",
                f"no contact was recorded: {named} is not a case of outbreak {outbreak}; report the case first",
            )
        )
    asked = set(rows["person_id"]) | set(rows["via_person_id"].drop_nulls())
    register = areas_of_people(by, asked)
    known = register["person_id"].implode()
    unknown = sorted(asked - set(register["person_id"]))
    unregistered = unregistered_to_store(rows=rows.filter(~pl.col("person_id").is_in(known)), outbreak=outbreak, at=at)
    rows = rows.filter(pl.col("person_id").is_in(known)).with_columns(
        via_person_id=pl.when(pl.col("via_person_id").is_in(known)).then("via_person_id")
    )
    proposed = one_a_person(rows).join(register, on="person_id", maintain_order="left")
    proposed = proposed.with_columns(outbreak_id=pl.lit(outbreak), found_category=pl.col("category"))
    stored = _CONTACTS.stored(Contact.unscoped.filter(outbreak_id=outbreak))
    exposures, of_new = _exposures_to_store(rows, stored, outbreak)
    return ContactsToStore(
        outbreak=outbreak,
        contacts=compare(_CONTACTS, proposed, stored, at=at),
        exposures=exposures,
        unregistered=unregistered,
        locating=locating_to_store(outbreak, by),
        of_new=of_new,
        unknown=unknown,
    )


def _exposures_to_store(rows: pl.DataFrame, stored: pl.DataFrame, outbreak: str) -> tuple[Differences, pl.DataFrame]:
    """Compare the exposures of contacts that are stored; return those of new contacts beside."""
    found = rows.join(
        stored.select("person_id", contact_id="id"), on="person_id", how="left", maintain_order="left"
    ).select(
        "person_id",
        "contact_id",
        "case_id",
        pl.col("degree").cast(pl.Int64),
        "place_kind",
        pl.col("via_person_id").alias("via_id"),
        "minutes",
        "encounters",
        "first_contact",
        "last_contact",
        "found_by",
        "rule",
        pl.col("seat_unknown").fill_null(False),
    )
    of_new = found.filter(pl.col("contact_id").is_null())
    of_known = found.drop_nulls("contact_id").drop("person_id")
    # Those of contacts that are found no more are not looked at: they go with a contact, or stay with a decided one.
    told = of_known.select("contact_id").unique()
    return compare(_EXPOSURES, of_known, Exposure.objects.filter(contact__outbreak_id=outbreak), told=told), of_new


def store(ready: ContactsToStore, *, by: Scope, at: dt.datetime) -> Recorded:
    """Write what differs, in one transaction with its trace; where nothing differs, nothing is written.

    What people did stays: the decision, the category that they chose and who was located. Times, minutes and the way
    of finding follow the facts in every row. A proposal that is found no longer goes, unless somebody decided it,
    located the person, or paused or escalated the limit to do so, even after it was compared. Whom the register does
    not know is kept apart (`UnregisteredContact`), row by row as tracing found it.

    Parameters
    ----------
    ready : ContactsToStore
        From `to_store`, while nothing that it rests on was written since.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    with writing():
        contacts = put(ready.contacts)
        exposures = put(_with_new(ready))
        unregistered = put(ready.unregistered)
        write(ready.locating, by=by, at=at)
        if contacts or exposures or unregistered:
            detail = {
                "outbreak": ready.outbreak,
                "contacts": contacts.changed,
                "exposures": exposures.total,
                "removed": contacts.withdrawn,
                "not_in_register": len(ready.unknown),
                "not_in_register_rows": unregistered.total,
                "renewed": ready.contacts.about.get("renewed", []),
            }
            leave_trace(_CONTACTS, detail, by=by, at=at)
    return Recorded(contacts.changed, exposures.total, contacts.withdrawn, ready.unknown)


def _with_new(ready: ContactsToStore) -> Differences:
    """Give the exposures of new contacts the keys under which those were stored just now."""
    if ready.of_new.is_empty():
        return ready.exposures
    columns: dict[str, tuple[str, pl.DataType]] = {
        "person_id": ("person_id", pl.String()),
        "contact_id": ("pk", pl.Int64()),
    }
    made = frame_of(Contact.unscoped.filter(outbreak_id=ready.outbreak), columns)
    known = ready.exposures.following
    rows = ready.of_new.drop("contact_id").join(made, on="person_id", maintain_order="left").select(known.columns)
    return replace(ready.exposures, following=pl.concat([known, rows], how="vertical_relaxed"))


def record_contacts(*, contacts: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> Recorded:
    """Store what tracing found as proposals; doing the same twice changes nothing.

    See `to_store` for the parameters and what is refused, `store` for what stays as people left it.
    """
    with writing():
        return store(to_store(contacts, outbreak=outbreak, by=by, at=at), by=by, at=at)


def record_same_place(*, counts: pl.DataFrame | None, outbreak: str) -> int:
    """Make the stored numbers of people who shared a place and are no contact equal to what was counted.

    Numbers without people need no entry in the audit trail; whoever lists the people leaves one. They are few: a row a
    case and kind of place, compared where they are written.

    Parameters
    ----------
    counts : pl.DataFrame or None
        Columns of `core.general.COUNTS`; None where nothing was counted.
    outbreak : str
        Its code.

    Returns
    -------
    int
        Rows written; 0 when nothing has changed.
    """
    told: dict[str, pl.DataType] = {"case_id": pl.String(), "place_kind": pl.String(), "people": pl.Int64()}
    found = (pl.DataFrame(schema=told) if counts is None else counts).select(
        "case_id", pl.col("place_kind").fill_null(""), pl.col("people").cast(pl.Int64), outbreak_id=pl.lit(outbreak)
    )
    with writing():
        return put(compare(_SAME_PLACE, found, SamePlaceCount.objects.filter(outbreak_id=outbreak))).changed
