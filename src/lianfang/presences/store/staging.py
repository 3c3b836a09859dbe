"""What ingests have not finished: their spills, which stay a while so that the same source goes on where it was.

A small list, or a merge in the background, comes between a kill and the next try; neither takes anything from a spill,
whose codes are its own. Three things do: the store has the source, nobody came back for a week, or something was taken
out for good or let in again since: a spill may hold what was taken out, and nothing of it may be left.
"""

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianfang.intake.read import local_time_zone
from lianfang.presences.store.spill import PROGRESS, progress_of

if TYPE_CHECKING:
    from lianfang.presences.store.files import Files
    from lianfang.presences.store.manifest import Manifest

FOLDER = "staging"

KEPT_SECONDS = 7 * 86_400
"""How long an ingest that was stopped can be taken up again."""


def spill_folder(files: "Files", digest: str) -> Path:
    """Return where the spill of a source lies; it need not exist."""
    return files.home / FOLDER / digest[:32]


def foundation(manifest: "Manifest") -> dict[str, Any]:
    """Return what every row of a spill rests on: who may not come in, and the zone that times were moved to."""
    return {"marks": sorted(manifest.marks), "zone": local_time_zone()}


def prepared(files: "Files", digest: str, before: "Manifest") -> Path:
    """Return the folder of a spill, empty where what it held is not right any more."""
    folder = spill_folder(files, digest)
    said = progress_of(folder)
    if said is not None and any(said["facts"].get(name) != value for name, value in foundation(before).items()):
        drop(files, digest)
    return folder


def drop(files: "Files", digest: str) -> None:
    """Throw the spill of a source away."""
    shutil.rmtree(spill_folder(files, digest), ignore_errors=True)


def forget(files: "Files") -> None:
    """Throw all of them away: something was taken out of the store for good, and a spill may still hold it."""
    shutil.rmtree(files.home / FOLDER, ignore_errors=True)


def clear(files: "Files", newest: "Manifest") -> set[str]:
    """Remove what nobody will come back for; return the files of the store that unfinished ingests have written.

    Parameters
    ----------
    files : Files
        The caller is its only writer: what lies there is of the past.
    newest : Manifest
    """
    base = files.home / FOLDER
    had = {one.digest[:32] for one in newest.sources if one.replaced_by is None}
    marks = sorted(newest.marks)
    written: set[str] = set()
    for folder in base.iterdir() if base.is_dir() else ():
        said = progress_of(folder)
        if (
            said is None
            or folder.name in had
            or said["facts"].get("marks") != marks
            or time.time() - (folder / PROGRESS).stat().st_mtime > KEPT_SECONDS
        ):
            shutil.rmtree(folder, ignore_errors=True) if folder.is_dir() else folder.unlink()
        elif said["facts"].get("basis") == newest.basis:
            written |= {one[name] for one in said["facts"].get("days", {}).values() for name in ("data", "index")}
    if base.is_dir() and not any(base.iterdir()):
        base.rmdir()
    return written
