import pytest

from lianfang.presences.store import ingest, segments
from lianfang.tracing.tests.fixtures import found, outbreak

__all__ = ["found", "outbreak"]


@pytest.fixture
def home(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def taken(monkeypatch):
    """Count the batches that are taken, and the days that are written."""
    counts = {"batches": 0, "days": 0}

    def counted(name, real):
        def wrapped(*args, **kwargs):
            counts[name] += 1
            return real(*args, **kwargs)

        return wrapped

    monkeypatch.setattr(ingest, "_take", counted("batches", ingest._take))
    monkeypatch.setattr(ingest, "write_segment", counted("days", segments.write_segment))
    return counts
