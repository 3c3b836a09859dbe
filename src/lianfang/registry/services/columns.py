"""The lists of a load as columns of the tables: text trimmed, keys empty where absent."""

from typing import Any

import polars as pl

from lianfang.kernel.phones import normal_phones
from lianfang.kernel.vocabulary import IdType, Sex
from lianfang.registry.core.pinyin import pinyin_keys


def text(frame: pl.DataFrame | None, name: str) -> pl.Expr:
    """Return a text column, empty where it is absent: the database keeps empty text, not nothing."""
    if frame is None or name not in frame.columns:
        return pl.lit("").alias(name)
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars().alias(name)


def key(frame: pl.DataFrame | None, name: str) -> pl.Expr:
    """Return a foreign key, nothing where it is absent or empty."""
    if frame is None or name not in frame.columns:
        return pl.lit(None, dtype=pl.String)
    return pl.when(pl.col(name).cast(pl.String) != "").then(pl.col(name).cast(pl.String))


def number(frame: pl.DataFrame | None, name: str, dtype: Any = pl.Float64) -> pl.Expr:
    """Return a column of numbers, nothing where it is absent."""
    present = frame is not None and name in frame.columns
    return pl.col(name).cast(dtype) if present else pl.lit(None, dtype=dtype)


def boundary_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of outlines of areas, by field."""
    return {
        "jurisdiction_id": key(frame, "jurisdiction"),
        "geometry": pl.col("geometry"),
        "longitude": number(frame, "longitude"),
        "latitude": number(frame, "latitude"),
    }


def estate_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of estates, by field."""
    return {
        "code": text(frame, "code"),
        "name": text(frame, "name"),
        "kind": text(frame, "kind"),
        "jurisdiction_id": key(frame, "jurisdiction"),
        "longitude": number(frame, "longitude"),
        "latitude": number(frame, "latitude"),
        "footprint": key(frame, "footprint"),
    }


def building_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of buildings, by field."""
    return {
        "code": pl.col("code").cast(pl.String),
        "name": text(frame, "name"),
        "address": text(frame, "address"),
        "jurisdiction_id": key(frame, "jurisdiction"),
        "estate_id": key(frame, "estate"),
        "longitude": number(frame, "longitude"),
        "latitude": number(frame, "latitude"),
        "footprint": key(frame, "footprint"),
        "floors": number(frame, "floors", pl.Int64).fill_null(1),
    }


def place_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of places, by field."""
    return {
        "place_id": pl.col("place_id").cast(pl.String),
        "name": text(frame, "name"),
        "kind": text(frame, "place_kind").replace("", "other"),
        "longitude": number(frame, "longitude"),
        "latitude": number(frame, "latitude"),
        "address": text(frame, "address"),
        "jurisdiction_id": key(frame, "jurisdiction"),
        "estate_id": key(frame, "estate"),
        "building_id": key(frame, "building"),
        "unit": text(frame, "unit"),
        "floor": text(frame, "floor"),
    }


def household_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of households, by field."""
    return {
        "code": pl.col("code").cast(pl.String),
        "dwelling_id": key(frame, "dwelling"),
        "jurisdiction_id": key(frame, "jurisdiction"),
    }


def organisation_columns(frame: pl.DataFrame | None) -> dict[str, pl.Expr]:
    """Return the columns of the table of organisations, by field."""
    return {
        "code": pl.col("code").cast(pl.String),
        "name": text(frame, "name"),
        "kind": text(frame, "kind"),
        "place_id": key(frame, "place"),
        "jurisdiction_id": key(frame, "jurisdiction"),
    }


def people_ready(people: pl.DataFrame) -> pl.DataFrame:
    """Return the table of persons: numbers and phones in one form, and the search key of the name."""
    ready = people.select(
        person_id=pl.col("person_id").cast(pl.String),
        name=text(people, "name"),
        id_number=text(people, "id_number").str.normalize("NFKC").str.replace_all(r"[\s·-]", "").str.to_uppercase(),
        id_type=text(people, "id_type").replace("", IdType.RESIDENT.value),
        phone=text(people, "phone"),
        sex=text(people, "sex").replace("", Sex.UNKNOWN.value),
        birth_date=pl.col("birth_date").cast(pl.Date)
        if "birth_date" in people.columns
        else pl.lit(None, dtype=pl.Date),
        occupation=text(people, "occupation"),
        address=text(people, "address"),
        estate_id=key(people, "estate"),
        household_id=key(people, "household"),
        organisation_id=key(people, "organisation"),
        jurisdiction_id=key(people, "jurisdiction"),
    )
    return ready.with_columns(pinyin_keys(ready["name"]).alias("pinyin"), normal_phones(ready["phone"]).alias("phone"))
