"""What tracing found becomes proposals: compared with what is stored first, then only the differences are written.

An outbreak of a whole county holds ten thousands of contacts of which a new case changes a few. So each act has two
halves: ``…_to_store`` reads and compares and locks nothing, ``store_…`` writes in one transaction. Between the halves
somebody may decide: a decided row is guarded once more as it is written, and whoever holds the halves apart asks the
trail whether anything was written meanwhile (`access.audit.written_since`). ``record_…`` does both in one transaction.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.cases.selectors import cases_frame
from lianfang.kernel.errors import Refused
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Decision
from lianfang.records.batches import in_batches
from lianfang.records.frames import frame_of
from lianfang.records.upsert import pending_rows, stored_rows, upsert_frame
from lianfang.registry.selectors import areas_of_people
from lianfang.tracing.core.proposals import one_a_person
from lianfang.tracing.models import Contact, Exposure, SamePlaceCount
from lianfang.tracing.services.unregistered import store_unregistered, unregistered_to_store

EVIDENCE_LENGTH = 300

_CONTACT = ("outbreak", "person")
_FACTS = ("jurisdiction", "found_by", "first_contact", "last_contact", "minutes", "is_case")
_JUDGED = ("degree", "category", "rule")
_OPEN = {"decision": Decision.PROPOSED.value}
_EXPOSURE = ("contact_id", "case_id", "degree", "place_kind")
_TOLD = ("via_id", "minutes", "encounters", "first_contact", "last_contact", "found_by", "rule", "seat_unknown")


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


@dataclass(frozen=True)
class ContactsToStore:
    """How what is stored of the contacts of an outbreak differs from what tracing found.

    Attributes
    ----------
    outbreak : str
        Its code.
    found, judged : pl.DataFrame
        Proposals whose facts, or whose category, are new or changed.
    renewed : list of str
        Persons of stored proposals whose category is changed: a page that was made before shows another one.
    exposures : pl.DataFrame
        New and changed rows of tracing; ``contact_id`` is empty where the contact itself is new.
    stale, gone : list of int
        Keys of exposures, and of proposals nobody decided, that are found no longer.
    unknown : list of str
        See `Recorded`.
    unregistered : pl.DataFrame
        New and changed rows of tracing about people whom the register does not know.
    no_longer : list of int
        Keys of such rows that are found no longer, or whose person is registered by now.
    """

    outbreak: str
    found: pl.DataFrame
    judged: pl.DataFrame
    renewed: list[str]
    exposures: pl.DataFrame
    stale: list[int]
    gone: list[int]
    unknown: list[str]
    unregistered: pl.DataFrame
    no_longer: list[int]


def contacts_to_store(*, contacts: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> ContactsToStore:
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
    unregistered, no_longer = unregistered_to_store(
        rows=rows.filter(~pl.col("person_id").is_in(known)), outbreak=outbreak, at=at
    )
    rows = rows.filter(pl.col("person_id").is_in(known)).with_columns(
        via_person_id=pl.when(pl.col("via_person_id").is_in(known)).then("via_person_id")
    )
    proposed = one_a_person(rows).join(register, on="person_id", maintain_order="left")
    proposed = proposed.with_columns(
        outbreak_id=pl.lit(outbreak),
        proposed_at=pl.lit(at.astimezone(dt.UTC), dtype=pl.Datetime("us", "UTC")),
    )
    names = ("id", "outbreak_id", "person_id", *_FACTS, *_JUDGED, "decision", "located_at")
    stored = stored_rows(Contact.unscoped.filter(outbreak_id=outbreak), names)
    exposures, stale = _exposures_to_store(rows, stored, outbreak)
    gone = stored.join(proposed, on="person_id", how="anti").filter(
        (pl.col("decision") == Decision.PROPOSED.value) & pl.col("located_at").is_null()
    )
    judged = pending_rows(Contact, proposed, stored, key=_CONTACT, update=_JUDGED, guard=_OPEN)
    return ContactsToStore(
        outbreak=outbreak,
        found=pending_rows(Contact, proposed, stored, key=_CONTACT, update=_FACTS),
        judged=judged,
        renewed=judged.join(stored, on="person_id", how="semi")["person_id"].to_list(),
        exposures=exposures,
        stale=stale,
        gone=gone["id"].to_list(),
        unknown=unknown,
        unregistered=unregistered,
        no_longer=no_longer,
    )


def _exposures_to_store(rows: pl.DataFrame, stored: pl.DataFrame, outbreak: str) -> tuple[pl.DataFrame, list[int]]:
    """Return the exposures that are new or changed, and the keys of those that their contacts no longer have."""
    found = rows.join(
        stored.select("person_id", contact_id="id"), on="person_id", how="left", maintain_order="left"
    ).select(
        "person_id",
        "contact_id",
        "case_id",
        pl.col("degree").cast(pl.Int64),
        "place_kind",
        pl.col("via_person_id").alias("via_id"),
        *_TOLD[1:-1],
        pl.col("seat_unknown").fill_null(False),
    )
    found = found.unique(["person_id", *_EXPOSURE[1:]], keep="last", maintain_order=True)
    of_new, of_known = found.filter(pl.col("contact_id").is_null()), found.drop_nulls("contact_id")
    kept = stored_rows(Exposure.objects.filter(contact__outbreak_id=outbreak), ("id", *_EXPOSURE, *_TOLD))
    pending = pending_rows(Exposure, of_known.drop("person_id"), kept, key=_EXPOSURE, update=_TOLD)
    # Those of contacts that are found no more are not looked at: they go with a contact, or stay with a decided one.
    stale = kept.join(of_known, on="contact_id", how="semi").join(of_known, on=list(_EXPOSURE), how="anti")
    return pl.concat([pending, of_new], how="diagonal"), stale["id"].to_list()


def store_contacts(ready: ContactsToStore, *, by: Scope, at: dt.datetime) -> Recorded:
    """Write what differs, in one transaction with its trace; where nothing differs, nothing is written.

    What people did stays: the decision, the category that they chose and who was located. Times, minutes and the way
    of finding follow the facts in every row. A proposal that is found no longer goes, unless somebody decided it or
    located the person, even after it was compared. Whom the register does not know is kept apart
    (`UnregisteredContact`), row by row as tracing found it.

    Parameters
    ----------
    ready : ContactsToStore
        From `contacts_to_store`, while nothing that it rests on was written since.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    outbreak = ready.outbreak
    with writing():
        changed = upsert_frame(Contact, ready.found, key=_CONTACT, update=_FACTS)
        changed += upsert_frame(Contact, ready.judged, key=_CONTACT, update=_JUDGED, guard=_OPEN)
        exposures = upsert_frame(Exposure, _with_contacts(ready.exposures, outbreak), key=_EXPOSURE, update=_TOLD)
        for part in in_batches(ready.stale):
            Exposure.objects.filter(pk__in=part).delete()
        exposures += len(ready.stale)
        removed = 0
        for part in in_batches(ready.gone):
            still = Contact.unscoped.filter(pk__in=part, located_at=None, **_OPEN)
            going = list(still.values_list("pk", flat=True))
            Exposure.objects.filter(contact_id__in=going).delete()
            Contact.unscoped.filter(pk__in=going).delete()
            removed += len(going)
        unregistered = store_unregistered(ready.unregistered, ready.no_longer)
        if changed or exposures or removed or unregistered:
            detail = {
                "act": "contact.propose",
                "outbreak": outbreak,
                "contacts": changed,
                "exposures": exposures,
                "removed": removed,
                "renewed": ready.renewed,
                "not_in_register": len(ready.unknown),
                "not_in_register_rows": unregistered,
            }
            audit.record(actor=by.name, act="write", kind="tracing.contact", detail=detail, at=at)
    return Recorded(changed, exposures, removed, ready.unknown)


def _with_contacts(exposures: pl.DataFrame, outbreak: str) -> pl.DataFrame:
    """Give the exposures of new contacts the keys under which those were stored just now."""
    if exposures["contact_id"].null_count():
        columns: dict[str, tuple[str, pl.DataType]] = {
            "person_id": ("person_id", pl.String()),
            "made": ("pk", pl.Int64()),
        }
        made = frame_of(Contact.unscoped.filter(outbreak_id=outbreak), columns)
        exposures = exposures.join(made, on="person_id", how="left", maintain_order="left")
        exposures = exposures.with_columns(pl.coalesce("contact_id", "made").alias("contact_id"))
    return exposures.select(*_EXPOSURE, *_TOLD)


def record_contacts(*, contacts: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime) -> Recorded:
    """Store what tracing found as proposals; doing the same twice changes nothing.

    See `contacts_to_store` for the parameters and what is refused, `store_contacts` for what stays as people left it.
    """
    with writing():
        return store_contacts(contacts_to_store(contacts=contacts, outbreak=outbreak, by=by, at=at), by=by, at=at)


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
    columns: dict[str, tuple[str, pl.DataType]] = {
        "pk": ("pk", pl.Int64()),
        "case_id": ("case_id", pl.String()),
        "place_kind": ("place_kind", pl.String()),
        "people": ("people", pl.Int64()),
    }
    told = list(columns)[1:]
    empty = pl.DataFrame(schema={name: columns[name][1] for name in told})
    kinds = pl.col("place_kind").fill_null("")
    found = (empty if counts is None else counts).select(told).with_columns(kinds, pl.col("people").cast(pl.Int64))
    with writing():
        there = frame_of(SamePlaceCount.objects.filter(outbreak_id=outbreak), columns).with_columns(kinds)
        new = found.join(there, on=told, how="anti", nulls_equal=True, maintain_order="left")
        for part in in_batches(there.join(found, on=told, how="anti", nulls_equal=True)["pk"].to_list()):
            SamePlaceCount.objects.filter(pk__in=part).delete()
        SamePlaceCount.objects.bulk_create(
            [SamePlaceCount(outbreak_id=outbreak, **row) for row in new.iter_rows(named=True)], batch_size=1000
        )
    return new.height
