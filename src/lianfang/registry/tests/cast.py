"""The few people of the register in every room's tests: one household in Donghe, one in Xishan, one over the border.

Identity numbers are made up under the made-up area code 330999, with right check digits.
"""

import datetime as dt

import polars as pl
from stdnum.cn import ric

from lianfang.access.scope import system_scope
from lianfang.access.tests.cast import AT
from lianfang.registry.services import Loaded, load_register

SCOPE = system_scope("tests")


def id_number(born: str, order: int, area: str = "330999") -> str:
    """Return a resident number with its check digit; an odd `order` is a man's."""
    body = f"{area}{born.replace('-', '')}{order:03d}"
    return body + ric.calc_check_digit(body + "0")


_PEOPLE = [
    # person_id, name, born, order, phone, occupation, household, organisation, jurisdiction
    ("P-WANG", "王伟", "1980-03-05", 101, "13800000001", "worker", "HH-1", "ORG-1", "330999001001001"),
    ("P-LI", "李娜", "1982-07-09", 102, "13800000002", "teacher", "HH-1", "", "330999001001001"),
    ("P-WANGXM", "王小明", "2012-11-20", 103, "", "student", "HH-1", "", "330999001001001"),
    ("P-SHAN", "单田芳", "1950-01-15", 105, "13800000004", "retired", "HH-2", "", "330999002001"),
    ("P-OUYANG", "欧阳晓", "1991-05-05", 106, "13900000005", "office", "HH-2", "ORG-1", "330999002001"),
    ("P-ZHAO", "赵强", "1975-12-01", 107, "13700000006", "farmer", "HH-3", "", "330998001"),
]


def people() -> pl.DataFrame:
    """Return the people as the register takes them."""
    return pl.DataFrame(
        [
            {
                "person_id": key,
                "name": name,
                "id_number": id_number(born, order, "330998" if area.startswith("330998") else "330999"),
                "phone": phone,
                "sex": "male" if order % 2 else "female",
                "birth_date": dt.date.fromisoformat(born),
                "occupation": occupation,
                "address": f"{household} 号",
                "household": household,
                "organisation": organisation,
                "jurisdiction": area,
            }
            for key, name, born, order, phone, occupation, household, organisation, area in _PEOPLE
        ]
    )


def load_cast_register() -> Loaded:
    """Store the register; the areas come from the fixture ``cast``."""
    square = '{"type": "Polygon", "coordinates": [[[%d, 30], [%d, 30], [%d, 31], [%d, 31], [%d, 30]]]}'
    towns = ["330999001", "330999002", "330998001"]
    homes = ["330999001001001", "330999002001", "330998001"]
    outlines = [square % (120 + i, 121 + i, 121 + i, 120 + i, 120 + i) for i in range(3)]
    boundaries = pl.DataFrame(
        {"jurisdiction": towns, "geometry": outlines, "longitude": [120.5, 121.5, 122.5], "latitude": [30.5] * 3}
    )
    buildings = pl.DataFrame(
        {
            "code": ["B-1", "B-2", "B-3"],
            "name": ["1 号楼", "2 号楼", "3 号楼"],
            "jurisdiction": homes,
            "longitude": [120.25, 121.25, 122.25],
            "latitude": [30.25] * 3,
            "footprint": [None, square % (121, 122, 122, 121, 121), None],
            "floors": [6, 2, 1],
        }
    )
    places = pl.DataFrame(
        {
            "place_id": ["H-1", "H-2", "H-3", "W-1"],
            "name": ["", "", "", "机械厂"],
            "place_kind": ["dwelling", "dwelling", "dwelling", "work"],
            "longitude": [120.25, 121.25, 122.25, 120.75],
            "latitude": [30.25, 30.25, 30.25, 30.75],
            "address": ["东街 1 号", "西山 2 号", "南桥 3 号", "东街 9 号"],
            "jurisdiction": [*homes, "330999001001"],
            "building": ["B-1", "B-2", "B-3", None],
        }
    )
    households = pl.DataFrame(
        {"code": ["HH-1", "HH-2", "HH-3"], "dwelling": ["H-1", "H-2", "H-3"], "jurisdiction": homes}
    )
    organisations = pl.DataFrame(
        {"code": ["ORG-1"], "name": ["机械厂"], "kind": ["work"], "place": ["W-1"], "jurisdiction": ["330999001001"]}
    )
    return load_register(
        boundaries=boundaries,
        buildings=buildings,
        places=places,
        households=households,
        organisations=organisations,
        people=people(),
        by=SCOPE,
        at=AT,
    )
