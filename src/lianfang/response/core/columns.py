"""What the files of a run say beside the columns of their rooms: of a contact the control, of a measure the place.

A room writes what it decides. These columns join what several rooms and the lists tell; they stand after those of the
contract, in the order of the rows of the file.
"""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from lianfang.kernel.cells import as_text
from lianfang.kernel.text import Lang
from lianfang.kernel.vocabulary import PlaceClass
from lianfang.measures.core.control import ControlStatus, control_of
from lianfang.playbook.model import Playbook
from lianfang.response.core.loop import Inputs, Response
from lianfang.tracing.core.discovery import discovery_paths
from lianfang.tracing.core.reasons import reason_column

MORE: Mapping[str, tuple[str, ...]] = {
    "contacts.csv": ("seat_unknown", "discovery_path", "reason", "control_status", "expected_release"),
    "measures.csv": ("place", "responsible_area"),
    "clocks.csv": ("owner",),
}
"""The further columns of each file, in their order."""


def with_more(
    name: str,
    table: pl.DataFrame,
    response: Response,
    inputs: Inputs,
    *,
    playbook: Playbook,
    as_of: dt.datetime,
    lang: Lang,
    jurisdiction: str = "",
) -> pl.DataFrame:
    """Return a file's table with its further columns (`MORE`); a file that has none is returned as it is.

    Parameters
    ----------
    name : str
        Of the file.
    table : pl.DataFrame
        As its room wrote it: rows in the order of what the response gives.
    response, inputs : Response, Inputs
        What was decided, and from what.
    playbook : Playbook
        Tells whether it has seat rules.
    as_of : datetime
        Naive local.
    lang : {"zh", "en"}
        Of the words.
    jurisdiction : str
        Whose outbreak it is: answers for what belongs nowhere else.
    """
    if name == "contacts.csv":
        more = _of_contacts(response, inputs, playbook=playbook, as_of=as_of, lang=lang)
    elif name == "measures.csv":
        more = _of_measures(response, inputs, lang=lang)
    elif name == "clocks.csv":
        more = _of_clocks(response, inputs, jurisdiction=jurisdiction)
    else:
        return table
    return table.hstack(as_text(more.select(MORE[name])))


def _of_contacts(
    response: Response, inputs: Inputs, *, playbook: Playbook, as_of: dt.datetime, lang: Lang
) -> pl.DataFrame:
    contacts, people = response.contacts, inputs.people
    told_by = [(people, "in_quarantine_since"), (response.cases, "isolated_at")]
    since = [
        listed.select("person_id", in_quarantine_since=pl.col(name).cast(pl.Datetime("us"), strict=False))
        for listed, name in told_by
        if name in listed.columns
    ]
    placed = pl.concat(since).drop_nulls().sort("person_id", "in_quarantine_since") if since else None
    control = control_of(response.measures, as_of=as_of, placed=placed)
    told = contacts.select("person_id").join(control, on="person_id", how="left", maintain_order="left")
    return contacts.select(
        pl.col("seat_unknown").fill_null(False),
        discovery_paths(contacts, inputs.interviews).alias("discovery_path"),
        reason_column(contacts, lang=lang, without_seat_rule=not playbook.tracing.seats).alias("reason"),
        told["control_status"].fill_null(ControlStatus.UNKNOWN.value),
        told["expected_release"],
    )


def _of_measures(response: Response, inputs: Inputs, *, lang: Lang) -> pl.DataFrame:
    measures = response.measures
    of_person = _told(measures["person_id"], inputs.people, ("address", "jurisdiction"))
    site = {place.value: place.label.in_language(lang) for place in (PlaceClass.CENTRAL, PlaceClass.HOSPITAL)}
    place = (
        pl.when(measures["place_class"] == PlaceClass.HOME.value)
        .then(of_person["address"])
        .otherwise(measures["place_class"].replace_strict(site, default=None, return_dtype=pl.String))
    )
    return measures.select(
        place.alias("place"),
        of_person["jurisdiction"].alias("responsible_area"),
    )


def _of_clocks(response: Response, inputs: Inputs, *, jurisdiction: str) -> pl.DataFrame:
    """Say who answers for each clock: the unit that reports a case, else the area that the person belongs to."""
    clocks = response.clocks
    area = _told(clocks["person_id"], inputs.people, ("jurisdiction",))["jurisdiction"]
    of_case = _told(clocks["case_id"], inputs.cases, ("jurisdiction", "reporting_unit"), key="case_id")
    own = pl.lit(jurisdiction or None, pl.String)
    owner = (
        pl.when(pl.col("subject") == "outbreak")
        .then(own)
        .when(pl.col("subject") == "contact")
        .then(pl.coalesce(pl.lit(area), own))
        .when(pl.col("clock") == "reported")
        .then(pl.coalesce(pl.lit(of_case["reporting_unit"]), pl.lit(of_case["jurisdiction"]), pl.lit(area), own))
        .otherwise(pl.coalesce(pl.lit(of_case["jurisdiction"]), pl.lit(area), own))
    )
    return clocks.select(owner.alias("owner"))


def _told(keys: pl.Series, listed: pl.DataFrame, names: tuple[str, ...], *, key: str = "person_id") -> pl.DataFrame:
    """Return what a list tells of each key, aligned with the keys; a column that it does not have is empty."""
    columns = [
        pl.col(name).cast(pl.String) if name in listed.columns else pl.lit(None, pl.String).alias(name)
        for name in names
    ]
    known = listed.select(pl.col(key).cast(pl.String), *columns).unique(key, keep="first", maintain_order=True)
    return pl.DataFrame({key: keys}).join(known, on=key, how="left", maintain_order="left").select(names)
