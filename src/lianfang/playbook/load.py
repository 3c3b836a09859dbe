"""Playbooks from their files: the package's own data, and paths a user names. Nothing else of this room reads files."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

from lianfang.kernel.errors import Misused, Refused
from lianfang.kernel.text import Text
from lianfang.playbook.check import extends, extends_line, holds_limits, read_overlay, read_playbook
from lianfang.playbook.limits import read_instrument
from lianfang.playbook.marks import Problem
from lianfang.playbook.model import Bilingual, Instrument, Playbook
from lianfang.playbook.overlay import apply


@dataclass(frozen=True)
class Available:
    """A playbook that comes with the package.

    Attributes
    ----------
    id, title, valid_from, extends
        As in its file; `extends` is None for a complete playbook.
    """

    id: str
    title: Bilingual
    valid_from: str
    valid_until: str | None
    extends: str | None
    digest: str


def available() -> list[Available]:
    """Return the playbooks that come with the package, by date and id."""
    found = [load(file.name.removesuffix(".yaml")) for file in _folder().iterdir() if file.name.endswith(".yaml")]
    return sorted(
        (
            Available(
                id=book.id,
                title=book.title,
                valid_from=book.valid_from.isoformat(),
                valid_until=book.valid_until.isoformat() if book.valid_until else None,
                extends=book.extends,
                digest=book.digest,
            )
            for book in found
        ),
        key=lambda one: (one.valid_from, one.id),
    )


@cache
def instruments() -> tuple[Instrument, ...]:
    """Return the instruments of limits that come with the package, by date and id.

    Raises
    ------
    Refused
        When a file is faulty.
    """
    found = []
    for file in (_folder() / "limits").iterdir():
        if file.name.endswith(".yaml"):
            one, problems = read_instrument(file.read_text(encoding="utf-8"), file=file.name)
            if one is None:
                raise _refusal(problems)
            found.append(one)
    return tuple(sorted(found, key=lambda one: (one.valid_from, one.id)))


def load(playbook: str, overlays: Sequence[str | Path] = ()) -> Playbook:
    """Return a playbook with its overlays applied and its digest set.

    Parameters
    ----------
    playbook : str
        The id of a playbook of the package (``covid19-cn-9``), which may itself be an overlay there, or the path of a
        file.
    overlays : sequence of str or Path
        Ids or paths, applied in this order.

    Returns
    -------
    Playbook
        Its `digest` is the SHA-256 of the canonical content (JSON, keys sorted), so it names exactly this policy.

    Raises
    ------
    Misused
        When there is no such id or file.
    Refused
        When a file is faulty; the sentence names file, line and what to do about the first fault.
    """
    return _load(str(playbook), tuple(str(one) for one in overlays))


def check(path: str | Path) -> list[Problem]:
    """Return every problem of a playbook file, by line; none means that it loads.

    Parameters
    ----------
    path : str or Path
        A complete playbook, an instrument of limits, or an overlay on a playbook of the package (or on a file
        ``<extends>.yaml`` beside it).

    Raises
    ------
    Misused
        When the file cannot be opened.
    """
    name = str(path)
    try:
        text = _text(name)
    except Refused as refusal:
        if isinstance(refusal, Misused):
            raise
        return [Problem(name, 1, refusal.text)]
    base_id, named = extends(text), _packaged_id(name)
    if holds_limits(text):
        return read_instrument(text, file=name)[1]
    if base_id is None:
        return read_playbook(text, file=name, named=named)[1]
    try:
        below = _base_of(base_id, name)
    except Refused as refusal:
        return [Problem(name, extends_line(text), refusal.text)]
    return read_overlay(text, file=name, base=below, named=named)[1]


@lru_cache(maxsize=32)
def _packaged(playbook: str, overlays: tuple[str, ...]) -> Playbook:
    return _compose(playbook, overlays)


def _load(playbook: str, overlays: tuple[str, ...], above: tuple[str, ...] = ()) -> Playbook:
    # Files may change between two calls; the package's own data does not.
    if any(_is_path(one) for one in (playbook, *overlays)):
        return _compose(playbook, overlays, above)
    return _packaged(playbook, overlays)


def _compose(playbook: str, overlays: tuple[str, ...], above: tuple[str, ...] = ()) -> Playbook:
    text = _text(playbook)
    base_id, named = extends(text), _packaged_id(playbook)
    if base_id is None:
        book, problems = read_playbook(text, file=playbook, named=named)
        if book is None:
            raise _refusal(problems)
    else:
        below = _base_of(base_id, playbook, above)
        overlay, problems = read_overlay(text, file=playbook, base=below, named=named)
        if overlay is None or below is None:
            raise _refusal(problems)
        book = apply(overlay, below)
    for name in overlays:
        text = _text(name)
        if extends(text) is None:
            whole, problems = read_playbook(text, file=name)
            raise _refusal(problems) if whole is None else Misused(_NOT_AN_OVERLAY.format(name=name))
        overlay, problems = read_overlay(text, file=name, base=book, named=_packaged_id(name))
        if overlay is None:
            raise _refusal(problems)
        book = apply(overlay, book)
    return book.model_copy(update={"digest": digest(book)})


def digest(book: Playbook) -> str:
    """Return the SHA-256 of the canonical content: JSON with sorted keys, without the digest itself."""
    content = book.model_dump(mode="json", exclude={"digest"})
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


_NOT_AN_OVERLAY = Text(
    "{name} 是完整的方案，不是补充规定（没有 extends）；请用作 --playbook",
    "{name} is a complete playbook, not an overlay (it has no extends); give it as --playbook",
)
_UNKNOWN = Text(
    "没有方案“{name}”；可用：{known}；自己的文件请写路径（以 .yaml 结尾）",
    'there is no playbook "{name}"; there are {known}; a file of your own is given by its path, ending in .yaml',
)


def _refusal(problems: list[Problem]) -> Refused:
    first = problems[0]
    rest = len(problems) - 1
    place = f"{first.file}:{first.line}: "
    more = Text("（另有{n}处，见 lianfang playbook check）", " ({n} more, see lianfang playbook check)").format(n=rest)
    return Refused(
        Text(place + first.text.zh + (more.zh if rest else ""), place + first.text.en + (more.en if rest else ""))
    )


def _folder() -> resources.abc.Traversable:
    return resources.files("lianfang.playbook") / "data"


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name


def _packaged_id(name: str) -> str | None:
    """Return the id that a packaged playbook must state: the one it is asked for by; None for a user's own file."""
    if not _is_path(name):
        return name
    path = Path(name)
    return path.stem if path.resolve().parent == Path(str(_folder())).resolve() else None


def _text(name: str) -> str:
    """Return the text of a packaged playbook or of a file."""
    try:
        if _is_path(name):
            return Path(name).read_text(encoding="utf-8-sig")
        return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(
            Text(f"{name} 不是 UTF-8 文本；请另存为 UTF-8", f"{name} is not UTF-8 text; save it as UTF-8")
        ) from None
    except (OSError, ValueError):
        if _is_path(name):
            raise Misused(
                Text(f"打不开文件 {name}；请检查路径和权限", f"cannot open {name}; check the path and its permissions")
            ) from None
        known = ", ".join(
            sorted(one.name.removesuffix(".yaml") for one in _folder().iterdir() if one.name.endswith(".yaml"))
        )
        raise Misused(_UNKNOWN.format(name=name, known=known)) from None


def _base_of(base_id: str, name: str, above: tuple[str, ...] = ()) -> Playbook | None:
    """Return what an overlay extends: the file of that name beside it, else the package's; None when there is neither.

    `above` are the files that led here: an overlay that in the end extends itself stands on nothing.
    """
    beside = Path(name).parent / f"{base_id}.yaml"
    if _is_path(name) and beside.is_file():
        here = (*above, str(Path(name).resolve()))
        return None if str(beside.resolve()) in here else _load(str(beside), (), here)
    return _load(base_id, ()) if (_folder() / f"{base_id}.yaml").is_file() else None
