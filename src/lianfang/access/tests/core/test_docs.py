"""The worked example of docs/access.md, as it stands there."""

import hashlib
import re
from pathlib import Path

from lianfang.access.core.roles import PLAIN_FIELDS, Role

PAGE = Path(__file__).resolve().parents[5] / "docs" / "access.md"


def test_the_digest_of_the_page_is_that_of_its_line() -> None:
    text = PAGE.read_text("utf-8")
    line = re.search(r"printf '%s' '(.+)' \| sha256sum", text)
    assert line is not None
    assert f"# {hashlib.sha256(line[1].encode()).hexdigest()}\n" in text


def test_the_table_of_roles_names_each_role_and_what_it_sees() -> None:
    rows = {r[0].strip(): r for r in (line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines())}
    words = {"name": "name", "phone": "phone", "address": "address"}
    for role in Role:
        row = rows[role.label.en.lower()]
        assert row[1].strip() == role.label.zh
        plain = PLAIN_FIELDS[role]
        seen = row[3].strip()
        if not plain:
            assert seen == "nothing"
        elif seen != "everything":
            assert {words[item] for item in seen.split(", ")} == plain
