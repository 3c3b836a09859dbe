"""Folders of a run: checked before, and changed as a whole after it, so that there are the old results or the new."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text
from lianfang.response.core.loop import files

if TYPE_CHECKING:
    pass


BESIDE = ("calls.csv", "general.csv", "refused.csv", "undecided.csv", "bulletin.docx", "summary.json")
"""What a run writes beside the files of its steps: ``calls.csv`` where the playbook orders calls, ``general.csv`` where
it is asked to; what is not written is taken away."""


def outputs() -> tuple[str, ...]:
    """Return the names of the files that a run writes, or takes away."""
    return (*(file.name for file in files()), *BESIDE)


def check_folders(folder: Path, out: Path) -> None:
    """Refuse folders that cannot be used: one that is not there, one that would be read and written at once."""
    if not folder.is_dir():
        raise Misused(Text(f"没有文件夹 {folder}", f"there is no folder {folder}"))
    if out.exists() and not out.is_dir():
        raise Misused(Text(f"{out} 不是文件夹，请另选 --out", f"{out} is not a folder: choose another --out"))
    if out.resolve() == folder.resolve():
        raise Misused(
            Text(
                "--out 不能是输入文件夹：结果会覆盖输入的 contacts 文件",
                "--out must not be the input folder: results would overwrite the contacts that came in",
            )
        )
    if out.exists() and (out.is_mount() or Path.cwd().is_relative_to(out)):
        raise Misused(
            Text(
                f"--out {out} 是当前文件夹或挂载点，无法整体替换：请指定其中的一个子文件夹",
                f"--out {out} is where you stand, or a mount point, and cannot be replaced: name a folder in it",
            )
        )


def _set_aside(out: Path) -> Path:
    """Return where the old results stand for an instant, under a name that is nobody else's."""
    return out.with_name(f".{out.name}.lianfang-before")


def take_place(draft: Path, out: Path) -> None:
    """Let `draft` stand where `out` stood, with what else was in `out`; two renames, the old folder kept until done."""
    if not out.exists():
        draft.chmod(0o755)
        draft.replace(out)
        return
    for other in out.iterdir():
        if other.name in outputs():
            continue
        if other.is_dir() and not other.is_symlink():
            shutil.copytree(other, draft / other.name, symlinks=True, copy_function=_same_file)
        else:
            _same_file(other, draft / other.name)
    shutil.copymode(out, draft)
    before = _set_aside(out)
    shutil.rmtree(before, ignore_errors=True)
    try:
        out.replace(before)
        draft.replace(out)
    finally:
        put_back(out)
    shutil.rmtree(before, ignore_errors=True)


def _same_file(source: str | Path, target: str | Path) -> None:
    """Give a file a second name; where the file system has no such thing, copy it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def put_back(out: Path) -> None:
    """Undo a change of folders that was stopped between its two renames: the old results stand again."""
    if _set_aside(out).is_dir() and not out.exists():
        _set_aside(out).replace(out)
