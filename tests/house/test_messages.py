"""The catalogues are the same whoever writes them, whole, and never a reason for two rooms to conflict.

A small package of its own is written, changed on two sides, merged and spoilt, and the tool must see it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from tools import messages
from tools.catalogues import Entry, Key, compiled, parse, written

ROOT = Path(__file__).resolve().parents[2]


def write(package: Path, room: str, **files: str) -> None:
    """Write a room's Python files, each from the words it shows, or the calls that show them."""
    folder = package / room
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()
    for name, words in files.items():
        calls = "\n".join(word if "(" in word else f"_({word!r})" for word in words.split(" | "))
        (folder / f"{name}.py").write_text(f"from django.utils.translation import gettext as _\n{calls}\n", "utf-8")


def po(package: Path, room: str) -> Path:
    return package / room / messages.PO


def chinese(package: Path, room: str) -> dict[str, str]:
    """What a room's catalogue holds; empty where there is none."""
    file = po(package, room)
    return {k.msgid: e.chinese for k, e in parse(file.read_text("utf-8"), room).items()} if file.exists() else {}


def translate(package: Path, room: str, **words: str) -> None:
    """Fill in Chinese by hand; underscores stand for spaces."""
    file = po(package, room)
    text = file.read_text("utf-8")
    for english, word in words.items():
        before = f'msgid "{english.replace("_", " ")}"\nmsgstr ""'
        assert before in text, text
        text = text.replace(before, before[:-1] + f'{word}"')
    file.write_text(text, "utf-8")


def state(package: Path) -> dict[str, bytes]:
    return {p.relative_to(package).as_posix(): p.read_bytes() for p in package.rglob("*") if p.is_file()}


def problems(package: Path) -> list[str]:
    return messages.check(package)[0]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Two rooms and the kernel, complete: a word of each, and one of both, gathered."""
    package = tmp_path / "base" / "mini"
    write(package, "kernel")
    write(package, "cases", views="Case | Name")
    write(package, "tracing", views="Contact | Name | Ward")
    messages.update(package)
    translate(package, "cases", Case="病例", Name="姓名")
    translate(package, "tracing", Contact="接触者", Ward="病区")
    messages.update(package)
    messages.gather(package)
    assert problems(package) == []
    return package


def test_gather_puts_words_of_several_rooms_into_one_catalogue(package: Path) -> None:
    assert chinese(package, "kernel") == {"Name": "姓名"}
    assert chinese(package, "cases") == {"Case": "病例"}
    assert chinese(package, "tracing") == {"Contact": "接触者", "Ward": "病区"}
    before = state(package)
    assert messages.gather(package) == []
    assert state(package) == before


def test_the_same_sources_give_the_same_bytes(package: Path) -> None:
    before = state(package)
    stamps = {p: p.stat().st_mtime_ns for p in package.rglob("*.po")}
    assert messages.update(package) == []
    assert state(package) == before
    assert {p: p.stat().st_mtime_ns for p in package.rglob("*.po")} == stamps, "not even touched"
    # Another place on the disk, the entries in another order, wrapped by another tool: the same bytes again.
    other = package.parent.parent / "elsewhere" / "mini"
    shutil.copytree(package, other)
    file = po(other, "tracing")
    head, *blocks = file.read_text("utf-8").strip().split("\n\n")
    dates = '"POT-Creation-Date: 2020-01-01 00:00+0000\\n"'
    turned = "\n\n".join([f"{head}\n{dates}", *reversed(blocks)]) + "\n"
    file.write_text(turned.replace('msgstr "接触者"', 'msgstr ""\n"接触"\n"者"'), "utf-8")
    assert any("not as 'update' writes it" in p and "tracing" in p for p in problems(other))
    assert messages.update(other) == ["tracing"]
    assert state(other) == before


def test_no_line_number_date_or_version_stands_in_a_catalogue(package: Path) -> None:
    before = po(package, "cases").read_bytes()
    views = package / "cases" / "views.py"
    views.write_text("# a line more\n\n\n" + views.read_text("utf-8"), "utf-8")
    views.rename(package / "cases" / "pages.py")
    assert messages.update(package) == []
    assert po(package, "cases").read_bytes() == before
    for word in (b"Date", b"Babel", b"views", b"#:"):
        assert word not in before


def test_update_of_some_rooms_leaves_the_others_alone(package: Path) -> None:
    write(package, "cases", more="Symptom")
    write(package, "tracing", more="Seat")
    assert messages.update(package, ["tracing"]) == ["tracing"]
    assert "Seat" in chinese(package, "tracing")
    assert "Symptom" not in chinese(package, "cases")
    with pytest.raises(SystemExit, match=r"No room is called wards\. Choose from cases, kernel, tracing"):
        messages.update(package, ["wards"])


def side_by_side(package: Path, first: dict[str, str], second: dict[str, str]) -> tuple[Path, Path, Path]:
    """Make a room on each of two copies with the words given, and merge both into a third."""
    sides = []
    for room, words in (("zones", first), ("venues", second)):
        side = package.parent.parent / room / "mini"
        shutil.copytree(package, side)
        write(side, room, views=" | ".join(english.replace("_", " ") for english in words))
        messages.update(side)
        translate(side, room, **{english: word for english, word in words.items() if word})
        messages.update(side)
        assert problems(side) == []
        sides.append(side)
    merged = package.parent.parent / "merged" / "mini"
    base, one, two = state(package), state(sides[0]), state(sides[1])
    changed = [{name for name in base.keys() | s.keys() if base.get(name) != s.get(name)} for s in (one, two)]
    assert changed[0] and changed[1]
    assert not changed[0] & changed[1], "two rooms wrote into one file"
    for side in sides:
        shutil.copytree(side, merged, dirs_exist_ok=True)
    return merged, *sides


def test_two_rooms_made_side_by_side_merge(package: Path) -> None:
    """Both use a new word, one of the common catalogue, and one that so far a single other room has."""
    words = {"New_word": "新词", "Name": "", "Ward": ""}
    merged, zones, _ = side_by_side(package, {**words, "Zone": "管控区"}, {**words, "Venue": "场所"})
    assert chinese(zones, "zones") == {"New word": "新词", "Ward": "病区", "Zone": "管控区"}, "taken over, not repeated"
    found, notes = messages.check(merged)
    assert found == []
    assert notes == ["2 words stand in several catalogues: 'gather' makes them common"]
    assert messages.update(merged) == [], "after a merge nothing needs to be written"
    messages.gather(merged)
    assert chinese(merged, "kernel") == {"Name": "姓名", "New word": "新词", "Ward": "病区"}
    assert chinese(merged, "zones") == {"Zone": "管控区"}
    assert messages.check(merged) == ([], [])


def test_a_room_made_while_somebody_gathers_merges(package: Path) -> None:
    """Its word has become common meanwhile: it stands in both, and nothing must be done."""
    side = package.parent.parent / "side" / "mini"
    shutil.copytree(package, side)
    write(side, "zones", views="Ward | Zone")
    messages.update(side)
    translate(side, "zones", Zone="管控区")
    write(package, "cases", more="Ward")
    messages.update(package)
    messages.gather(package)
    assert chinese(package, "kernel") == {"Name": "姓名", "Ward": "病区"}
    shutil.copytree(side / "zones", package / "zones")
    assert problems(package) == []
    assert messages.update(package) == []


def test_differing_chinese_fails(package: Path) -> None:
    merged, *_ = side_by_side(package, {"New_word": "新词"}, {"New_word": "新字"})
    found = problems(merged)
    assert len(found) == 1
    assert "'New word' is '新字' in venues/" in found[0] and "'新词' in zones/" in found[0]
    assert "make them one, or part the meanings with pgettext" in found[0]
    before = state(merged)
    with pytest.raises(SystemExit, match="Nothing was gathered"):
        messages.gather(merged)
    assert state(merged) == before


def test_a_context_parts_two_meanings(package: Path) -> None:
    write(package, "cases", more="pgettext('of a person', 'State') | pgettext('a province', 'State')")
    messages.update(package)
    file = po(package, "cases")
    first, second = '"a province"\nmsgid "State"\nmsgstr "', '"of a person"\nmsgid "State"\nmsgstr "'
    text = file.read_text("utf-8").replace(first, first + "州").replace(second, second + "状态")
    file.write_text(text, "utf-8")
    assert problems(package) == []


@pytest.mark.parametrize("asked", [[], ["cases"], ["tracing"]], ids=["all", "from", "to"])
def test_a_moved_file_keeps_its_chinese(package: Path, asked: list[str]) -> None:
    """Whichever of the two rooms is updated, first or alone, no Chinese is lost."""
    (package / "cases" / "views.py").rename(package / "tracing" / "moved.py")
    assert any("no Chinese for 'Case': run 'update tracing'" in p for p in problems(package))
    messages.update(package, asked)
    assert chinese(package, "tracing") == {"Case": "病例", "Contact": "接触者", "Ward": "病区"}
    messages.update(package)
    assert problems(package) == []
    assert not po(package, "cases").exists(), "a catalogue without messages is removed"


def test_a_room_split_and_renamed_keeps_its_chinese(package: Path) -> None:
    write(package, "tracing", more="Seat")
    messages.update(package)
    translate(package, "tracing", Seat="座位")
    write(package, "presences")
    (package / "tracing" / "more.py").rename(package / "presences" / "views.py")
    write(package, "contacts")
    (package / "tracing" / "views.py").rename(package / "contacts" / "views.py")
    (package / "tracing" / "__init__.py").unlink()  # only the old catalogue is left in the folder
    assert any("tracing/" in p and "nothing uses 'Seat': run 'update'" in p for p in problems(package))
    messages.update(package)
    assert chinese(package, "presences") == {"Seat": "座位"}
    assert chinese(package, "contacts") == {"Contact": "接触者", "Ward": "病区"}
    assert not po(package, "tracing").exists()
    assert problems(package) == []


def test_missing_chinese_fails_and_says_where_to_write_it(package: Path) -> None:
    write(package, "cases", more="Symptom")
    assert problems(package) == [
        "cases/more.py:2: no Chinese for 'Symptom': run 'update cases'"
        " and write it in cases/locale/zh_Hans/LC_MESSAGES/django.po"
    ]
    messages.update(package, ["cases"])
    where = "write it in cases/locale/zh_Hans/LC_MESSAGES/django.po"
    assert problems(package) == [f"cases/more.py:2: no Chinese for 'Symptom': {where}"]
    file = po(package, "cases")
    text = file.read_text("utf-8")
    file.write_text(text.replace('msgid "Symptom"\nmsgstr ""', '#, fuzzy\nmsgid "Symptom"\nmsgstr "症状"'), "utf-8")
    assert len(problems(package)) == 1, "a guess is no Chinese"
    file.write_text(text.replace('msgid "Symptom"\nmsgstr ""', 'msgid "Symptom"\nmsgstr "症状"'), "utf-8")
    assert problems(package) == []


def test_words_of_a_template_and_with_a_number_are_found(package: Path) -> None:
    page = package / "cases" / "templates" / "cases" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        '{% load i18n %}{% translate "Ward" %}\n  {% blocktranslate count n=n %}{{ n }} bed{% plural %}{{ n }} beds'
        '{% endblocktranslate %}{% translate "May" context "month" %}',
        "utf-8",
    )
    messages.update(package, ["cases"])
    entries = parse(po(package, "cases").read_text("utf-8"), "cases")
    assert entries[Key("Ward")].chinese == "病区"
    assert entries[Key("%(n)s bed")].plural == "%(n)s beds"
    assert Key("May", "month") in entries
    assert '#, python-format\nmsgid "%(n)s bed"' in po(package, "cases").read_text("utf-8")


def test_a_word_asked_with_a_number_is_not_served_by_one_without(package: Path) -> None:
    """At run time the common entry would not be found, so the room gets one, with the same Chinese."""
    write(package, "cases", more="ngettext('Name', 'Names', 2)")
    assert any("no Chinese for 'Name'" in p for p in problems(package))
    messages.update(package)
    assert chinese(package, "cases") == {"Case": "病例", "Name": "姓名"}
    assert problems(package) == []
    messages.gather(package)
    assert parse(po(package, "kernel").read_text("utf-8"), "")[Key("Name")] == Entry("Names", "姓名")
    assert problems(package) == []


def test_an_unused_entry_fails(package: Path) -> None:
    write(package, "tracing", views="Contact")
    write(package, "cases", views="Case")
    assert sorted(problems(package)) == [
        "kernel/locale/zh_Hans/LC_MESSAGES/django.po: nothing uses 'Name': run 'update'",
        "tracing/locale/zh_Hans/LC_MESSAGES/django.po: nothing uses 'Ward': run 'update tracing'",
    ]
    assert messages.update(package, ["tracing"]) == ["tracing"], "only an update of all touches the common catalogue"
    assert messages.update(package) == ["kernel"]
    assert problems(package) == []


def test_what_cannot_be_read_is_named(package: Path) -> None:
    file = po(package, "tracing")
    text = file.read_text("utf-8")
    file.write_text(text + '\nmsgid "Ward"\nmsgstr "病房"\n', "utf-8")
    with pytest.raises(SystemExit, match=r"tracing/.*'Ward' stands there twice, keep one$"):
        messages.check(package)
    file.write_text(text + "<<<<<<< HEAD\n", "utf-8")
    with pytest.raises(SystemExit, match=r"django\.po:15: a merge left its marks"):
        messages.update(package)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_chinese_is_taken_from_another_revision(package: Path) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *words], cwd=package.parent, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    for file in package.rglob("*.po"):
        file.unlink()
    messages.update(package, elsewhere=messages.revision(package, "HEAD"))
    messages.gather(package)
    assert problems(package) == []
    assert chinese(package, "tracing") == {"Contact": "接触者", "Ward": "病区"}
    with pytest.raises(SystemExit, match="git does not know 'no-such'"):
        messages.revision(package, "no-such")


def test_rooms_stand_as_the_house_says(package: Path) -> None:
    assert messages.rooms(package) == ["cases", "kernel", "tracing"]
    (package / "house.py").write_text('ROOMS = ("kernel", "tracing", "not_made_yet")\n', "utf-8")
    assert messages.rooms(package) == ["kernel", "tracing", "cases"]


def test_compile_writes_what_django_reads(package: Path) -> None:
    import gettext

    gone = po(package, "wards").with_suffix(".mo")
    gone.parent.mkdir(parents=True)
    gone.write_bytes(b"")
    messages.compile_all(package)
    assert not gone.exists(), "Django would still load it"
    target = po(package, "tracing").with_suffix(".mo")
    first = target.read_bytes()
    with target.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Ward") == "病区"
    target.unlink()
    messages.compile_all(package)
    assert target.read_bytes() == first


TEXT = st.text(st.sampled_from('ab "\\\n\t%病例、') | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
PLAIN = TEXT.filter(lambda text: text.strip() != "")


@given(
    st.dictionaries(
        st.builds(Key, PLAIN, st.just("") | PLAIN),
        st.builds(Entry, plural=st.none() | PLAIN, chinese=st.just("") | PLAIN, fuzzy=st.booleans()),
        max_size=4,
    )
)
def test_what_is_written_is_read_again(catalogue: dict[Key, Entry]) -> None:
    assert parse(written(catalogue), "") == catalogue
    assert written(parse(written(catalogue), "")) == written(catalogue)
    assert compiled(catalogue) == compiled(dict(reversed(catalogue.items())))


def test_our_own_catalogues_are_in_this_form() -> None:
    done = subprocess.run(
        [sys.executable, "tools/messages.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with po(messages.PACKAGE, messages.COMMON).open("rb") as file:
        common = {(m.id, m.context) for m in read_po(file) if m.id}
    assert ("Name", None) in common
