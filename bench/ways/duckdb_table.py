"""DuckDB as its experts would use it here: numbers for ids, one table sorted by place, one by person, joined by day.

Joined by place alone, a visit to a shop is held against all its visitors of the whole period; so both sides are spread
over the days that they touch, and a pair is kept on the day on which its overlap begins.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from bench.ways import ANSWER, MICROSECONDS, windows

DAYS = "unnest(range(epoch_us({0}) // 86400000000, epoch_us({1}) // 86400000000 + 1)) as day"
BUILD = (
    "create table persons as select row_number() over (order by person_id)::integer as person, person_id "
    "from (select distinct person_id from raw)",
    "create table places as select row_number() over (order by place_id)::integer as place, place_id "
    "from (select distinct place_id from raw)",
    "create table kinds as select row_number() over (order by place_kind)::utinyint as kind, place_kind "
    "from (select distinct place_kind from raw)",
    'create table by_place as select place, start, "end", person, kind from raw join persons using (person_id) '
    "join places using (place_id) join kinds using (place_kind) order by place, start",
    'create table by_person as select person, start, "end", place, kind from by_place order by person, start',
)


def meeting(own: str, key: str, places: str, others: str = "") -> str:
    """Return SQL for the overlaps of a table of own presences with those of others, in `places`."""
    return f"""
    select l.{key}, r.person, l.kind, greatest(l.start, r.start) as first, least(l."end", r."end") as last,
           epoch_us(least(l."end", r."end")) - epoch_us(greatest(l.start, r.start)) as us
    from (select *, {DAYS.format("start", '"end"')} from {own}) l
    join (select place, person, start, "end", {DAYS.format("start", '"end"')} from by_place
          where place in ({places}) and start < (select max("end") from {own})
                and "end" > (select min(start) from {own}) {others}) r
    on l.place = r.place and l.day = r.day
    where r.person <> l.person and r.start < l."end" and l.start < r."end"
          and l.day = epoch_us(greatest(l.start, r.start)) // 86400000000"""


class Here:
    """DuckDB with tables of its own."""

    def imports(self) -> None:
        import duckdb  # noqa: F401
        import pyarrow  # noqa: F401

    def _connect(self, home: Path) -> Any:
        import duckdb

        config = {"threads": 2, "memory_limit": "12GB", "temp_directory": str(home / "spill")}
        return duckdb.connect(str(home / "presences.duckdb"), config=config)

    def build(self, data: Path, home: Path) -> None:
        base = self._connect(home)
        base.read_parquet(str(data / "presences.parquet")).create_view("raw")
        for statement in BUILD:
            base.execute(statement)
        base.execute("drop view raw; checkpoint")
        base.close()

    def files(self, data: Path, home: Path) -> list[Path]:
        return [home / "presences.duckdb"]

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        self.base, self.as_of = self._connect(home), as_of

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        base = self.base
        base.register("listed", windows(cases, self.as_of).to_arrow())
        base.execute("""
            create or replace temp table spans as
            select case_id, person, since, until from listed join persons using (person_id);
        """)
        base.execute(f"""
            create or replace temp table own as
            select s.case_id, p.person, p.place, p.kind, greatest(p.start, s.since) as start,
                   least(p."end", s.until) as "end"
            from by_person p join spans s on p.person = s.person
            where p.start < s.until and p."end" > s.since and p.person in ({self._values("person", "spans")})
        """)
        base.execute(f"""
            create or replace temp table one as
            select case_id, person, kind, sum(us)::bigint as microseconds, count(*) as encounters,
                   min(first) as first_contact, max(last) as last_contact
            from ({meeting("own", "case_id", self._values("place", "own"))}) group by all
            having microseconds >= {MICROSECONDS} or kind = (select kind from kinds where place_kind = 'dwelling')
        """)
        wanted = """select case_id, person_id, 1 as degree, null::varchar as via_person_id, place_kind, microseconds,
            encounters, first_contact, last_contact from one join persons using (person) join kinds using (kind)"""
        if degrees == 2:
            self._second()
            wanted += """ union all select case_id, p.person_id, 2, v.person_id, place_kind, microseconds, encounters,
                first_contact, last_contact from two join kinds using (kind) join persons p using (person)
                join persons v on v.person = two.via"""
        return base.sql(wanted).to_arrow_table()

    def _values(self, column: str, table: str) -> str:
        """Return a list of numbers, or a query where they are many: a list is held against each block's statistics."""
        values = self.base.execute(f"select distinct {column} from {table} limit 5001").fetchall()
        return (
            ", ".join(str(value) for (value,) in values) if 0 < len(values) <= 5000 else f"select {column} from {table}"
        )

    def _second(self) -> None:
        known = "and person not in (select person from spans union select person from one)"
        dwelling = "kind = (select kind from kinds where place_kind = 'dwelling')"
        self.base.execute(
            """
            create or replace temp table carriers as
            select person as via, arg_min(case_id, (first_contact, case_id)) as case_id, min(first_contact) as since
            from one where person not in (select person from spans) group by all;
            create or replace temp table theirs as
            select c.via, p.person, p.place, p.kind, greatest(p.start, c.since) as start,
                   least(p."end", $as_of) as "end"
            from by_person p join carriers c on p.person = c.via where p."end" > c.since and p.start < $as_of;
            """.replace("$as_of", f"timestamp '{self.as_of}'")
        )
        self.base.execute(
            f"""
            create or replace temp table two as
            select * from (
                select via, person, kind, sum(us)::bigint as microseconds, count(*) as encounters,
                       min(first) as first_contact, max(last) as last_contact,
                       min(first) filter (where us >= {MICROSECONDS} or {dwelling}) as begun
                from ({meeting("theirs", "via", self._values("place", "theirs"), known)}) group by all)
                join carriers using (via)
            where begun is not null qualify row_number() over (partition by person order by begun, via, kind) = 1
            """
        )

    def answer(self, given: Any) -> pl.DataFrame:
        return pl.DataFrame(pl.from_arrow(given)).select(list(ANSWER))

    def more_memory(self) -> float:
        return 0.0
