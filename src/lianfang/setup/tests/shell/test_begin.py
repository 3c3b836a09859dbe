"""From an empty database to the first case without a shell: each step by its page, as a new office takes it."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lianfang.access.audit import verify
from lianfang.access.models import Account, AuditEntry, Jurisdiction
from lianfang.access.scope import system_scope
from lianfang.access.services import create_account
from lianfang.access.times import now, to_local
from lianfang.cases.models import Case
from lianfang.kernel.errors import Refused
from lianfang.outbreaks.models import Outbreak
from lianfang.records.models import Task
from lianfang.records.tasks.running import run_waiting
from lianfang.registry.models import Person
from lianfang.setup import services
from lianfang.tracing.models import Interview

pytestmark = [pytest.mark.database, pytest.mark.django_db]

PASSWORD = "Wm7kqpzu2x"
OUTLINE = """安和县 / Anhe
    东河镇
        东河一社区
    西山乡
"""
PEOPLE = """person_id,name,phone,jurisdiction
p1,王小明,13800000001,东河一社区
p2,李小红,13800000002,西山乡
p3,赵六,13800000003,
p4,钱七,13800000004,外县
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def begin(username: str = "boss") -> Client:
    """Make the first account by its page; the client is signed in."""
    client = Client()
    typed = {"code": services.setup_code(), "username": username, "password": PASSWORD, "again": PASSWORD}
    answer = client.post("/setup/first/", typed)
    assert answer.status_code == 302, answer.content.decode()
    return client


def send(client: Client, kind: str, text: str, **more: str) -> Task:
    """Load a list by its page, and do the work."""
    sent = SimpleUploadedFile(f"{kind}.csv", text.encode())
    assert client.post(f"/setup/lists/{kind}/", {"list": sent, **more}).status_code == 303
    (task, *_) = [one for one in run_waiting() if one.kind == "setup.list"]
    return task


def sign_in(username: str) -> Client:
    client = Client()
    client.force_login(
        Account.objects.get(username=username), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_the_whole_way(folder: Path) -> None:
    assert "is_new" not in Client().get("/healthz").content.decode()
    assert "尚无任何账号" in Client().get("/account/sign-in/").content.decode()
    client = begin()
    assert "尚无任何账号" not in Client().get("/account/sign-in/").content.decode()
    steps = client.get("/setup/").content.decode()
    assert 'href="/setup/areas/"' in steps and 'href="/setup/accounts/"' not in steps

    assert client.post("/setup/areas/", {"top": "county", "outline": OUTLINE}).status_code == 302
    boss = Account.objects.get()
    assert boss.jurisdiction.name == "安和县"
    names = dict(Jurisdiction.objects.values_list("name", "code"))
    assert (names["安和县"], names["东河一社区"]) == ("001", "001001001")

    form = client.get("/setup/accounts/")
    rows = form.context["rows"]
    typed = {f"a-{name}": value for name, value in rows.management_form.initial.items()}
    for n, row in enumerate(rows.initial):
        typed |= {f"a-{n}-{name}": "on" if value is True else value for name, value in row.items()}
    made = client.post("/setup/accounts/", typed)
    assert made.status_code == 200 and made["Cache-Control"] == "no-store"
    page = made.content.decode()
    roles = sorted(Account.objects.values_list("role", flat=True))
    assert roles == ["administrator", "auditor", "commander", "investigator", "township_officer", "township_officer"]
    passwords = re.findall(r"<code>(\w{16})</code>", page)
    assert len(set(passwords)) == 5
    assert Account.objects.get(username="commander").check_password(passwords[0])
    assert not any(password in str(list(AuditEntry.objects.values_list("detail"))) for password in passwords)

    task = send(client, "people", PEOPLE)
    assert (task.result["rows"], task.result["refused"]) == (3, 1)
    homes = dict(Person.unscoped.values_list("pk", "jurisdiction__name"))
    assert homes == {"p1": "东河一社区", "p2": "西山乡", "p3": "安和县"}
    refused = (folder / task.file).read_text("utf-8-sig")
    assert "外县" in refused and ",5," in refused

    commander = sign_in("commander")
    empty = commander.get("/cases/report/")
    assert empty.status_code == 200
    today = to_local(now()).date()
    told = {
        "code": "Y-01",
        "name": "首起疫情",
        "area": names["安和县"],
        "started_on": today.isoformat(),
        "playbook": "covid19-cn-9",
    }
    assert commander.post("/outbreaks/open/", told).status_code == 302
    assert Outbreak.unscoped.get().jurisdiction.name == "安和县"

    investigator = sign_in("investigator")
    rows = [f"c1,p1,{today},就诊发现（发热门诊等）", f"c2,p9,{today},", f"c3,p2,{today},门诊"]
    rows += ["c4,p2,1926-11-01,", "c5,p2,2199-11-01,"]
    cases = send(
        investigator, "cases", "\n".join(["case_id,person_id,onset_date,发现途径", *rows, ""]), outbreak="Y-01"
    )
    assert (cases.result["rows"], cases.result["refused"]) == (1, 4)
    assert Case.unscoped.get().found_by == "care_seeking"
    told = [row.split(",")[1:4] for row in (folder / cases.file).read_text("utf-8-sig").splitlines()[1:]]
    assert [row[:2] for row in told] == [
        ["3", "person_id"],
        ["4", "found_by"],
        ["5", "onset_date"],
        ["6", "onset_date"],
    ]
    named = send(
        investigator, "contacts", "case_id,person_id,relation\nc1,p2,同事\nc1,p1,\nc9,p2,\nc1,p8,\n", outbreak="Y-01"
    )
    assert (named.result["rows"], named.result["refused"]) == (1, 3)
    run_waiting()
    assert Case.unscoped.get().person_id == "p1" and Interview.unscoped.get().person_id == "p2"
    assert "李小红" in investigator.get("/contacts/").content.decode()
    assert verify() is None
    done = client.get("/setup/").content.decode()
    assert "处置疫情所需已齐备" in done


def test_the_same_list_twice_changes_nothing(folder: Path) -> None:
    client = begin()
    client.post("/setup/areas/", {"top": "county", "outline": OUTLINE})
    send(client, "people", PEOPLE)
    before = list(Person.unscoped.order_by("pk").values())
    send(client, "people", PEOPLE)
    assert list(Person.unscoped.order_by("pk").values()) == before


def test_a_list_without_areas_moves_nobody_who_is_registered(folder: Path) -> None:
    client = begin()
    client.post("/setup/areas/", {"top": "county", "outline": OUTLINE})
    send(client, "people", PEOPLE)
    task = send(client, "people", "person_id,name,phone\np1,王小明,13800000009\np9,新来,13800000008\n")
    assert (task.result["rows"], task.result["refused"]) == (2, 0)
    homes = dict(Person.unscoped.filter(pk__in=("p1", "p9")).values_list("pk", "jurisdiction__name"))
    assert homes == {"p1": "东河一社区", "p9": "安和县"}
    assert Person.unscoped.get(pk="p1").phone == "13800000009"


CITY = "33 东海市\n  330999 安和县\n    330999001 东河镇\n  330888 邻县\n"


@pytest.fixture
def county_office(folder: Path) -> Client:
    """An administrator of a county that lies in a city, beside another county."""
    assert begin().post("/setup/areas/", {"top": "city", "outline": CITY}).status_code == 302
    words = {"role": "administrator", "jurisdiction": "330999", "password": PASSWORD}
    create_account(username="county", by=system_scope("test"), at=now(), **words)
    return sign_in("county")


def test_a_county_in_a_city_lengthens_its_own_outline_and_stays_where_it_is(county_office: Client) -> None:
    shown = county_office.get("/setup/areas/").context["form"].initial
    assert shown["outline"].startswith("330999 安和县") and "邻县" not in shown["outline"]
    longer = shown["outline"] + "\n    西山乡"
    assert county_office.post("/setup/areas/", {"top": shown["top"], "outline": longer}).status_code == 302
    without_code = longer.replace("330999 安和县", "安和县")
    assert county_office.post("/setup/areas/", {"top": shown["top"], "outline": without_code}).status_code == 302
    paths = dict(Jurisdiction.objects.values_list("name", "path"))
    assert paths["安和县"] == "33/330999/" and paths["西山乡"] == "33/330999/330999002/"
    assert len(paths) == 5


@pytest.mark.parametrize(
    "rows",
    [
        "330888,邻县,county,330999",  # the neighbour, with all its rows
        "33,东海市,city,\n330999,安和县,county,33",
        "330999,安和县,county,330888",
        "330999001,东河镇,township,330888",
        "330777,新县,county,33",
    ],
)
def test_nobody_takes_an_area_of_others_or_moves_their_own(county_office: Client, rows: str) -> None:
    before = list(Jurisdiction.objects.order_by("pk").values())
    task = send(county_office, "areas", f"code,name,level,parent\n{rows}\n")
    assert task.state == "failed"
    assert list(Jurisdiction.objects.order_by("pk").values()) == before


def test_a_tree_of_one_area_needs_no_parent(folder: Path) -> None:
    task = send(begin(), "areas", "code,name,level\n330999,安和县,county\n")
    assert task.state == "done" and Account.objects.get().jurisdiction_id == "330999"


def test_nobody_sets_up_without_the_code_or_a_second_time(folder: Path) -> None:
    assert Client().get("/setup/first/").status_code == 404
    assert Client().get("/setup/first/", {"code": "x"}).status_code == 404
    code = services.setup_code()
    assert Client().get("/setup/first/", {"code": code}).status_code == 200
    assert oct((folder / "setup-code").stat().st_mode & 0o777) == "0o600"
    wrong = Client().post("/setup/first/", {"code": "x", "username": "a", "password": PASSWORD, "again": PASSWORD})
    assert wrong.status_code == 422 and not Account.objects.exists()
    begin()
    assert not (folder / "setup-code").exists()
    assert Client().get("/setup/first/", {"code": code}).status_code == 404
    again = {"code": code, "username": "b", "password": PASSWORD, "again": PASSWORD}
    assert Client().post("/setup/first/", again).status_code == 404
    with pytest.raises(Refused, match="not valid"):
        services.first_account(code=code, username="b", name="", password=PASSWORD, at=now())
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    "typed", [{"again": "other"}, {"password": "1234567890", "again": "1234567890"}, {"username": ""}]
)
def test_a_first_account_that_cannot_be_is_said_and_what_was_typed_stays(folder: Path, typed: dict) -> None:
    told = {"code": services.setup_code(), "username": "boss", "name": "张局", "password": PASSWORD, "again": PASSWORD}
    answer = Client().post("/setup/first/", told | typed)
    assert answer.status_code == 422 and "张局" in answer.content.decode()
    assert not Account.objects.exists()


def test_an_outline_that_does_not_fit_is_said_by_its_line_and_kept(folder: Path) -> None:
    client = begin()
    answer = client.post("/setup/areas/", {"top": "county", "outline": "甲县\n乙县"})
    assert answer.status_code == 422
    assert "第 2 行" in answer.content.decode() and "乙县" in answer.content.decode()
    assert not Jurisdiction.objects.exists()


def test_nobody_makes_an_account_outside_of_their_own_area_or_without_one(cast) -> None:
    for area in ("330998", "33", ""):
        wanted = [services.NewAccount("fresh", "", "commander", area)]
        with pytest.raises(Refused, match="inside your own"):
            services.make_accounts(wanted=wanted, by=cast.administrator, at=now())
    assert not Account.objects.filter(username="fresh").exists()
