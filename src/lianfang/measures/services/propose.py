"""The playbook proposes: what is stored is compared first, then only the differences are written.

`to_store` reads and compares and locks nothing, `store` writes in one transaction (`records.proposals`);
`propose_measures` does both in one transaction.
"""

import datetime as dt

import polars as pl
from django.utils import timezone

from lianfang.access.scope import Scope
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.measures.core.differences import BASIS, KEPT, renewed
from lianfang.measures.models import Measure
from lianfang.outbreaks.selectors import find_outbreak
from lianfang.records.kept import UNDECIDED, Beside, Differences, Kept, Written
from lianfang.records.proposals import compare, write
from lianfang.registry.selectors import areas_of_people

_MINUTES = "%Y-%m-%dT%H:%M"
_DECIDED = ("decision", "decided_at", "released_at")


def _differing(decided: pl.DataFrame, rows: pl.DataFrame, at: dt.datetime) -> pl.DataFrame:
    """Return which decided measures are to keep another proposal beside them, and what was decided about them."""
    decided = decided.filter(pl.col("released_at").is_null())
    days, changed = pl.col("test_dates").str.json_decode(pl.List(pl.String())), _json("changed_from")
    own = {name: pl.col(name) for name in BASIS} | {"start": _local("start"), "end": _local("end"), "test_dates": days}
    basis = decided.select(
        "id",
        "person",
        "rule",
        *_DECIDED,
        # What was ordered, or the proposal that somebody changed.
        *(pl.when(changed.is_null()).then(own[n]).otherwise(changed.struct.field(n)).alias(n) for n in BASIS),
        kept=_json("new_proposal"),
    )
    start, end = (pl.col(name).dt.strftime(_MINUTES) for name in ("start", "end"))
    proposed = rows.select("person", "rule", "kind", "place_class", start, end, days)
    return renewed(basis, proposed, at=at.isoformat(timespec="seconds")).select("id", *_DECIDED, "new_proposal")


def _json(name: str) -> pl.Expr:
    """Return a stored column of JSON as what `KEPT` holds of it; empty where the database holds a null of JSON too."""
    return pl.col(name).replace("null", None).str.json_decode(KEPT)


def _local(name: str) -> pl.Expr:
    """Return a stored time, which is a text in UTC, as proposals say it."""
    utc = pl.col(name).str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S", time_zone="UTC")
    return utc.dt.convert_time_zone(str(timezone.get_default_timezone())).dt.strftime(_MINUTES)


_MEASURES = Kept(
    Measure,
    key=("outbreak", "person", "rule"),
    open=(
        *BASIS,
        "jurisdiction",
        "category",
        "clock_from",
        "clock_at",
        "reason_zh",
        "reason_en",
        "playbook",
        "new_proposal",
    ),
    undecided=UNDECIDED,
    may_go=UNDECIDED,
    renewed_at="proposed_at",
    beside=Beside("new_proposal", _differing, same=_DECIDED),
    also=("changed_from",),
    kind="measures.measure",
    act="measure.propose",
)


def to_store(
    measures: pl.DataFrame, *, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> Differences:
    """Compare what the playbook asks of people with the measures that are stored; nothing is written.

    Parameters
    ----------
    measures : pl.DataFrame
        As `core.decide.decide` gives them; times naive and local.
    outbreak : str
        Code of the outbreak.
    by : Scope
        On whose behalf, usually a named task.
    at : datetime
        Aware; when what is new, or renewed, is proposed.
    complete : bool
        Whether these are all measures of the outbreak inside the scope. Proposals of people who are not among them are
        then withdrawn; else only those of the people who are.

    Raises
    ------
    Refused
        When there is no such outbreak, or a person is not in the register inside the scope.
    """
    if find_outbreak(outbreak, by) is None:
        raise Refused(
            Text(
                f"没有疫情 {outbreak}，未提出措施；请先建立疫情",
                f"there is no outbreak {outbreak}, so no measure was proposed; create it first",
            )
        )
    ids = measures["person_id"].unique().sort().to_list()
    areas = areas_of_people(by, ids)
    unknown = sorted(set(ids) - set(areas["person_id"].to_list()))
    if unknown:
        raise Refused(
            Text(
                f"人员 {'、'.join(unknown[:5])} 不在人员库中，未提出措施；请先登记",
                f"no measure was proposed: {', '.join(unknown[:5])} is not in the register; register them first",
            )
        )
    rows = measures.join(areas, on="person_id").select(
        pl.lit(outbreak).alias("outbreak"),
        pl.col("person_id").alias("person"),
        "jurisdiction",
        "category",
        pl.col("measure").alias("kind"),
        "place_class",
        "start",
        "end",
        pl.col("clock_from").fill_null(""),
        "clock_at",
        _as_json("test_dates"),
        "rule",
        "reason_zh",
        "reason_en",
        "playbook",
        pl.lit(None, pl.String).alias("new_proposal"),
    )
    return compare(
        _MEASURES,
        rows,
        Measure.objects.within(by).filter(outbreak_id=outbreak),
        at=at,
        told=None if complete else rows.select("person").unique(),
        about={"outbreak": outbreak},
    )


def store(ready: Differences, *, by: Scope, at: dt.datetime) -> Written:
    """Write what differs, in one transaction with its trace; where nothing differs, nothing is written.

    A measure that a person has decided upon, even after it was compared, is never overwritten: where its proposal is
    another now, the row keeps that in `Measure.new_proposal` and its page says so.

    Parameters
    ----------
    ready : Differences
        From `to_store`, while nothing that it rests on was written since.
    by : Scope
        On whose behalf; it stands in the audit trail.
    at : datetime
        Aware.
    """
    return write(ready, by=by, at=at)


def propose_measures(
    *, measures: pl.DataFrame, outbreak: str, by: Scope, at: dt.datetime, complete: bool = True
) -> Written:
    """Store what the playbook asks of people; doing the same twice changes nothing.

    See `to_store` for the parameters and what is refused, `store` for what stays as people left it.
    """
    with writing():
        return store(to_store(measures, outbreak=outbreak, by=by, at=at, complete=complete), by=by, at=at)


def _as_json(name: str) -> pl.Expr:
    """Return a column of lists of dates as the text of JSON lists, as a whole column."""
    days = pl.col(name).list.eval(pl.element().dt.strftime('"%Y-%m-%d"')).list.join(", ")
    return pl.format("[{}]", days).alias(name)
