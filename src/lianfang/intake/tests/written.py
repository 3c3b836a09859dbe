"""Which rows are really written, as the database itself tells it: triggers that last as long as the test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models

_LOG = "test_written"


@contextmanager
def rows_written(*written: type[models.Model]) -> Iterator[list[tuple[str, str]]]:
    """Give a list that holds table and kind of each row written inside, once the block is left."""
    told: list[tuple[str, str]] = []
    tables = [model._meta.db_table for model in written]
    with connection.cursor() as cursor:
        for statement in (f"CREATE TEMPORARY TABLE {_LOG} (name text, kind text)", *_function(), *_triggers(tables)):
            cursor.execute(statement)
        try:
            yield told
            cursor.execute(f"SELECT name, kind FROM {_LOG} ORDER BY name, kind")
            told.extend(cursor.fetchall())
        finally:
            on_table = connection.vendor == "postgresql"
            for table in tables:
                for kind in ("insert", "update", "delete"):
                    cursor.execute(f"DROP TRIGGER {_LOG}_{table}_{kind}" + (f" ON {table}" if on_table else ""))
            cursor.execute(f"DROP TABLE {_LOG}")


def _function() -> list[str]:
    if connection.vendor != "postgresql":
        return []
    return [
        f"CREATE OR REPLACE FUNCTION pg_temp.{_LOG}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN INSERT INTO {_LOG} VALUES (TG_TABLE_NAME, lower(TG_OP)); RETURN NULL; END $$"
    ]


def _triggers(tables: list[str]) -> list[str]:
    made = []
    for table in tables:
        for kind in ("insert", "update", "delete"):
            head = f"TRIGGER {_LOG}_{table}_{kind} AFTER {kind.upper()} ON"
            if connection.vendor == "postgresql":
                made.append(f"CREATE {head} {table} FOR EACH ROW EXECUTE FUNCTION pg_temp.{_LOG}()")
            else:
                # A temporary trigger may write to a temporary table; one of the database itself may not.
                note = f"INSERT INTO {_LOG} VALUES ('{table}', '{kind}')"
                made.append(f"CREATE TEMPORARY {head} main.{table} BEGIN {note}; END")
    return made
