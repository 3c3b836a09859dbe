"""Cases from a list."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.access import audit
from lianfang.access.scope import Scope
from lianfang.access.times import to_aware
from lianfang.access.turns import writing
from lianfang.cases.models import Case
from lianfang.cases.services.facts import EVERYBODY, TIMES
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Classification, Residence
from lianfang.registry.selectors import people_frame


def load_cases(*, outbreak: str, cases: pl.DataFrame, by: Scope, at: dt.datetime) -> int:
    """Take over a list of cases, in columns; a case that is there already stays as it is: people decided about it.

    Parameters
    ----------
    outbreak : str
        Code of an outbreak that is there.
    cases : DataFrame
        `kernel.schema.CASES`, and if known ``classification, diagnosed_at, reported_at, found_by, residence,
        reporting_unit, reporting_doctor, note, jurisdiction`` (else the person's); times naive and local.
    by : Scope
        On whose behalf, for the audit trail.

    Returns
    -------
    int
        How many cases were added.

    Raises
    ------
    Refused
        When a person is not in the register.
    """
    ids = cases.select(
        "case_id", person_id=pl.coalesce("person_id", "case_id") if "person_id" in cases.columns else "case_id"
    )
    registered = people_frame(EVERYBODY, person_ids=ids["person_id"]).select("person_id", home="jurisdiction")
    strange = ids.join(registered, on="person_id", how="anti")
    if strange.height:
        person = strange["person_id"][0]
        raise Refused(
            Text(
                f"{strange.height} 例的人员未登记，例如 {person}；请先导入人员",
                f"{strange.height} cases name a person that is not in the register, such as {person}; load those first",
            )
        )
    with writing():
        there = set(Case.objects.within(EVERYBODY).filter(pk__in=list(ids["case_id"])).values_list("pk", flat=True))
        rows = cases.with_columns(ids["person_id"]).join(registered, on="person_id", how="left", maintain_order="left")
        made = [_case_of(row, outbreak, at) for row in rows.iter_rows(named=True) if row["case_id"] not in there]
        Case.objects.within(EVERYBODY).bulk_create(made, batch_size=500)
        detail = {"act": "case.load", "outbreak": outbreak, "rows": len(made)}
        audit.record(actor=by.name, act="write", kind="cases.case", detail=detail, at=at)
    return len(made)


def _case_of(row: Mapping[str, Any], outbreak: str, at: dt.datetime) -> Case:
    texts = {n: row.get(n) or "" for n in ("found_by", "reporting_unit", "reporting_doctor", "note")}
    silent = row.get("onset_date") is None and row.get("sampled_at") is not None
    own = Classification.ASYMPTOMATIC if silent else Classification.CONFIRMED
    return Case(
        case_id=row["case_id"],
        client_key=uuid.uuid5(uuid.NAMESPACE_URL, f"lianfang:{outbreak}:{row['case_id']}"),
        outbreak_id=outbreak,
        person_id=row["person_id"],
        jurisdiction_id=row.get("jurisdiction") or row["home"],
        classification=row.get("classification") or own.value,
        residence=row.get("residence") or Residence.THIS_COUNTY.value,
        reported_at=to_aware(row.get("reported_at")) or at,
        **{name: to_aware(row.get(name)) for name in TIMES},
        **texts,
    )
