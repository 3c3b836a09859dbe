"""What a list that was sent could not be used for, as the file of its task."""

import polars as pl

from lianfang.pages.exports import neutral
from lianfang.records.tasks.running import Running

NAME = "refused.csv"


def keep_refused(running: Running, refused: pl.DataFrame) -> None:
    """Make the refused rows the file of a task, readable by spreadsheets, no text of which they take for a formula."""
    texts = [
        pl.col(name).map_elements(neutral, return_dtype=pl.String)
        for name, dtype in refused.schema.items()
        if dtype == pl.String
    ]
    with running.file(NAME) as file:
        file.write_bytes(b"\xef\xbb\xbf" + refused.with_columns(texts).write_csv().encode())
