"""Contacts as the file of the contract."""

import polars as pl

from lianfang.kernel.cells import as_text
from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.text import Lang

CONTACT_COLUMNS = tuple(name for name in CONTACTS.names if name not in ("seat_unknown", "latest_exposure"))


def contacts_table(contacts: pl.DataFrame, *, lang: Lang) -> pl.DataFrame:
    """Return the rows of contacts.csv as text."""
    return as_text(contacts.select(CONTACT_COLUMNS))
