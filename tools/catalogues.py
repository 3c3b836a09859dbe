"""A gettext catalogue in Chinese: read from a .po, written to a .po and to a .mo.

The same words always give the same bytes. Babel reads and compiles; the .po is written here, since what Babel writes
carries dates and its version, and line breaks that differ by its version.
"""

import io
import re
import sys
from dataclasses import dataclass
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, PoFileParser, normalize

HEADER = (
    ("Language", "zh_Hans"),
    ("MIME-Version", "1.0"),
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
    ("Plural-Forms", "nplurals=1; plural=0;"),
)


class Key(NamedTuple):
    """What a message is looked up by: its English and its context, which is empty where it has none."""

    msgid: str
    context: str = ""

    def __str__(self) -> str:
        return repr(self.msgid) + (f" in the context {self.context!r}" if self.context else "")


@dataclass(frozen=True)
class Entry:
    """A message of a catalogue. Chinese has one form for any number, so one string is enough."""

    plural: str | None = None
    chinese: str = ""
    notes: tuple[str, ...] = ()
    fuzzy: bool = False

    @property
    def done(self) -> bool:
        return bool(self.chinese) and not self.fuzzy

    def serves(self, plural: str | None) -> bool:
        """Tell whether it answers at run time: a lookup with a number finds only an entry with a plural."""
        return self.done and (plural is None or self.plural is not None)


Catalogue = dict[Key, Entry]


class _Parsed(Catalog):
    """A catalogue as it is read, which does not take the same message twice in silence."""

    def __setitem__(self, id: str | tuple[str, ...] | list[str], message: Message) -> None:
        if id and self.get(id, message.context) is not None:
            first = id if isinstance(id, str) else id[0]
            raise ValueError(f"{Key(first, message.context or '')} stands there twice, keep one")
        super().__setitem__(id, message)


def parse(text: str, name: str) -> Catalogue:
    """Return the messages of a .po; end with one sentence where it cannot be read."""
    if mark := re.search(r"(?m)^(<<<<<<<|=======|>>>>>>>)", text):
        line = text.count("\n", 0, mark.start()) + 1
        sys.exit(f"{name}:{line}: a merge left its marks: git checkout --ours '*.po', then 'update --with MERGE_HEAD'")
    parsed = _Parsed(locale="zh_Hans", charset="utf-8")
    try:
        PoFileParser(parsed, ignore_obsolete=True, abort_invalid=True).parse(io.BytesIO(text.encode()))
    except (PoFileError, ValueError) as error:
        sys.exit(f"{name}: mend it by hand: {error.args[0]}")
    catalogue = {}
    for m in parsed:
        if not m.id:
            continue
        msgid, plural = (m.id, None) if isinstance(m.id, str) else m.id[:2]
        chinese = m.string if isinstance(m.string, str) else next(iter(m.string or ()), "")
        catalogue[Key(msgid, m.context or "")] = Entry(plural, chinese or "", tuple(m.user_comments), m.fuzzy)
    return catalogue


def written(catalogue: Catalogue) -> str:
    """Return the .po of a catalogue: always the same text for the same messages."""
    head = ["# Sorted and written by tools/messages.py; by hand comes only the Chinese.", 'msgid ""', 'msgstr ""']
    blocks = [[*head, *(f'"{name}: {value}\\n"' for name, value in HEADER)]]
    for key, entry in sorted(catalogue.items(), key=lambda item: item[0]):
        block = [f"# {note}".rstrip() for note in entry.notes]
        flags = ["fuzzy"] if entry.fuzzy else []
        if re.search(r"%\(\w+\)[sd]|%[sd]", key.msgid + (entry.plural or "")):
            flags.append("python-format")
        if flags:
            block.append("#, " + ", ".join(flags))
        if key.context:
            block.append(f"msgctxt {normalize(key.context, width=0)}")
        block.append(f"msgid {normalize(key.msgid, width=0)}")
        if entry.plural is not None:
            block.append(f"msgid_plural {normalize(entry.plural, width=0)}")
        block.append(f"msgstr{'' if entry.plural is None else '[0]'} {normalize(entry.chinese, width=0)}")
        blocks.append(block)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


class _Compiled(Catalog):
    """A catalogue with the fixed header, so that the same Chinese compiles to the same bytes."""

    mime_headers = property(lambda self: list(HEADER))  # type: ignore[assignment]


def compiled(catalogue: Catalogue) -> bytes:
    """Return the .mo of a catalogue, with what has Chinese: always the same bytes for the same messages."""
    catalog = _Compiled(locale="zh_Hans", charset="utf-8", fuzzy=False)
    for key, entry in sorted(catalogue.items(), key=lambda item: item[0]):
        if entry.done and entry.plural is None:
            catalog.add(key.msgid, entry.chinese, context=key.context or None)
        elif entry.done:
            catalog.add((key.msgid, entry.plural), (entry.chinese,), context=key.context or None)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
