"""What a list that was sent could not be used for, as the file of its task."""

import polars as pl

from lianfang.kernel.text import Counted, Text
from lianfang.pages.exports import neutral
from lianfang.records.tasks.running import Running

NAME = "refused.csv"
_REFUSED = Counted(
    "；{n} 行无法使用，原因见任务页的文件",
    "; {n} row could not be used, the file on the task's page says why",
    "; {n} rows could not be used, the file on the task's page says why",
)


def keep_refused(running: Running, refused: pl.DataFrame) -> None:
    """Make the refused rows the file of a task, readable by spreadsheets, no text of which they take for a formula."""
    texts = [
        pl.col(name).map_elements(neutral, return_dtype=pl.String)
        for name, dtype in refused.schema.items()
        if dtype == pl.String
    ]
    with running.file(NAME) as file:
        file.write_bytes(b"\xef\xbb\xbf" + refused.with_columns(texts).write_csv().encode())


def with_refused(words: Text, number: int) -> Text:
    """Return what came of a list, and how many of its rows were refused, if any."""
    more = _REFUSED.format(n=number)
    return Text(words.zh + more.zh, words.en + more.en) if number else words
