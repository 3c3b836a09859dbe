"""Plain SQL on the unsorted Parquet file, as one would write it into DuckDB's shell."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import ANSWER, MICROSECONDS, windows

FIRST = f"""
with own as (
    select w.case_id, p.person_id, p.place_id, p.place_kind,
           greatest(p.start, w.since) as start, least(p."end", w.until) as "end"
    from presences p join windows w using (person_id)
    where greatest(p.start, w.since) < least(p."end", w.until)),
met as (
    select own.case_id, p.person_id, own.place_kind,
           greatest(own.start, p.start) as first, least(own."end", p."end") as last
    from own join presences p on p.place_id = own.place_id and p.person_id <> own.person_id
         and p.start < own."end" and own.start < p."end"),
one as (
    select case_id, person_id, place_kind, sum(date_diff('microsecond', first, last))::bigint as microseconds,
           count(*) as encounters, min(first) as first_contact, max(last) as last_contact
    from met group by all
    having microseconds >= {MICROSECONDS} or place_kind = 'dwelling')
"""
SECOND = f""",
carriers as (
    select person_id as via, arg_min(case_id, (first_contact, case_id)) as case_id, min(first_contact) as since
    from one where person_id not in (select person_id from windows) group by all),
theirs as (
    select c.via, p.place_id, p.place_kind, greatest(p.start, c.since) as start, least(p."end", $as_of) as "end"
    from presences p join carriers c on p.person_id = c.via
    where p."end" > c.since and greatest(p.start, c.since) < least(p."end", $as_of)),
met2 as (
    select t.via, p.person_id, t.place_kind,
           greatest(t.start, p.start) as first, least(t."end", p."end") as last
    from theirs t join presences p on p.place_id = t.place_id and p.start < t."end" and t.start < p."end"
    where p.person_id not in (select person_id from windows) and p.person_id not in (select person_id from one)),
two as (
    select via, person_id, place_kind, sum(date_diff('microsecond', first, last))::bigint as microseconds,
           count(*) as encounters, min(first) as first_contact, max(last) as last_contact,
           min(first) filter (where date_diff('microsecond', first, last) >= {MICROSECONDS}
                              or place_kind = 'dwelling') as begun
    from met2 group by all),
best as (
    select * from two where begun is not null
    qualify row_number() over (partition by person_id order by begun, via, place_kind) = 1)
"""
ONE = """select case_id, person_id, 1 as degree, null::varchar as via_person_id, place_kind, microseconds, encounters,
                first_contact, last_contact from one"""
TWO = """union all
select case_id, person_id, 2, via, place_kind, microseconds, encounters, first_contact, last_contact
from best join carriers using (via)"""


class Here:
    """DuckDB on ``presences.parquet``."""

    def imports(self) -> None:
        import duckdb  # noqa: F401
        import pyarrow  # noqa: F401

    def build(self, data: Path, home: Path) -> None:
        """Nothing to build."""

    def files(self, data: Path, home: Path) -> list[Path]:
        return [data / "presences.parquet"]

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        import duckdb

        spill = str(home / "spill")
        self.base = duckdb.connect(config={"threads": 2, "memory_limit": "12GB", "temp_directory": spill})
        self.base.read_parquet(str(data / "presences.parquet")).create_view("presences")
        self.as_of = as_of

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        self.base.register("windows", windows(cases, self.as_of).to_arrow())
        if degrees == 1:
            return self.base.sql(f"{FIRST} {ONE}").to_arrow_table()
        return self.base.sql(f"{FIRST} {SECOND} {ONE} {TWO}", params={"as_of": self.as_of}).to_arrow_table()

    def answer(self, given: Any) -> pl.DataFrame:
        return pl.DataFrame(pl.from_arrow(given)).select(list(ANSWER))

    def more_memory(self) -> float:
        return 0.0
