"""What the server does beside serving: tracing is made ready, and ending meanwhile is no fault."""

import logging
import threading
from pathlib import Path

import pytest

from lianfang.presences import keeping
from lianfang.site import server


@pytest.mark.parametrize("is_ending", [True, False])
def test_what_is_cut_off_by_the_end_of_the_server_is_no_fault_but_anything_else_is_said(
    is_ending: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ending = threading.Event()

    def fail(aside: Path) -> None:
        # As when the folder is being cleared: its files are gone, itself it still stands.
        assert aside.exists()
        if is_ending:
            ending.set()
        (aside / "manifest.json").read_bytes()

    monkeypatch.setattr(keeping, "warm_up", fail)
    with caplog.at_level(logging.ERROR):
        server._warm_up(tmp_path, ending)
    assert bool(caplog.records) is not is_ending
