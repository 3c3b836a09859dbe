"""Merging in the background: a process of its own, with what is left of the machine."""

import subprocess
import sys

from lianfang.presences.store.store import PresenceStore
from lianfang.presences.store.turns import is_merging

MANY_SEGMENTS = 4
"""Segments of one day above which an ingest has them merged."""


def compact_if_many(store: PresenceStore) -> bool:
    """Start merging where a day has more than `MANY_SEGMENTS`; return whether it was started.

    Not where one is under way: that one takes the new parts of the days it has not come to yet. When the process is
    killed, or others write for too long, the days that are left stay as they are until the next time.
    """
    if store.most_segments_a_day() <= MANY_SEGMENTS or is_merging(store.files.home):
        return False
    # -P: a folder that somebody else can write to is no place to import from.
    code = "import os; os.nice(10); from lianfang.site.cli import main; main()"
    command = [sys.executable, "-P", "-c", code, "presences", "compact"]
    subprocess.Popen(
        [*command, "--store", store.url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
