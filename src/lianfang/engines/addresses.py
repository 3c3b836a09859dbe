"""Addresses of files elsewhere (``s3://bucket/rows.parquet``): the file system behind one, and what Spark calls it.

fsspec is imported with the first address, not before.
"""

import re
from pathlib import Path
from typing import Any

from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text

HADOOP = {"s3": "s3a", "gcs": "gs", "local": "file"}
"""Schemes that Hadoop, and with it Spark, calls by another name than fsspec does; every other is one to both."""

_HERE_ONLY = {"memory"}
"""Schemes of what lives in this process: no other can read it, Java neither."""

_NO_PACKAGE = ("No FileSystem for scheme", "ClassNotFoundException")
"""What Spark says where it has no package for a scheme."""


def on_disk(place: str | Path) -> Path | None:
    """Return the path of a place on this machine, given plainly or as ``file://``; None for an address elsewhere."""
    if isinstance(place, Path):
        return place
    if place.startswith("file://"):
        return Path(place.removeprefix("file://"))
    return None if "://" in place else Path(place)


def name_of(place: str | Path) -> str:
    """Return the last part of a path or an address: what a file is called."""
    return Path(str(place).rsplit("://", 1)[-1]).name


def file_system(url: str) -> tuple[Any, str]:
    """Return fsspec's file system behind an address, and what that calls the place.

    Raises
    ------
    Refused
        When the scheme is not known, or its package is not installed.
    """
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError, OSError) as error:
        said = first_line(error)
        raise Refused(
            Text(
                f"无法使用 {url}：{said}；请检查地址，或安装所需的软件包（如 s3fs）",
                f"{url} cannot be used: {said}; check the address, or install its package, such as s3fs",
            )
        ) from None
    return system, path


def fetch(url: str, folder: Path) -> Path:
    """Copy a file from elsewhere into a folder, under its own name.

    Raises
    ------
    Refused
        When it is not there, or may not be read.
    """
    system, path = file_system(url)
    here = folder / name_of(url)
    try:
        system.get_file(path, str(here))
    except Exception as error:  # each file system has errors of its own
        said = Text("没有这个文件", "there is no such file") if isinstance(error, FileNotFoundError) else None
        words = said or Text(first_line(error), first_line(error))
        raise Refused(Text(f"无法打开 {url}：{words.zh}", f"cannot open {url}: {words.en}")) from None
    return here


def for_spark(place: str | Path) -> str:
    """Return what Spark calls a place: with Hadoop's scheme (``s3a://``), and no character in it means many files.

    Raises
    ------
    Misused
        When it lives in this process.
    """
    path = on_disk(place)
    if path is not None:
        scheme, rest = "file", str(path.resolve())
    else:
        scheme, rest = str(place).split("://", 1)
    if scheme in _HERE_ONLY:
        raise Misused(
            Text(
                f"Spark 读不到 {scheme}:// 下的内容：请改用 --engine duckdb",
                f"Spark cannot read what lies in {scheme}://: use --engine duckdb",
            )
        )
    return f"{HADOOP.get(scheme, scheme)}://" + re.sub(r"([\\{}\[\]*?])", r"\\\1", rest)


def not_read_by_spark(place: str, error: Exception) -> Refused:
    """Say in one line why Spark did not read a file elsewhere."""
    if any(words in str(error) for words in _NO_PACKAGE):
        scheme = place.split("://", 1)[0]
        return Misused(
            Text(
                f"Spark 缺少读取 {scheme}:// 的软件包：请在 spark-defaults.conf 的 spark.jars.packages 中加入"
                "（s3a 用 org.apache.hadoop:hadoop-aws，版本与 Spark 所带的 Hadoop 相同），或改用 --engine duckdb",
                f"Spark has no package for {scheme}://: add it to spark.jars.packages in spark-defaults.conf (for s3a "
                "org.apache.hadoop:hadoop-aws, of the version of Spark's Hadoop), or use --engine duckdb",
            )
        )
    said = first_line(error)
    return Refused(Text(f"Spark 无法打开 {place}：{said}", f"Spark cannot open {place}: {said}"))


def first_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
