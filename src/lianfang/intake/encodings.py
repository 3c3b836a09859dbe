"""Bytes to text: the encodings people use, and lines of a file that are written in another than the rest.

UTF-8 and GB18030 are told apart by trying. A file that two programs have written has lines of both: read as one of them
those of the other would become other characters, and nobody would see it. Such lines are marked, and refused.
"""

import re
from dataclasses import dataclass

FOREIGN = "\ufdd0"
"""Stands in a line of another encoding than the rest; no text has this character."""

_UTF8_RUN = re.compile(rb"(?<![\x80-\xff])(?:[\xe3-\xef][\x80-\xbf]{2})+(?![\x80-\xff])")
"""Characters of Chinese as UTF-8 has them; GB18030 has such a row of bytes by chance alone."""


@dataclass(frozen=True)
class Decoded:
    """A text.

    Attributes
    ----------
    text : str
    is_damaged : bool
        Whether some bytes belong to no encoding we know; U+FFFD stands for them.
    encodings : tuple of str
        Of a file with two: what most lines are in, and what the lines with `FOREIGN` are in.
    """

    text: str
    is_damaged: bool = False
    encodings: tuple[str, ...] = ()


def decoded(data: bytes) -> Decoded:
    """Return the text of a file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return Decoded(data.decode("utf-16"))
        except UnicodeDecodeError:
            return Decoded(data.decode("utf-16", errors="replace"), is_damaged=True)
    if (wide := _unmarked_wide(data)) is not None:
        return Decoded(data.decode(wide, errors="replace"))
    try:
        return Decoded(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    text: str | None
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = None
    if text is not None and not any(_is_utf8(found.group()) for found in _UTF8_RUN.finditer(data)):
        return Decoded(text)
    return _by_line(data)


def _unmarked_wide(data: bytes) -> str | None:
    """Return the kind of UTF-16 that a file without a mark has: every other byte of its head is empty."""
    head = data[:200]
    for encoding, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if len(head) >= 20 and zeros.count(0) > 0.6 * len(zeros) and others.count(0) == 0:
            return encoding
    return None


def _is_utf8(raw: bytes) -> bool:
    """Tell whether bytes are usual Chinese in UTF-8 and none in GB18030."""
    return _is_usual(raw, "utf-8") and not _is_usual(raw, "gb18030")


def _is_usual(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding).encode("gb2312")
    except UnicodeError:
        return False
    return True


def _can_be(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _by_line(data: bytes) -> Decoded:
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    kinds = [_kind(line) for line in lines]
    utf8, gb = kinds.count("utf-8"), kinds.count("gb18030")
    if not utf8 or not gb:
        main = "utf-8" if utf8 else "gb18030"
        return Decoded(b"".join(lines).decode(main, errors="replace"), is_damaged=True)
    main, other = ("utf-8", "gb18030") if utf8 >= gb else ("gb18030", "utf-8")
    # Never the header: it has to be found.
    texts = [
        _marked(line.decode(other)) if kind == other and number else line.decode(kind or main, errors="replace")
        for number, (line, kind) in enumerate(zip(lines, kinds, strict=True))
    ]
    return Decoded("".join(texts), is_damaged=True, encodings=(main.upper(), other.upper()))


def _kind(line: bytes) -> str:
    """Return the encoding of a line; empty where it has neither, or both would do."""
    if line.isascii():
        return ""
    is_utf8, is_gb = _can_be(line, "utf-8"), _can_be(line, "gb18030")
    if is_utf8 and is_gb:
        return "utf-8" if _is_utf8(line) else "gb18030" if _is_usual(line, "gb18030") else ""
    return "utf-8" if is_utf8 else "gb18030" if is_gb else ""


def _marked(line: str) -> str:
    """Mark a line, within its last cell where that is quoted."""
    bare = line.rstrip("\r\n")
    at = len(bare) - bare.endswith('"')
    return bare[:at] + FOREIGN + line[at:]
