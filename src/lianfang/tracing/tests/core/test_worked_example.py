"""The tables of the worked example in docs/algorithms/tracing.md are input and output of the tracer itself."""

import io
from pathlib import Path

import polars as pl

import lianfang
from lianfang.intake.write import write_csv

PAGE = Path(__file__).resolve().parents[5] / "docs/algorithms/tracing.md"


def tables(text: str) -> list[pl.DataFrame]:
    """Every table of a Markdown text, cells as text, empty cells null."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif found[-1]:
            found.append([])
    return [
        pl.DataFrame([[cell or None for cell in row] for row in rows[2:]], schema=rows[0], orient="row")
        for rows in found
        if rows
    ]


def held_to_the_page(engine: str):
    """Trace the page's tables with an engine and compare with the page's result, character by character."""
    example = PAGE.read_text("utf-8").split("## Worked example by hand")[1]
    cases, presences, expected = tables(example)
    got = lianfang.trace(cases, presences, degrees=2, engine=engine)
    out = io.BytesIO()
    write_csv(got, out)
    assert pl.read_csv(out.getvalue(), infer_schema=False).rows() == expected.rows()
    assert got.columns == expected.columns


def test_the_worked_example():
    held_to_the_page("duckdb")
