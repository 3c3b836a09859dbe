"""The fixed cast: the same few people and rows in every room's tests, in two neighbouring counties.

Anhe (330999) is a made-up county with two townships; Linan (330998) is its neighbour. The commander and the
investigator stand at the county, the township officer and the grid worker in Donghe township, the neighbour's
investigator in the other county; the stranger has an account but no area, and sees nothing.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.test import Client

from lianfang.access.core.roles import Role
from lianfang.access.models import Account, Jurisdiction
from lianfang.access.scope import Scope, scope_of

PASSWORD = "Wm7kqpzu2x"
AT = dt.datetime(2021, 8, 6, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The present, in tests that need one."""

AREAS = (
    ("33", "东海市", "Donghai", "city", None),
    ("330999", "安和县", "Anhe", "county", "33"),
    ("330999001", "东河镇", "Donghe", "township", "330999"),
    ("330999001001", "东河一社区", "Donghe First", "community", "330999001"),
    ("330999001001001", "第一网格", "Grid One", "grid", "330999001001"),
    ("330999002", "西山乡", "Xishan", "township", "330999"),
    ("330999002001", "西山村", "Xishan Village", "community", "330999002"),
    ("330998", "临安县", "Linan", "county", "33"),
    ("330998001", "南桥镇", "Nanqiao", "township", "330998"),
)
ACCOUNTS = (
    ("administrator", Role.ADMINISTRATOR, "330999"),
    ("commander", Role.COMMANDER, "330999"),
    ("investigator", Role.INVESTIGATOR, "330999"),
    ("township_officer", Role.TOWNSHIP_OFFICER, "330999001"),
    ("grid_worker", Role.GRID_WORKER, "330999001001001"),
    ("auditor", Role.AUDITOR, "330999"),
    ("neighbour", Role.INVESTIGATOR, "330998"),
    ("stranger", Role.INVESTIGATOR, None),
)


@dataclass(frozen=True)
class Cast:
    """The people of the tests.

    Attributes
    ----------
    areas : dict of str to Jurisdiction
        By code.
    administrator, commander, investigator, township_officer, grid_worker, auditor : Account
        One of each role, in Anhe county.
    neighbour : Account
        An investigator of the neighbouring county.
    stranger : Account
        An investigator of no area.
    """

    areas: dict[str, Jurisdiction]
    administrator: Account
    commander: Account
    investigator: Account
    township_officer: Account
    grid_worker: Account
    auditor: Account
    neighbour: Account
    stranger: Account

    @property
    def roles(self) -> dict[str, Account]:
        """One account of each role, by the code of the role."""
        return {role.value: getattr(self, role.value) for role in Role}

    def scope(self, name: str) -> Scope:
        """Return the scope of one of the people, by name."""
        return scope_of(getattr(self, name))

    def client(self, name: str | None) -> Client:
        """Return a browser in which one of the people is signed in; nobody for None."""
        client = Client()
        if name is not None:
            client.force_login(getattr(self, name), backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


@cache
def _hashed() -> str:
    return make_password(PASSWORD)  # slow by design: once is enough


def make_cast() -> Cast:
    """Store the areas and the accounts, and return them."""
    paths: dict[str, str] = {}
    areas = {}
    for code, name, name_en, level, parent in AREAS:
        paths[code] = f"{paths.get(parent or '', '')}{code}/"
        areas[code] = Jurisdiction(
            code=code, name=name, name_en=name_en, level=level, parent_id=parent, path=paths[code]
        )
    Jurisdiction.objects.bulk_create(areas.values())
    people = {}
    for username, role, area in ACCOUNTS:
        account = Account(username=username, name=username, role=role.value, jurisdiction=areas.get(area or ""))
        account.password = _hashed()
        account.save()
        people[username] = account
    return Cast(areas=areas, **people)
