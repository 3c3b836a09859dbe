"""One catalogue for all rooms: the same English words have one Chinese, whichever room asked."""

from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po

import lianfang


def test_no_message_has_two_chinese_meanings() -> None:
    found: dict[object, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for file in sorted(Path(lianfang.__file__).parent.glob("*/locale/zh_Hans/LC_MESSAGES/django.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale="zh_Hans"):
                if message.id and message.string:
                    key = (message.id if isinstance(message.id, str) else message.id[0], message.context)
                    words = message.string if isinstance(message.string, str) else message.string[0]
                    if words:
                        found[key][words].append(file.parts[-5])
    assert len(found) > 100
    conflicts = {key: dict(words) for key, words in found.items() if len(words) > 1}
    assert not conflicts, "\n".join(f"{key[0]!r}: {words}" for key, words in conflicts.items())  # type: ignore[index]
