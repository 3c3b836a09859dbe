"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("LIANFANG_DATA", tempfile.mkdtemp(prefix="lianfang-tests-"))
os.environ.setdefault("LIANFANG_LANG", "zh")

ROOT = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real outbreak data that is not part of the repository; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LIANFANG_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("real data folder ../shared is not here: this test was NOT run")
    return folder
