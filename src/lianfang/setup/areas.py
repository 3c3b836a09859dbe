"""The door to making the tree of areas: typed as an outline, or from a list."""

import datetime as dt

import polars as pl

from lianfang.access.models import Account
from lianfang.access.scope import scope_of, system_scope
from lianfang.access.selectors import jurisdictions_frame
from lianfang.access.services import load_jurisdictions, need, settle_account
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.setup.core.outline import Area, parse_outline

BY = system_scope("setup")


def make_areas(*, outline: str, top: str, by: Account, at: dt.datetime) -> int:
    """Make the tree of areas from an outline, or lengthen it; see `core.outline.parse_outline`.

    Returns
    -------
    int
        How many areas the outline has.

    Raises
    ------
    Refused
        When the outline does not fit, or an area lies outside of the account's own.
    """
    tree, own = jurisdictions_frame(BY), by.jurisdiction_id
    # The outline begins with the account's own area, wherever that lies.
    known = {
        ("" if row["code"] == own else row["parent"] or "", row["name"]): row["code"]
        for row in tree.iter_rows(named=True)
    }
    areas = parse_outline(outline, top=top, known=known)
    return add_areas(areas=pl.DataFrame(areas, schema=Area._fields, orient="row"), by=by, at=at)


def add_areas(*, areas: pl.DataFrame, by: Account, at: dt.datetime) -> int:
    """Add areas, or renew their names. Who sets up without an area of their own stands at the highest afterwards.

    Parameters
    ----------
    areas : DataFrame
        ``code, name, level`` and, if known, ``name_en`` and ``parent``, which is empty for the highest.
    by : Account
        Needs ``setup.areas``. Without an area it makes a whole tree, as long as there is none; with one it adds what
        lies below it.

    Raises
    ------
    Refused
        When an area lies outside of the account's own, is there already under another parent, or as
        `load_jurisdictions` says.
    """
    need(by, "setup.areas")
    rows = areas.with_columns(
        pl.col(name).fill_null("") if name in areas.columns else pl.lit("").alias(name)
        for name in ("parent", "name_en")
    )
    with writing():
        tree = jurisdictions_frame(BY)
        own = by.jurisdiction
        if own is None and tree.height:
            raise Refused(
                Text(
                    "您的账号没有辖区，不能改动已有的辖区",
                    "your account has no area: it cannot change areas that are there",
                )
            )
        if own is not None:
            stays = (pl.col("code") == own.pk) & (pl.col("parent") == "")
            rows = rows.with_columns(parent=pl.when(stays).then(pl.lit(own.parent_id or "")).otherwise("parent"))
            _need_unmoved(rows, tree)
            _need_inside(rows, set(tree.filter(pl.col("path").str.starts_with(own.path))["code"]), own.pk)
        load_jurisdictions(areas=rows, at=at, by=scope_of(by))
        if own is None:
            settle_account(account=by, area=_highest(rows), at=at, by=scope_of(by))
    return rows.height


def _highest(areas: pl.DataFrame) -> str:
    roots = areas.filter(pl.col("parent") == "")["code"].to_list()
    if len(roots) != 1:
        raise Refused(
            Text(
                f"有 {len(roots)} 个最高一级的地区，应当只有一个，请给其余各行填写上级",
                f"there are {len(roots)} highest areas where there should be one: give the others a parent",
            )
        )
    return str(roots[0])


def _need_unmoved(areas: pl.DataFrame, tree: pl.DataFrame) -> None:
    """Refuse to move an area: whoever could would take one of others, with all its rows, below their own."""
    there = tree.select("code", stands=pl.col("parent").fill_null(""))
    moved = areas.join(there, on="code").filter(pl.col("parent") != pl.col("stands"))
    if moved.height:
        code, stands = moved.select("code", "stands").row(0)
        raise Refused(
            Text(
                f"地区 {code} 已在{f' {stands} 之下' if stands else '最高一级'}，不能移动",
                f"the area {code} is there already, {f'below {stands}' if stands else 'as a highest one'}: "
                "areas are not moved",
            )
        )


def _need_inside(areas: pl.DataFrame, inside: set[str], own: str) -> None:
    """Refuse areas that do not end up below the own one: by what the list says, and by what is there."""
    listed = dict(areas.select("code", "parent").iter_rows())
    for code in listed:
        at, steps = code, 0
        while at in listed and at != own and steps <= len(listed):
            at, steps = listed[at], steps + 1
        if at not in inside:
            raise Refused(Text(f"地区 {code} 不在您的辖区内", f"the area {code} does not lie inside your own"))
