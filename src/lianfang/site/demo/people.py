"""The demo's accounts: one for each role, with random passwords that only their owner can read."""

import datetime as dt
import json

import polars as pl

from lianfang.access.core.roles import Role
from lianfang.drill.core.names import AREA_CODE
from lianfang.kernel.text import Lang, Text
from lianfang.site.demo.folder import Folder

USERNAMES = {
    Role.COMMANDER: ("commander", "演示指挥员"),
    Role.INVESTIGATOR: ("investigator", "演示流调员"),
    Role.TOWNSHIP_OFFICER: ("township", "演示乡镇干部"),
    Role.GRID_WORKER: ("grid", "演示网格员"),
    Role.AUDITOR: ("auditor", "演示审计员"),
    Role.ADMINISTRATOR: ("admin", "演示管理员"),
}


def choose_places(grids_of_cases: pl.Series) -> dict[Role, str]:
    """Say which area each account stands at: the county, or the township and the grid with most cases.

    Parameters
    ----------
    grids_of_cases : Series of String
        The grid code of each reported case.
    """

    def most(codes: pl.Series) -> str:
        return str(codes.value_counts().sort(["count", codes.name], descending=[True, False])[codes.name][0])

    township = most(grids_of_cases.str.slice(0, 9))
    grid = most(grids_of_cases.filter(grids_of_cases.str.starts_with(township)))
    return dict.fromkeys(Role, AREA_CODE) | {Role.TOWNSHIP_OFFICER: township, Role.GRID_WORKER: grid}


def make_accounts(folder: Folder, places: dict[Role, str], at: dt.datetime) -> None:
    """Make the accounts that are not there yet. Passwords are on the disk before the first account is made."""
    from lianfang.access.scope import system_scope
    from lianfang.access.selectors import account_named, jurisdictions
    from lianfang.access.services import create_account, make_password

    by = system_scope("demo")
    if not folder.accounts_file.exists():
        names = {area.code: (area.name, area.name_en) for area in jurisdictions(by).filter(code__in=places.values())}
        chosen = {
            username: {
                "role": role.value,
                "password": make_password(),
                "area": places[role],
                "area_zh": names[places[role]][0],
                "area_en": names[places[role]][1],
            }
            for role, (username, _) in USERNAMES.items()
        }
        folder.keep_json(folder.accounts_file, chosen, private=True)
    stored = json.loads(folder.accounts_file.read_text("utf-8"))
    for role, (username, name) in USERNAMES.items():
        if account_named(username) is None:
            create_account(
                username=username,
                role=role.value,
                password=stored[username]["password"],
                name=name,
                jurisdiction=stored[username]["area"],
                at=at,
                by=by,
            )


def print_accounts(folder: Folder, lang: Lang) -> None:
    """Print names, roles, areas and first passwords."""
    stored = json.loads(folder.accounts_file.read_text("utf-8"))
    labels = {role.value: role.label for role in Role}
    print(
        Text("账号（初始密码，保存在 {file}）", "Accounts (first passwords, kept in {file})")
        .format(file=folder.accounts_file)
        .in_language(lang)
    )
    for username, facts in stored.items():
        area = Text(facts["area_zh"], facts["area_en"]).in_language(lang)
        print(f"  {username:<13} {facts['password']}  {labels[facts['role']].in_language(lang)} · {area}")
