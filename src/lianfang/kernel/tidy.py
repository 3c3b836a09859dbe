"""Text as people type, paste and export it, in one form: what lists and forms do to it before they look at it.

`tidy_text` is for one text of a form; `lianfang.intake.core.cells.tidy_column` does the same to a column of a list.
"""

import re
import unicodedata

_RANGES = (
    (0x00, 0x08),
    (0x0E, 0x1F),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE01EF),
)
"""Control, zero-width, direction and filler characters: nobody sees them. They arrive with text copied from chats and
web pages; a name of nothing else is empty."""

INVISIBLE = "[" + "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in _RANGES) + "]"
"""The invisible characters as a regular expression of Polars."""

GUARDED = r"""^(?:="(?s:.*)"$|['‘’].)"""
"""Text behind a guard that keeps a spreadsheet from changing it: ``="0001"``, ``'0001``."""

NAME_BEGINS = r"^['‘’][A-Za-z] "
"""``'t Hooft``: the apostrophe is part of a name."""

_INVISIBLE = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES) + "]")
_GUARDED, _NAME_BEGINS = re.compile(GUARDED), re.compile(NAME_BEGINS)


def without_invisible(text: str) -> str:
    """Return a text as it was written, without the characters that nobody sees."""
    return _INVISIBLE.sub("", text).strip()


def tidy_text(text: str | None) -> str:
    """Return one text in its normal form; empty where nothing is left.

    NFKC makes full-width digits and letters plain; invisible characters and guards go; spaces are trimmed.

    Examples
    --------
    >>> tidy_text("１２ "), tidy_text('="0001"'), tidy_text("  ")
    ('12', '0001', '')
    """
    clean = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text or "")).strip()
    if not _GUARDED.match(clean) or _NAME_BEGINS.match(clean):
        return clean
    return clean[2:-1].replace('""', '"').strip() if clean.startswith("=") else clean[1:].strip()
