"""The chain without a database: random trails, random damage."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from lianfang.access.core.chain import START, Entry, Head, digest, first_break

UTC = dt.UTC


def trail(details: list[dict[str, int]]) -> list[Entry]:
    entries, last = [], START
    for i, detail in enumerate(details, 1):
        entry = Entry(i, dt.datetime(2021, 8, 6, tzinfo=UTC), "a", "read", "person", str(i), detail, last, "")
        last = digest(entry)
        entries.append(entry._replace(digest=last))
    return entries


details = st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=3), min_size=1, max_size=8)


@given(details, st.data())
def test_any_damage_is_found_at_its_first_number(rows: list[dict[str, int]], data: st.DataObject) -> None:
    entries = trail(rows)
    head = Head(entries[-1].number, entries[-1].digest)
    assert first_break(entries, head) is None
    at = data.draw(st.integers(0, len(entries) - 1))
    damage = data.draw(st.sampled_from(["change", "remove", "swap"]))
    broken = list(entries)
    if damage == "change":
        broken[at] = broken[at]._replace(key="other")
    elif damage == "remove":
        del broken[at]
    else:
        other = data.draw(st.integers(0, len(entries) - 1).filter(lambda n: n != at)) if len(entries) > 1 else at
        if other == at:
            return
        at, other = sorted((at, other))
        broken[at], broken[other] = (
            broken[other]._replace(number=at + 1),
            broken[at]._replace(number=other + 1),
        )
    found = first_break(broken, head)
    assert found is not None and found.number == at + 1


def test_entries_written_while_the_trail_is_walked_are_no_break() -> None:
    entries = trail([{}, {}, {}])
    assert first_break(entries, Head(2, entries[1].digest)) is None


def test_an_empty_trail_is_whole_and_a_missing_head_is_not() -> None:
    assert first_break([], Head(0, START)) is None
    assert first_break([], None) is not None


def test_the_digest_of_a_known_entry_never_changes() -> None:
    entry = Entry(1, dt.datetime(2021, 8, 6, 1, tzinfo=UTC), "account:王", "read", "person", "P1", {"n": 1}, START, "")
    assert digest(entry) == digest(entry._replace(at=entry.at.astimezone(dt.timezone(dt.timedelta(hours=8)))))
    assert digest(entry) == "8904d91e5a99a9f01badd1b0fe13660ea28b581bb87c0d1ee9f6109543963cb8"
