"""By which path a contact came to be known: found here, or told by another area."""

import polars as pl

from lianfang.kernel.cells import word_column
from lianfang.kernel.vocabulary import Word


class DiscoveryPath(Word):
    """The paths of the national contact record."""

    OWN = "own", "主动甄别", "Found by own investigation"
    OTHER_PROVINCE = "other_province", "外省协查", "Told by another province"
    OTHER_CITY = "other_city", "本省外市协查", "Told by another city of the province"
    OTHER_COUNTY = "other_county", "本市外区协查", "Told by another county of the city"


def discovery_paths(contacts: pl.DataFrame, interviews: pl.DataFrame) -> pl.Expr:
    """Return the path of each row of contacts.

    Parameters
    ----------
    contacts : pl.DataFrame
        ``case_id, person_id``.
    interviews : pl.DataFrame
        The list of contacts, whose column ``discovery_path`` may name the path, by its code or in words; of several
        rows of one case and person the first that names one.

    Returns
    -------
    pl.Expr
        A code, aligned with the rows of `contacts`. What no list tells was found by own investigation.
    """
    told = (
        interviews.select("case_id", "person_id", path=word_column(interviews, "discovery_path", DiscoveryPath))
        .drop_nulls("path")
        .unique(["case_id", "person_id"], keep="first", maintain_order=True)
    )
    joined = contacts.select("case_id", "person_id").join(
        told, on=["case_id", "person_id"], how="left", maintain_order="left"
    )
    return pl.lit(joined["path"].fill_null(DiscoveryPath.OWN.value))
