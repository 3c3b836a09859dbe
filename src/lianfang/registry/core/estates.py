"""Estates (小区, village): which one a list means by a word, and what the list says of it by that word alone."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from lianfang.kernel.vocabulary import AreaLevel, EstateKind

NAME_LENGTH = 120
"""The longest name of an estate, in characters."""

NO_COMMUNITY, ELSEWHERE, TOO_LONG = "no_community", "elsewhere", "too_long"
"""Why the word of a row means no estate: see `Found`."""

_VILLAGE = re.compile(r"(村|庄|屯|寨|村民小组|\d+组|[一二三四五六七八九十]+组|\bvillage)$", re.IGNORECASE)
_RESIDENTIAL = re.compile(
    r"(小区|新村|花园|家园|嘉园|公寓|社区|宿舍|家属院|大院|[苑园里坊城府庭邸居]|[一二三四五六七八九十\d]+[区期]|\bestate)$",
    re.IGNORECASE,
)

_KNOWN = ("code", "name", "jurisdiction")
_FRESH = ("code", "name", "kind", "jurisdiction")


def estate_name(text: str) -> str:
    """Return a name in the one form in which it is kept: NFKC, one space where there are some."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def estate_names(texts: pl.Series) -> pl.Series:
    """Return many names as `estate_name` does."""
    return texts.str.normalize("NFKC").str.replace_all(r"\s+", " ").str.strip_chars()


def estate_kind(name: str) -> str:
    """Return the kind that a name tells by its end; a code of `EstateKind`, ``other`` where it tells none."""
    if _RESIDENTIAL.search(name):
        return EstateKind.RESIDENTIAL.value
    return EstateKind.VILLAGE.value if _VILLAGE.search(name) else EstateKind.OTHER.value


def estate_code(community: str, name: str) -> str:
    """Return the code of an estate that a list only names: the same for the same name in the same community."""
    return f"{community}-{hashlib.blake2s(name.encode(), digest_size=5).hexdigest()}"


def address_line(address: str, estate: str) -> str:
    """Return an address with its estate, unless the address says it already."""
    return " · ".join(part for part in (address, "" if estate in address else estate) if part)


def communities_of(areas: pl.DataFrame) -> pl.DataFrame:
    """Return the community that each area lies in, or is.

    Parameters
    ----------
    areas : DataFrame
        ``code, level, path``: the path is the codes from the root down, each followed by a slash.

    Returns
    -------
    DataFrame
        ``jurisdiction, path, community``, a row for each area; nothing where it lies above the communities.
    """
    own = areas.filter(pl.col("level") == AreaLevel.COMMUNITY.value).select(pl.col("code").alias("community"))
    above = areas.select("code", community=pl.col("path").str.strip_chars_end("/").str.split("/")).explode("community")
    found = above.join(own, on="community", how="semi").unique("code", keep="last", maintain_order=True)
    return areas.select("code", "path").join(found, on="code", how="left").rename({"code": "jurisdiction"})


@dataclass(frozen=True)
class Found:
    """What the words of a list mean.

    Attributes
    ----------
    estate : Series of String
        The estate's code for each row; nothing where the cell is empty or means none.
    problem : Series of String
        ``no_community`` (the row's area lies above the communities, and the word is no code), ``elsewhere`` (the word
        is the code of an estate outside of the row's community), ``too_long``; nothing where there is none.
    fresh : DataFrame
        ``code, name, kind, jurisdiction`` of the estates that nobody knew.
    """

    estate: pl.Series
    problem: pl.Series
    fresh: pl.DataFrame


def find_estates(rows: pl.DataFrame, *, areas: pl.DataFrame, known: pl.DataFrame) -> Found:
    """Say which estate each row of a list stands in.

    A word is first the name of an estate of the row's own community, then a code, then the name of a new one there. A
    row whose area lies above the communities names an estate inside that area by its code.

    Parameters
    ----------
    rows : DataFrame
        ``jurisdiction, estate``: the area's code and what the list says.
    areas : DataFrame
        ``code, level, path``, with every area that `rows` names.
    known : DataFrame
        ``code, name, jurisdiction`` of the estates of the register.

    Returns
    -------
    Found
        In the order of `rows`.
    """
    home = communities_of(areas)
    known = known.select(pl.col(_KNOWN).cast(pl.String))
    by_name = known.select(pl.col("jurisdiction").alias("community"), word="name", named="code")
    by_code = known.join(home.select("jurisdiction", "path"), on="jurisdiction").select(
        pl.col("code").alias("typed"), coded="code", lies="jurisdiction", lies_path="path"
    )
    asked = rows.select(
        pl.col("jurisdiction").cast(pl.String), typed=pl.col("estate").cast(pl.String).str.strip_chars()
    )
    asked = asked.with_columns(word=estate_names(asked["typed"])).with_columns(
        word=pl.when(pl.col("word") != "").then(pl.col("word"))
    )
    for other, key in ((home, ["jurisdiction"]), (by_name, ["community", "word"]), (by_code, ["typed"])):
        asked = asked.join(other, on=key, how="left", maintain_order="left")
    at_home = (pl.col("lies") == pl.col("community")).fill_null(False)
    inside = pl.col("community").is_null() & pl.col("lies_path").str.starts_with(pl.col("path")).fill_null(False)
    by_word = pl.col("word").is_not_null() & pl.col("named").is_null()
    asked = asked.with_columns(
        problem=pl.when(~by_word | at_home | inside)
        .then(None)
        .when(pl.col("coded").is_not_null())
        .then(pl.lit(ELSEWHERE))
        .when(pl.col("community").is_null())
        .then(pl.lit(NO_COMMUNITY))
        .when(pl.col("word").str.len_chars() > NAME_LENGTH)
        .then(pl.lit(TOO_LONG))
    )
    is_new = by_word & pl.col("coded").is_null() & pl.col("problem").is_null()
    fresh = asked.filter(is_new).select(jurisdiction="community", name="word").unique(maintain_order=True)
    made = [estate_code(*row) for row in fresh.iter_rows()]
    kinds = [estate_kind(name) for name in fresh["name"]]
    fresh = fresh.with_columns(pl.Series("code", made, pl.String), pl.Series("kind", kinds, pl.String)).select(_FRESH)
    new = fresh.select(pl.col("jurisdiction").alias("community"), word="name", made="code")
    asked = asked.join(new, on=["community", "word"], how="left", maintain_order="left")
    means = pl.coalesce("named", pl.when(pl.col("problem").is_null()).then("coded"), "made")
    return Found(asked.select(estate=means).to_series(), asked["problem"], fresh)
