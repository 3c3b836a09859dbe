"""The estates of a load: those of their own list, and those that places, buildings and persons are said to stand in."""

from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db.models import F, Q

from lianfang.access.scope import system_scope
from lianfang.access.turns import writing
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import AreaLevel, EstateKind
from lianfang.records.frames import frame_of
from lianfang.records.upsert import update_frame, upsert_frame
from lianfang.registry.core.estates import ELSEWHERE, Found, estate_kind, estate_names, find_estates
from lianfang.registry.models import Building, Estate, Place
from lianfang.registry.services.columns import estate_columns, key

_EVERYTHING = system_scope("registry")


def estates_ready(estates: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Return the table of estates from a list of them: names in one form, and the kind where the list tells none.

    Parameters
    ----------
    estates : DataFrame
        ``code, name, kind, jurisdiction, longitude, latitude, footprint``, as `load_register` takes them.
    areas : DataFrame
        ``code, level``, with every area that the list names.

    Raises
    ------
    Refused
        When a row has no code or name, a kind that is none, an area that is no community, or the name of another
        estate of its community.
    """
    made = estates.select(**estate_columns(estates))
    made = made.with_columns(name=estate_names(made["name"]))
    kinds = [kind or estate_kind(name) for kind, name in made.select("kind", "name").iter_rows()]
    made = made.with_columns(kind=pl.Series(kinds, dtype=pl.String))
    communities = areas.filter(pl.col("level") == AreaLevel.COMMUNITY.value)["code"]
    held = _known().select(jurisdiction_id="jurisdiction", name="name", holder="code")
    double = pl.concat([made.select("jurisdiction_id", "name", holder="code"), held]).unique()
    double = made.join(double, on=["jurisdiction_id", "name"]).filter(pl.col("holder") != pl.col("code"))
    _refuse_first(
        made.filter(pl.col("code").fill_null("") == "").with_columns(code=pl.col("name")),
        Text("没有代码，请补上", "have no code: fill it in"),
    )
    _refuse_first(made.filter(pl.col("name") == ""), Text("没有名称，请补上", "have no name: fill it in"))
    _refuse_first(
        made.filter(~pl.col("kind").is_in(EstateKind.codes())),
        Text(
            f"的类别不在 {'、'.join(EstateKind.codes())} 之中，请改正",
            f"have a kind that is none of {', '.join(EstateKind.codes())}: correct it",
        ),
    )
    _refuse_first(
        made.filter(~pl.col("jurisdiction_id").is_in(communities.implode())),
        Text(
            "的辖区不是社区（村）：请填写所在社区的代码", "name an area that is no community: give the community's code"
        ),
    )
    _refuse_first(
        double,
        Text(
            "与同一社区内另一代码的小区同名：请沿用已登记的代码，或改名",
            "bear the name of an estate of that community with another code: use the registered code, or another name",
        ),
    )
    return made


def _refuse_first(strange: pl.DataFrame, what: Text) -> None:
    if strange.height:
        row = strange.row(0, named=True)
        raise Refused(
            Text(
                f"estates：{strange.height} 行{what.zh}，例如 {row['code']}（“{row['name']}”）",
                f"estates: {strange.height} rows {what.en}; such as {row['code']} ('{row['name']}')",
            )
        )


@dataclass(frozen=True)
class Placed:
    """A list whose column ``estate`` holds codes of the register.

    Attributes
    ----------
    frame : DataFrame
        The list.
    fresh : int
        Estates that were new and are registered now.
    without : list of str
        Keys of the rows that are taken without the estate that they name: nobody can say which it is.
    """

    frame: pl.DataFrame
    fresh: int
    without: list[str]


def place_rows(name: str, frame: pl.DataFrame, key_column: str, areas: pl.DataFrame, *, is_strict: bool) -> Placed:
    """Turn the column ``estate`` of a list, a code or a name, into codes, and register the estates that are new.

    Parameters
    ----------
    name : str
        Of the list.
    frame : DataFrame
        Has ``estate``, ``jurisdiction`` and `key_column`; every area is known.
    areas : DataFrame
        All areas: ``code, level, path``.
    is_strict : bool
        Whether a row that names an estate of another community is refused; else it is taken without.

    Raises
    ------
    Refused
        See `is_strict`.
    """
    asked = frame.select(jurisdiction=key(frame, "jurisdiction"), estate=key(frame, "estate"))
    found: Found = find_estates(asked, areas=areas, known=_known())
    elsewhere = frame.filter(found.problem == ELSEWHERE)
    if is_strict and elsewhere.height:
        row = elsewhere.row(0, named=True)
        raise Refused(
            Text(
                f"{name}：{elsewhere.height} 行所写的小区属于另一社区，例如 {row[key_column]}（“{row['estate']}”）；"
                "请更正小区或辖区",
                f"{name}: {elsewhere.height} rows name an estate of another community, such as {row[key_column]} "
                f"('{row['estate']}'); correct the estate or the area",
            )
        )
    with writing():
        upsert_frame(Estate, found.fresh.rename({"jurisdiction": "jurisdiction_id"}), key=["code"])
    without = frame.filter(found.problem.is_not_null())[key_column].cast(pl.String).to_list()
    return Placed(frame.with_columns(found.estate.alias("estate")), found.fresh.height, without)


def settle_buildings(places: pl.DataFrame) -> pl.DataFrame:
    """Let the buildings of a list of places stand where their places do; return the list with the rest of its estates.

    Parameters
    ----------
    places : DataFrame
        ``place_id, estate`` and perhaps ``building``; the estates as codes, the buildings registered.

    Returns
    -------
    DataFrame
        The same without the estate of a place that is in a building: it follows from the building.

    Raises
    ------
    Refused
        When one building would stand in two estates.
    """
    building = key(places, "building")
    told = places.select("place_id", building=building, estate="estate").drop_nulls()
    rows = Building.objects.within(_EVERYTHING).exclude(estate=None) if told.height else Building.unscoped.none()
    stored = frame_of(rows, {"building": ("code", pl.String()), "stands": ("estate_id", pl.String())})
    told = told.join(stored, on="building", how="left", maintain_order="left")
    first = pl.coalesce("stands", pl.col("estate").first().over("building"))
    split = told.with_columns(first=first).filter(pl.col("estate") != pl.col("first"))
    if split.height:
        row = split.row(0, named=True)
        raise Refused(
            Text(
                f"places：{split['building'].n_unique()} 栋楼分属两个小区，例如 {row['building']}："
                f"{row['first']} 与 {row['estate']}（{row['place_id']}）；请更正，或先用 buildings 清单改楼栋的小区",
                f"places: {split['building'].n_unique()} buildings would stand in two estates, such as "
                f"{row['building']} in {row['first']} and in {row['estate']} ({row['place_id']}); correct them, or "
                "renew the building's estate by the list of buildings first",
            )
        )
    new = told.filter(pl.col("stands").is_null()).unique("building", maintain_order=True)
    with writing():
        update_frame(Building, new.select(code="building", estate_id="estate"), key="code", update=["estate_id"])
    return places.with_columns(estate=pl.when(building.is_null()).then("estate"))


def need_one_community_each() -> None:
    """Refuse a load after which a building or place stands in an estate of another community; inside its transaction.

    Asked of the register as it stands afterwards: an estate may have moved under its buildings, too.
    """
    own, estates = "jurisdiction__path", "estate__jurisdiction__path"
    fits = Q(**{f"{own}__startswith": F(estates)}) | Q(**{f"{estates}__startswith": F(own)})
    for model in (Building, Place):
        manager: Any = model.objects
        apart = manager.within(_EVERYTHING).exclude(estate=None).exclude(fits).order_by("pk")
        row = apart.values_list("pk", "estate_id").first()
        if row is not None:
            raise Refused(
                Text(
                    f"{row[0]} 所在的小区 {row[1]} 属于另一社区：请更正它的小区或辖区，或小区的社区",
                    f"{row[0]} stands in the estate {row[1]} of another community: correct its estate or its area, or "
                    "the community of the estate",
                )
            )


def _known() -> pl.DataFrame:
    text = pl.String()
    columns: dict[str, tuple[str, pl.DataType]] = {"code": ("code", text), "name": ("name", text)}
    return frame_of(Estate.objects.within(_EVERYTHING), columns | {"jurisdiction": ("jurisdiction_id", text)})
