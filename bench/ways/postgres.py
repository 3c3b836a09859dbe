"""PostgreSQL as its experts would use it here.

Numbers for ids with tables of the texts, times as microseconds, loaded by binary COPY into an unlogged table, two
covering b-trees: (place, start) and (person, start), frozen, so that they are read alone. A range of time in one place
begins no earlier than the longest presence there before the one that it is held against: the table of places knows how
long that is. The second degree goes step by step over temporary tables that are analysed, or the planner would guess.
Answers come back as CSV by COPY, the fastest way out.
"""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import polars as pl

from bench.ways import ANSWER, MICROSECONDS, windows

ADDRESS = os.environ.get("LIANFANG_BENCH_POSTGRES", "postgres://postgres@127.0.0.1:5432/postgres")
SETTINGS = {
    "work_mem": "1GB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "12GB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    "max_parallel_maintenance_workers": "2",
    "temp_buffers": "256MB",
    "jit": "off",
}
BINARY_HEAD, BINARY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
EPOCH = dt.datetime(1970, 1, 1)
FILLER = "lianfang_bench_filler"

OWN_OF_CASES = """
    select l.case_id, p.person, p.place, p.kind, greatest(p.since, l.since) as since, least(p.until, l.until) as until
    from unnest(%(case)s::text[], %(person)s::text[], %(since)s::bigint[], %(until)s::bigint[])
         as l(case_id, person_id, since, until)
    join persons using (person_id)
    join presences p on p.person = persons.person and p.since < l.until and p.until > l.since"""
# "offset 0" has the planner walk the b-tree for each presence: left alone, it joins by place and sifts every pair.
MET = """
    select o.{key}, p.person, o.kind, greatest(o.since, p.since) as first, least(o.until, p.until) as last
    from ({own}) o join places using (place)
    cross join lateral (
        select person, since, until from presences p where p.place = o.place and p.since < o.until
               and p.since > o.since - places.longest and p.until > o.since offset 0) p
    where p.person <> o.person"""
ONE = f"""
    select case_id, person, kind, sum(last - first)::bigint as us, count(*) as encounters, min(first) as first,
           max(last) as last
    from ({MET.format(key="case_id", own=OWN_OF_CASES)}) m group by case_id, person, kind
    having sum(last - first) >= {MICROSECONDS} or kind = (select kind from kinds where place_kind = 'dwelling')"""
SECOND = f"""
create temp table carriers on commit drop as
    select distinct on (person) person as via, case_id, first as since
    from one where person not in (select person from ill) order by person, first, case_id;
create temp table known on commit drop as select person from one union select person from ill;
analyze carriers; analyze known;
create temp table theirs on commit drop as
    select c.via, p.person, p.place, p.kind, greatest(p.since, c.since) as since, least(p.until, %(as_of)s) as until
    from carriers c join presences p on p.person = c.via and p.since < %(as_of)s and p.until > c.since;
analyze theirs;
create temp table two on commit drop as
    select distinct on (person) * from (
        select via, person, kind, sum(last - first)::bigint as us, count(*) as encounters, min(first) as first,
               max(last) as last, min(first) filter (where last - first >= {MICROSECONDS} or kind =
               (select kind from kinds where place_kind = 'dwelling')) as begun
        from ({MET.format(key="via", own="select * from theirs")}) m
        where not exists (select from known where known.person = m.person)
        group by via, person, kind) g
    where begun is not null order by person, begun, via, kind;
"""
OUT_ONE = """select case_id, person_id, 1 as degree, null::text as via, place_kind, us, encounters, first, last
    from ({one}) o join persons using (person) join kinds using (kind)"""
OUT_TWO = """ union all select case_id, p.person_id, 2, v.person_id, place_kind, us, encounters, first, last
    from two join carriers using (via) join persons p using (person) join persons v on v.person = via
    join kinds using (kind)"""


class Here:
    """A database of its own, dropped by ``python -m bench --clear``."""

    def imports(self) -> None:
        import psycopg  # noqa: F401

    def _database(self, home: Path) -> str:
        return f"lianfang_bench_{home.parent.name}".replace("-", "_").lower()

    def _connect(self, database: str | None, **options: Any) -> Any:
        import psycopg

        address = urlparse(ADDRESS)
        if database:
            address = address._replace(path=f"/{database}")
        connection = psycopg.connect(address.geturl(), **options)
        connection.autocommit = True
        for name, value in SETTINGS.items():
            connection.execute(f"set {name} = '{value}'")
        return connection

    def drop(self, home: Path) -> None:
        """Remove the database."""
        with self._connect(None) as server:
            for name in (self._database(home), FILLER):
                server.execute(f"drop database if exists {name} with (force)")

    def build(self, data: Path, home: Path) -> None:
        self.drop(home)
        with self._connect(None) as server:
            server.execute(f"create database {self._database(home)} template template0 lc_collate 'C' lc_ctype 'C'")
        with self._connect(self._database(home)) as base:
            self._load(base, data, home)

    def _load(self, base: Any, data: Path, home: Path) -> None:
        import duckdb

        from bench.ways import duckdb_table

        # The texts become numbers on the way; a loader would do the same in its own memory.
        config = {"threads": 2, "memory_limit": "4GB", "temp_directory": str(home / "spill")}
        source = duckdb.connect(config=config)
        source.read_parquet(str(data / "presences.parquet")).create_view("raw")
        for statement in duckdb_table.BUILD[:3]:
            source.execute(statement)
        base.execute("create table persons (person integer primary key, person_id text unique)")
        base.execute("create table kinds (kind smallint primary key, place_kind text)")
        base.execute("create table place_ids (place integer primary key, place_id text)")
        for table, query in (
            ("persons", "select person, person_id from persons"),
            ("kinds", "select kind, place_kind from kinds"),
            ("place_ids", "select place, place_id from places"),
        ):
            with base.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
                for batch in pl.DataFrame(pl.from_arrow(source.sql(query).to_arrow_table())).iter_slices(500_000):
                    copy.write(batch.write_csv(include_header=False).encode())
        with base.transaction():
            base.execute(
                "create unlogged table presences (since bigint not null, until bigint not null, "
                "person integer not null, place integer not null, kind smallint not null)"
            )
            with base.cursor().copy("copy presences from stdin (format binary, freeze)") as copy:
                copy.write(BINARY_HEAD)
                for block in _blocks(source):
                    copy.write(block)
                copy.write(BINARY_END)
        base.execute("create index on presences (place, since) include (until, person)")
        base.execute("create index on presences (person, since) include (until, place, kind)")
        base.execute("create table places as select place, max(until - since) as longest from presences group by place")
        base.execute("alter table places add primary key (place)")
        base.execute("vacuum analyze")
        base.execute("checkpoint")

    def files(self, data: Path, home: Path) -> list[Path]:
        """Return the files of the database, where this machine shows them to this user."""
        with self._connect(self._database(home)) as base:
            number = base.execute("select oid from pg_database where datname = current_database()").fetchone()[0]
            folder = Path(base.execute("show data_directory").fetchone()[0]) / "base" / str(number)
        return [path for path in folder.glob("*") if path.is_file()] if os.access(folder, os.R_OK) else []

    def bytes(self, home: Path) -> int:
        """Return the bytes of the database, asked of the server."""
        with self._connect(self._database(home)) as base:
            return int(base.execute("select pg_database_size(current_database())").fetchone()[0])

    def empty(self) -> None:
        """Fill the server's own cache with something else, so that a first question finds nothing there.

        Needs the extension pg_prewarm, which comes with the server's contributed modules.
        """
        with self._connect(None) as server:
            if server.execute("select 1 from pg_database where datname = %s", (FILLER,)).fetchone() is None:
                server.execute(f"create database {FILLER} template template0")
        with self._connect(FILLER) as base:
            base.execute("create extension if not exists pg_prewarm")
            buffers = base.execute("select setting::bigint from pg_settings where name = 'shared_buffers'").fetchone()[
                0
            ]
            if base.execute("select to_regclass('filler')").fetchone()[0] is None:
                # A row fills more than half a page, so that each has one of its own.
                base.execute("create unlogged table filler as select repeat('x', 5000) as x from generate_series(1, 0)")
                base.execute("alter table filler alter x set storage plain")
                base.execute(
                    "insert into filler select repeat('x', 5000) from generate_series(1, %s)", (buffers + 999,)
                )
                base.execute("checkpoint")
            base.execute("select pg_prewarm('filler', 'buffer')")

    def open(self, data: Path, home: Path, as_of: dt.datetime) -> None:
        self.base = self._connect(self._database(home))
        self.backend = self.base.info.backend_pid
        self.as_of = as_of

    def limit(self, seconds: float) -> None:
        """Have the server itself end a statement that takes too long."""
        self.base.execute(f"set statement_timeout = {int(seconds * 1000)}")

    def ask(self, cases: pl.DataFrame, degrees: int) -> Any:
        from psycopg import ClientCursor

        spans = windows(cases, self.as_of)
        values: dict[str, Any] = {
            "case": spans["case_id"].to_list(),
            "person": spans["person_id"].to_list(),
            "since": spans["since"].dt.epoch("us").to_list(),
            "until": spans["until"].dt.epoch("us").to_list(),
            "as_of": (self.as_of - EPOCH) // dt.timedelta(microseconds=1),
        }
        cursor = ClientCursor(self.base)
        if degrees == 1:
            return self._out(cursor, OUT_ONE.format(one=ONE), values)
        with self.base.transaction():
            cursor.execute(f"create temp table one on commit drop as {ONE}", values)
            cursor.execute(
                "create temp table ill on commit drop as select person from persons "
                "where person_id = any(%(person)s); analyze one; analyze ill",
                values,
            )
            cursor.execute(SECOND, values)
            return self._out(cursor, OUT_ONE.format(one="select * from one") + OUT_TWO, values)

    def _out(self, cursor: Any, query: str, values: dict[str, Any]) -> bytes:
        with cursor.copy(f"copy ({cursor.mogrify(query, values)}) to stdout (format csv)") as copy:
            return b"".join(bytes(block) for block in copy)

    def answer(self, given: bytes) -> pl.DataFrame:
        schema = {**ANSWER, "first_contact": pl.Int64, "last_contact": pl.Int64}
        if not given:
            return pl.DataFrame(schema=ANSWER)
        rows = pl.read_csv(given, has_header=False, schema=schema)
        return rows.with_columns(pl.col("first_contact", "last_contact").cast(pl.Datetime("us")))

    def more_memory(self) -> float:
        """Return the peak of this session's server process, in MB; its parallel workers are not in it."""
        status = Path(f"/proc/{self.backend}/status")
        if not status.exists():
            return 0.0
        return max(
            (int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")),
            default=0.0,
        )


def _blocks(source: Any) -> Iterator[bytes]:
    """Rows in PostgreSQL's binary form: the number of fields, then each field after its length, big end first."""
    import numpy as np

    fields = {"since": ">i8", "until": ">i8", "person": ">i4", "place": ">i4", "kind": ">i2"}
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in fields.items():
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    query = """select epoch_us(start) as since, epoch_us("end") as until, person, place, kind::smallint as kind
               from raw join persons using (person_id) join places using (place_id) join kinds using (place_kind)"""
    reader = source.sql(query).to_arrow_reader(200_000)
    for batch in reader:
        block = np.empty(batch.num_rows, dtype=layout)
        block["count"] = len(fields)
        for name, kind in fields.items():
            block[f"{name}_length"] = int(kind[-1])
            block[name] = batch.column(name).to_numpy()
        yield block.tobytes()
