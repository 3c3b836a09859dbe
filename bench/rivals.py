"""The same question asked in other ways: one process each, so that time and memory are its own.

    python -m bench.rivals WAY FOLDER

prints one line of JSON: the rows found and the sum of their minutes, which must agree between the ways.
"""

import datetime as dt
import json
import sys
from pathlib import Path

LOOKBACK, MINUTES = 2, 15


def windows(folder: Path) -> "object":
    """The infectious windows, by hand: two days before onset to isolation, else to the end."""
    import pandas as pd

    cases = pd.read_csv(folder / "cases.csv", parse_dates=["onset_date", "isolated_at"])
    cases["since"] = cases.onset_date.dt.normalize() - pd.Timedelta(days=LOOKBACK)
    return cases


def with_pandas(folder: Path) -> tuple[int, float]:
    """Degree 1 with ``pandas.merge`` on the place, as one would write it in a notebook."""
    import numpy as np
    import pandas as pd

    cases = windows(folder)
    presences = pd.read_parquet(folder / "presences.parquet")
    cases["until"] = cases.isolated_at.fillna(presences.end.max())
    own = presences.merge(cases[["case_id", "person_id", "since", "until"]], on="person_id")
    own["start"] = own[["start", "since"]].max(axis=1)
    own["end"] = own[["end", "until"]].min(axis=1)
    own = own[own.start < own.end]
    pairs = own.merge(presences[presences.place_id.isin(own.place_id)], on="place_id", suffixes=("", "_met"))
    pairs = pairs[pairs.person_id != pairs.person_id_met]
    first = np.maximum(pairs.start.values, pairs.start_met.values)
    last = np.minimum(pairs.end.values, pairs.end_met.values)
    pairs["minutes"] = (last - first) / np.timedelta64(1, "m")
    pairs = pairs[pairs.minutes > 0]
    found = pairs.groupby(["case_id", "person_id_met", "place_kind"], observed=True).minutes.sum().reset_index()
    found = found[(found.minutes >= MINUTES) | (found.place_kind == "dwelling")]
    return len(found), float(found.minutes.sum())


_FIRST = """
with latest as (select max("end") as t from presences),
windows as (select case_id, person_id, date_trunc('day', onset_date) - interval 2 day as since,
                   coalesce(isolated_at, (select t from latest)) as until from cases),
own as (select w.case_id, p.person_id, p.place_id, p.place_kind,
               greatest(p.start, w.since) as start, least(p."end", w.until) as "end"
        from presences p join windows w using (person_id)
        where greatest(p.start, w.since) < least(p."end", w.until)),
met as (select own.case_id, p.person_id, own.place_kind,
               greatest(own.start, p.start) as first, least(own."end", p."end") as last
        from own join presences p on p.place_id = own.place_id and p.person_id <> own.person_id
             and p.start < own."end" and own.start < p."end"),
one as (select case_id, person_id, place_kind, sum(date_diff('microsecond', first, last)) / 60e6 as minutes,
               min(first) as first_contact
        from met group by all
        having minutes >= 15 or place_kind = 'dwelling')
"""
_SECOND = """,
carriers as (select person_id, min(first_contact) as since from one
             where person_id not in (select person_id from cases) group by all),
theirs as (select c.person_id as via, p.place_id, p.place_kind, greatest(p.start, c.since) as start, p."end"
           from presences p join carriers c using (person_id) where p."end" > c.since),
met2 as (select t.via, p.person_id, t.place_kind, greatest(t.start, p.start) as first, least(t."end", p."end") as last
         from theirs t join presences p on p.place_id = t.place_id and p.start < t."end" and t.start < p."end"
         where p.person_id not in (select person_id from cases) and p.person_id not in (select person_id from one)),
two as (select via, person_id, place_kind, sum(date_diff('microsecond', first, last)) / 60e6 as minutes,
               min(first) filter (where date_diff('microsecond', first, last) >= 15 * 60e6 or place_kind = 'dwelling')
                   as begun
        from met2 group by all),
best as (select *, row_number() over (partition by person_id order by begun, via, place_kind) as rank
         from two where begun is not null)
"""
_COUNT_ONE = "select count(*), sum(minutes) from one"
_COUNT_TWO = """
select n1 + n2, m1 + m2 from (select count(*) n1, sum(minutes) m1 from one),
                             (select count(*) n2, sum(minutes) m2 from best where rank = 1)
"""


def _with_sql(folder: Path, query: str) -> tuple[int, float]:
    import duckdb

    connection = duckdb.connect()
    connection.read_parquet(str(folder / "presences.parquet")).create_view("presences")
    cases = connection.read_csv(str(folder / "cases.csv"))
    columns = "case_id, person_id, onset_date::timestamp as onset_date, isolated_at::timestamp as isolated_at"
    cases.select(columns).create("cases")
    rows, minutes = connection.execute(query).fetchone() or (0, 0.0)
    return int(rows), float(minutes or 0)


def with_sql(folder: Path) -> tuple[int, float]:
    """Degree 1 in plain SQL on the unsorted file."""
    return _with_sql(folder, f"{_FIRST} {_COUNT_ONE}")


def with_sql_two(folder: Path) -> tuple[int, float]:
    """Both degrees in plain SQL on the unsorted file."""
    return _with_sql(folder, f"{_FIRST} {_SECOND} {_COUNT_TWO}")


def with_lianfang(folder: Path, degrees: int = 1) -> tuple[int, float]:
    """The library, as in a notebook."""
    import lianfang

    found = lianfang.trace(
        folder / "cases.csv",
        folder / "presences.parquet",
        lookback=LOOKBACK,
        min_minutes=MINUTES,
        degrees=degrees,  # type: ignore[arg-type]
    )
    return found.height, float(found["minutes"].sum())


def with_lianfang_two(folder: Path) -> tuple[int, float]:
    """The library, both degrees."""
    return with_lianfang(folder, 2)


WAYS = {
    "lianfang-1": with_lianfang,
    "duckdb-1": with_sql,
    "pandas-1": with_pandas,
    "lianfang-2": with_lianfang_two,
    "duckdb-2": with_sql_two,
}

if __name__ == "__main__":
    way, folder = sys.argv[1:]
    began = dt.datetime.now()  # noqa: DTZ005
    rows, minutes = WAYS[way](Path(folder))
    seconds = (dt.datetime.now() - began).total_seconds()  # noqa: DTZ005
    print(json.dumps({"rows": rows, "minutes": round(minutes, 1), "seconds": seconds}))
