"""The page of performance says what it must: nothing is left out, and no ratio of two machines."""

from bench.behind import behind
from bench.page import _warm
from bench.ways import WAYS

SIZE = {"presences": 1000}


def way(boot: str, *, first: float = 1.0, warm: float = 0.5, megabytes: float = 100.0, bytes_: int = 20_000) -> dict:
    answer = {"boot": boot, "first": first, "warm": [warm], "megabytes": megabytes, "imports": 1.0, "rows": 3}
    build = {"boot": boot, "seconds": 10.0, "bytes": bytes_, "megabytes": 500.0}
    return {"answers": {"1x1": answer}, "build": build}


def results(**ways: dict) -> dict:
    return {name: ways.get(name.replace("-", "_"), {}) for name in WAYS}


def test_every_column_in_which_a_rival_is_ahead_is_named():
    rival = way("a", first=0.2, megabytes=50.0, bytes_=10_000)
    told = "\n".join(behind(results(lianfang=way("a"), postgres=rival), SIZE))
    assert "0.20 s against 1.00 s, 1 case, one degree, cold" in told
    assert "50 MB against 100 MB" in told
    assert "10.0 a row against 20.0 a row" in told
    assert "warm" not in told
    assert "Building" not in told


def test_who_is_ahead_everywhere_says_so():
    [told] = behind(results(lianfang=way("a"), postgres=way("a")), SIZE)
    assert "Lianfang is ahead" in told


def test_two_machines_have_no_ratio():
    rival = way("b", first=0.2, warm=5.0)
    assert behind(results(lianfang=way("a"), postgres=rival), SIZE) == behind(results(lianfang=way("a")), SIZE)
    [row] = [line for line in _warm(results(lianfang=way("a"), postgres=rival)) if "PostgreSQL" in line]
    assert "5.00 s†" in row
    [row] = [line for line in _warm(results(lianfang=way("b"), postgres=rival)) if "PostgreSQL" in line]
    assert "5.00 s (10.0×)" in row
