"""One list from its file into the database: read, its rows parted, the usable ones written in one transaction."""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from lianfang.intake.read import read_table
from lianfang.kernel.text import Lang, Text
from lianfang.setup.kinds import Asked, Came, Kind
from lianfang.setup.usable import usable

_READ, _CHECK, _WRITE = Text("读取", "reading"), Text("核对", "checking"), Text("写入", "writing")


def load_file(
    path: Path, kind: Kind, asked: Asked, *, lang: Lang, progress: Callable[[str, Text], None]
) -> tuple[Came, pl.DataFrame]:
    """Load a file; done again it writes the same again.

    Parameters
    ----------
    path : Path
        A file that `intake.read` reads.
    kind : Kind
    asked : Asked
        For whom, when, into which outbreak.
    lang : {"zh", "en"}
        Language of the reasons.
    progress : callable
        Told each step: a code and words.

    Returns
    -------
    came, refused
        What was written, and `kernel.schema.REFUSALS` of what was not.

    Raises
    ------
    Refused
        When the file as a whole cannot be used.
    """
    progress("read", _READ)
    table = read_table(path, kind.schema, lang=lang)
    progress("check", _CHECK)
    rows, refused = usable(kind, table, asked, lang)
    progress("write", _WRITE)
    return (kind.load(rows, asked) if rows.height else Came(0)), refused
