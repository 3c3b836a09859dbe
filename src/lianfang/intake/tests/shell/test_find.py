"""What lies in a folder is read, or refused by its name: no list is passed over in silence."""

from pathlib import Path

import pytest

from lianfang.intake.find import find_table
from lianfang.kernel.errors import Refused

ODD = Path(__file__).resolve().parents[5] / "tests" / "data" / "odd_files"
STEMS = ("cases", "presences", "contacts", "people", "places")


def test_a_list_of_another_kind_is_refused():
    with pytest.raises(Refused, match=r"presences\.xls, which is not read: save it as presences\.xlsx"):
        find_table(ODD / "presences_xls_ignored", "presences")


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("ending", [".xls", ".tsv", ".txt", ".ods", ".csv.gz", ".et", ".json", ".XLSM", "", ".csv.zip"])
def test_every_other_ending_is_refused_for_every_list(tmp_path, stem, ending):
    (tmp_path / f"{stem}{ending}").write_text("x")
    with pytest.raises(Refused, match="which is not read"):
        find_table(tmp_path, stem)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("presences", "presence.csv"),
        ("presences", "presenses.xlsx"),
        ("presences", "在场记录.xlsx"),
        ("contacts", "contacts (1).csv"),
        ("contacts", "Contacts - Copy.CSV"),
        ("contacts", "contacts（2）.xlsx"),
        ("contacts", "密接.xls"),
        ("cases", "case.csv"),
        ("cases", "cases 副本.csv"),
        ("cases", "copy of cases.csv"),
        ("cases", "casse.parquet"),
        ("cases", "cases_2022.xlsx"),
        ("cases", "ＣＡＳＥ.csv"),
        ("people", "person.csv"),
        ("people", "poeple.csv"),
        ("places", "place.tsv"),
    ],
)
def test_a_name_that_is_nearly_right_is_refused_also_beside_the_right_one(tmp_path, stem, name):
    (tmp_path / name).write_text("x")
    for _ in range(2):
        with pytest.raises(Refused, match=f"name it {stem}\\."):
            find_table(tmp_path, stem)
        (tmp_path / f"{stem}.csv").write_text("x")


def test_what_is_meant_is_found_and_what_is_not_is_left_alone(tmp_path):
    others = (
        "pairs.csv",
        "README.md",
        "cases.png",
        "notes.txt",
        "chains.csv",
        "measures.csv",
        "~$cases.xlsx",
        ".cases.csv",
    )
    for name in (*others, "cases.csv~", "Contacts.CSV", "cases.parquet", "links.xlsx", "case.md"):
        (tmp_path / name).write_text("x")
    assert find_table(tmp_path, "cases") == tmp_path / "cases.parquet"
    assert find_table(tmp_path, "contacts") == tmp_path / "Contacts.CSV"
    assert find_table(tmp_path, "presences") is None
    (tmp_path / "CASES.csv").write_text("x")
    with pytest.raises(Refused, match="keep only one"):
        find_table(tmp_path, "cases")


def test_a_folder_of_parts_is_refused(tmp_path):
    (tmp_path / "presences.parquet").mkdir()
    with pytest.raises(Refused, match="a folder, which is not read"):
        find_table(tmp_path, "presences")
    (tmp_path / "people").mkdir()
    assert find_table(tmp_path, "people") is None
    (tmp_path / "people" / "part-0.csv").write_text("x")
    with pytest.raises(Refused, match="a folder, which is not read"):
        find_table(tmp_path, "people")
