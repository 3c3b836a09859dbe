"""The table of roles in docs/access.md, made from what the rooms declare.

    python tools/access_doc.py          write it
    python tools/access_doc.py check    fail when the page says something else

One readable page of who may do what: `Permission` and `Protected` of every room (`kernel.declare`), in the order of the
house.
"""

import sys
from pathlib import Path

from lianfang.house import declared
from lianfang.kernel.vocabulary import Role

PAGE = Path(__file__).resolve().parent.parent / "docs" / "access.md"
BEGIN, END = "<!-- made by tools/access_doc.py -->", "<!-- end -->"


def table() -> str:
    """Return the table: a line a permission, a column a role; then the protected fields."""
    roles = list(Role)
    heads = ["permission", "what", *(f"{one.label.en} {one.label.zh}" for one in roles)]
    lines = [f"| {' | '.join(heads)} |", "|---|---|" + ":-:|" * len(roles)]
    for name, room in declared().items():
        if room.permissions:
            lines.append(f"| **{name}** | {room.title.zh} |" + " |" * len(roles))
        for one in room.permissions:
            marks = ["●" if role in one.roles else "" for role in roles]
            lines.append(f"| `{one.code}` | {one.label.en} · {one.label.zh} | {' | '.join(marks)} |")
    lines += ["", f"| protected field | | {' | '.join(heads[2:])} |", "|---|---|" + ":-:|" * len(roles)]
    for room in declared().values():
        for field in room.protected:
            marks = ["plain" if role in field.plain_for else "covered" for role in roles]
            lines.append(f"| `{field.field}` | {field.label.en} · {field.label.zh} | {' | '.join(marks)} |")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """Return the page with the table as it is now.

    Raises
    ------
    ValueError
        When the page has no place for it.
    """
    before, found, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"{PAGE.name} has no place for the table: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main() -> int:
    page = PAGE.read_text("utf-8")
    now = renewed(page)
    if sys.argv[1:] == ["check"]:
        if now != page:
            print("docs/access.md: the table of roles is not what the rooms declare; run python tools/access_doc.py")
        return int(now != page)
    PAGE.write_text(now, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
