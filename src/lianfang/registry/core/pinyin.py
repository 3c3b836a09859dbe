"""The search key of a name: its initials and its full pinyin, so that 欧阳晓 is found by ``oyx`` and by ``ouyang``.

A key is a list of readings between bars, ``|oyx|ouyangxiao|``; a search looks for ``|`` and the letters typed, so that
both the initials and the full form match from their beginning. A surname with a reading of its own (单 is *shàn* as a
surname and *dān* otherwise) gives both.
"""

import polars as pl

SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge",
    "翟": "zhai", "员": "yun", "覃": "qin", "乐": "yue", "华": "hua", "缪": "miao", "召": "shao", "折": "she",
    "种": "chong", "重": "chong", "秘": "bi", "冼": "xian", "洗": "xian", "尉迟": "yuchi", "万俟": "moqi",
    "长孙": "zhangsun", "宓": "fu",
    "逄": "pang", "祭": "zhai", "黑": "he", "会": "gui", "贾": "jia", "吕": "lv", "纪": "ji",
}  # fmt: skip
"""Readings that a character has when it is a surname (Xinhua dictionary); others are read as everywhere."""


def pinyin_keys(names: pl.Series) -> pl.Series:
    """Return the search keys of a column of names.

    Each different character is looked up once, the rest is done in columns.

    Parameters
    ----------
    names : Series of String

    Returns
    -------
    Series of String
        Keys of at most 160 characters; empty for an empty name. Latin letters and digits stay, in lower case.
    """
    from pypinyin import Style, lazy_pinyin

    plain = names.cast(pl.String).fill_null("").str.normalize("NFKC").str.to_lowercase()
    clean = plain.str.replace_all(r"[\s·•.,'|-]", "")
    unique = pl.DataFrame({"name": clean.unique(maintain_order=True)}).filter(pl.col("name") != "")
    if unique.is_empty():
        return pl.Series(names.name, [""] * names.len(), dtype=pl.String)
    letters = unique.select("name", letter=pl.col("name").str.extract_all(r".")).explode("letter", empty_as_null=True)
    known = letters["letter"].unique(maintain_order=True)
    reading = {c: lazy_pinyin(c, style=Style.NORMAL, errors="default")[0] for c in known}
    letters = letters.with_columns(
        sound=pl.col("letter").replace_strict(list(reading), list(reading.values()), return_dtype=pl.String)
    )
    read = letters.group_by("name", maintain_order=True).agg(
        full=pl.col("sound").str.join(""), initials=pl.col("sound").str.slice(0, 1).str.join(""), sounds=pl.col("sound")
    )
    surname = pl.coalesce(
        *[pl.when(pl.col("name").str.starts_with(s)).then(pl.lit(s)) for s in sorted(SURNAMES, key=len, reverse=True)]
    )
    own = surname.replace_strict(list(SURNAMES), list(SURNAMES.values()), default=None, return_dtype=pl.String)
    count = surname.str.len_chars()
    read = read.with_columns(own=own, count=count).with_columns(
        own_full=pl.col("own") + pl.col("sounds").list.slice(pl.col("count")).list.join(""),
        own_initials=pl.when(pl.col("count") == 1).then(
            pl.col("own").str.slice(0, 1) + pl.col("initials").str.slice(1)
        ),
    )
    key = pl.concat_str(
        pl.lit("|"),
        pl.concat_list("initials", "full", "own_initials", "own_full").list.drop_nulls()
        .list.unique(maintain_order=True).list.join("|"),
        pl.lit("|"),
    )  # fmt: skip
    keys = read.select("name", key=key.str.slice(0, 160))
    return (
        pl.DataFrame({"name": clean})
        .join(keys, on="name", how="left", maintain_order="left")["key"]
        .fill_null("")
        .alias(names.name)
    )


def pinyin_key(name: str | None) -> str:
    """Return the search key of one name."""
    return str(pinyin_keys(pl.Series("name", [name], dtype=pl.String))[0])
