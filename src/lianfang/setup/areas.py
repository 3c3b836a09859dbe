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
    tree = jurisdictions_frame(BY)
    known = {(row["parent"] or "", row["name"]): row["code"] for row in tree.iter_rows(named=True)}
    areas = parse_outline(outline, top=top, known=known)
    return add_areas(areas=pl.DataFrame(areas, schema=Area._fields, orient="row"), by=by, at=at)


def add_areas(*, areas: pl.DataFrame, by: Account, at: dt.datetime) -> int:
    """Add areas, or renew their names. Who sets up without an area of their own stands at the highest afterwards.

    Parameters
    ----------
    areas : DataFrame
        ``code, name, level, parent`` (empty for the highest) and, if known, ``name_en``.
    by : Account
        Needs ``setup.areas``. Without an area it makes a whole tree, as long as there is none; with one it adds what
        lies below it.

    Raises
    ------
    Refused
        When an area lies outside of the account's own, or as `load_jurisdictions` says.
    """
    need(by, "setup.areas")
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
            inside = set(tree.filter(pl.col("path").str.starts_with(own.path))["code"])
            _need_inside(areas, inside, own.pk)
        rows = areas if "name_en" in areas.columns else areas.with_columns(name_en=pl.lit(""))
        load_jurisdictions(areas=rows.with_columns(pl.col("parent").fill_null("")), at=at, by=scope_of(by))
        if own is None:
            settle_account(account=by, area=_highest(areas), at=at, by=scope_of(by))
    return areas.height


def _highest(areas: pl.DataFrame) -> str:
    roots = areas.filter(pl.col("parent").fill_null("") == "")["code"].to_list()
    if len(roots) != 1:
        raise Refused(
            Text(
                f"有 {len(roots)} 个最高一级的地区，应当只有一个，请给其余各行填写上级",
                f"there are {len(roots)} highest areas where there should be one: give the others a parent",
            )
        )
    return str(roots[0])


def _need_inside(areas: pl.DataFrame, inside: set[str], own: str) -> None:
    """Refuse areas that do not end up below the own one: by what the list says, and by what is there."""
    listed = dict(areas.select("code", pl.col("parent").fill_null("")).iter_rows())
    for code in listed:
        at, steps = code, 0
        while at in listed and at != own and steps <= len(listed):
            at, steps = listed[at], steps + 1
        if at not in inside:
            raise Refused(Text(f"地区 {code} 不在您的辖区内", f"the area {code} does not lie inside your own"))
