"""What the converters share: their command line and how they write."""

import argparse
from collections.abc import Callable
from pathlib import Path

import polars as pl

Tables = dict[str, pl.DataFrame]


def find(folder: Path, name: str) -> Path:
    """Return a file of the folder, compressed or not.

    Raises
    ------
    SystemExit
        With one line that names the file when it is not there.
    """
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise SystemExit(f"{folder / name} is not there: give the folder that holds the published files")


def write(out: Path, tables: Tables) -> None:
    """Write each table to ``<out>/<name>.csv``."""
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_csv(out / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S")
        print(f"{out / name}.csv: {table.height} rows")


def run(convert: Callable[..., Tables], doc: str, **options: str) -> None:
    """Run a converter as ``python -m examples.NAME IN OUT``; each option is a switch with its help."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("source", type=Path, metavar="IN", help="folder with the published files")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write, for lianfang respond")
    for name, words in options.items():
        parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=words)
    given = vars(parser.parse_args())
    source, out = given.pop("source"), given.pop("out")
    write(out, convert(source, **given))
