"""What was measured, kept as one small JSON file a scale and way, so that a run of a part renews its own part only."""

import datetime as dt
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
BUSY = 3
"""Load average above which others are at work on the two cores: such a measurement is marked."""
LIBRARIES = ("polars", "duckdb", "numpy", "numba", "pyarrow", "ibis-framework", "pandas", "psycopg", "pyspark")


def load(name: str) -> dict[str, Any]:
    """Return a kept result; empty when there is none."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def keep(name: str, result: dict[str, Any]) -> None:
    """Keep a result."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def names() -> list[str]:
    """Return the names of all kept results."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def here() -> dict[str, Any]:
    """Say on what machine since its last start, when and how busy: part of every measurement."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return {
        "boot": boot.read_text()[:8] if boot.exists() else platform.node(),
        "date": f"{dt.date.today():%Y-%m-%d}",  # noqa: DTZ011
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def machine() -> str:
    """Return the machine and the versions in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, {platform.system()}; "
        f"Python {platform.python_version()}, {libraries}"
    )
