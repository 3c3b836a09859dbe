"""Outbreaks by hand: opened, changed, closed, each with its trace and a way back; nobody reaches into another area."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lianfang.access.audit import verify
from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT, Cast
from lianfang.kernel.errors import Refused
from lianfang.outbreaks import services
from lianfang.outbreaks.models import Outbreak
from lianfang.records.acts import carry_out
from lianfang.records.changes import undo_change

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LIST = "/outbreaks/"
TOLD = {
    "code": "2021-01",
    "name": "东河疫情",
    "playbook": "covid19-cn-8",
    "overlays": ["covid19-cn-8-local-2021-08"],
    "area": "330999",
    "started_on": dt.date(2021, 8, 5),
}


def begin(cast: Cast, by: str = "commander", **other: object) -> Outbreak:
    return services.begin_outbreak(**(TOLD | other), by=getattr(cast, by), at=AT)


def test_a_commander_and_an_administrator_open_an_outbreak_in_their_area(cast: Cast) -> None:
    begin(cast)
    begin(cast, "administrator", code="2021-02")
    assert [one.pk for one in Outbreak.unscoped.order_by("pk")] == ["2021-01", "2021-02"]
    entry = AuditEntry.objects.filter(kind="outbreaks.outbreak").first()
    assert (entry.actor, entry.detail["act"]) == ("account:commander", "outbreak.open")
    assert verify() is None


@pytest.mark.parametrize("by", ["investigator", "township_officer", "grid_worker", "auditor", "neighbour", "stranger"])
def test_nobody_else_does(cast: Cast, by: str) -> None:
    with pytest.raises(Refused, match="may not"):
        begin(cast, by)
    assert not Outbreak.unscoped.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": "a/b"}, "cannot be the number"),
        ({"code": "open"}, "cannot be the number"),
        ({"code": ""}, "cannot be the number"),
        ({"area": "330998"}, "330998"),
        ({"started_on": dt.date(2021, 8, 7)}, "after today"),
        ({"playbook": "covid19-cn-7"}, "covid19-cn-7"),
    ],
)
def test_what_cannot_be_opened_is_refused_with_its_reason(cast: Cast, wrong: dict, words: str) -> None:
    with pytest.raises(Refused, match=words):
        begin(cast, **wrong)
    assert not Outbreak.unscoped.exists()


def test_a_number_is_taken_once_whatever_its_case(cast: Cast) -> None:
    begin(cast, code="Yt-1")
    with pytest.raises(Refused, match="taken"):
        begin(cast, code="YT-1")


def test_moved_to_another_policy_and_back(cast: Cast) -> None:
    begin(cast)
    told = {"name": "东河疫情", "playbook": "covid19-cn-9", "overlays": [], "started_on": dt.date(2021, 8, 5)}
    change = services.change_outbreak(code="2021-01", **told, by=cast.administrator, at=AT)
    assert change is not None
    moved = Outbreak.unscoped.get()
    assert (moved.playbook, moved.overlays) == ("covid19-cn-9", [])
    assert services.change_outbreak(code="2021-01", **told, by=cast.administrator, at=AT) is None
    undo_change(change_id=change.pk, by=cast.commander, at=AT)
    back = Outbreak.unscoped.get()
    assert (back.playbook, back.overlays) == ("covid19-cn-8", ["covid19-cn-8-local-2021-08"])


def test_closed_with_a_reason_and_opened_again(cast: Cast) -> None:
    begin(cast)
    with pytest.raises(Refused, match="reason"):
        carry_out(act="outbreak.close", keys=["2021-01"], by=cast.commander, at=AT)
    carry_out(act="outbreak.close", keys=["2021-01"], by=cast.commander, at=AT, note="末例解除后 14 天")
    assert Outbreak.unscoped.get().ended_on == dt.date(2021, 8, 6)
    carry_out(act="outbreak.reopen", keys=["2021-01"], by=cast.commander, at=AT)
    assert Outbreak.unscoped.get().ended_on is None


def test_an_outbreak_that_begins_after_today_cannot_be_closed(cast: Cast) -> None:
    begin(cast)
    Outbreak.unscoped.update(started_on=dt.date(2021, 8, 9))
    with pytest.raises(Refused, match="begins after today"):
        carry_out(act="outbreak.close", keys=["2021-01"], by=cast.commander, at=AT, note="误立")


def test_the_neighbour_changes_nothing_here(cast: Cast) -> None:
    begin(cast)
    cast.neighbour.role = "commander"
    cast.neighbour.save()
    assert cast.client("neighbour").get(f"{LIST}2021-01/change/").status_code == 404
    told = {"name": "x", "playbook": "covid19-cn-9", "overlays": [], "started_on": dt.date(2021, 8, 5)}
    with pytest.raises(Refused, match="no outbreak"):
        services.change_outbreak(code="2021-01", **told, by=cast.neighbour, at=AT)
    with pytest.raises(Refused):
        carry_out(act="outbreak.close", keys=["2021-01"], by=cast.neighbour, at=AT, note="越权")
    assert Outbreak.unscoped.get().name == "东河疫情"


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "疫情立项"), ("en", "Open an outbreak")])
def test_opened_by_the_form_from_an_empty_list(cast: Cast, language: str, words: str) -> None:
    client = cast.client("commander")
    client.post("/preferences/", {"language": language})
    empty = client.get(LIST).content.decode()
    assert words in empty and f'href="{LIST}open/"' in empty
    typed = {**TOLD, "started_on": "2021-08-05", "overlays": ["covid19-cn-8-local-2021-08"]}
    assert client.post(f"{LIST}open/", typed).status_code == 302
    page = client.get(LIST).content.decode()
    assert "东河疫情" in page and "covid19-cn-8 + covid19-cn-8-local-2021-08" in page
    wrong = client.post(f"{LIST}open/", typed | {"code": "2021-01"})
    assert wrong.status_code == 422 and "东河疫情" in wrong.content.decode()


def test_the_form_changes_and_the_list_closes(cast: Cast) -> None:
    begin(cast)
    client = cast.client("commander")
    form = client.get(f"{LIST}2021-01/change/")
    assert form.context["form"].initial["playbook"] == "covid19-cn-8"
    typed = {"name": "东河镇疫情", "playbook": "covid19-cn-8", "started_on": "2021-08-04"}
    assert client.post(f"{LIST}2021-01/change/", typed).status_code == 302
    assert Outbreak.unscoped.get().name == "东河镇疫情"
    page = client.get(LIST).content.decode()
    seen = re.findall(r'name="seen" value="(2021-01:[^"]*)"', page)
    chosen = {"action": "outbreak.close", "keys": ["2021-01"], "seen": seen, "note": "疫情结束"}
    assert client.post(LIST, chosen).status_code == 303
    assert client.get(LIST, {"state": "closed"}).context["count"] == 1
    assert client.get(LIST, {"state": "open"}).context["count"] == 0


def test_who_sees_outbreaks(cast: Cast) -> None:
    begin(cast)
    for who, status, seen in (
        ("investigator", 200, True),
        ("township_officer", 200, True),
        ("neighbour", 200, False),
        ("stranger", 200, False),
        ("auditor", 403, False),
        ("grid_worker", 403, False),
        (None, 302, False),
    ):
        page = cast.client(who).get(LIST)
        assert (page.status_code, "东河疫情" in page.content.decode()) == (status, seen), who


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    client = cast.client("commander")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(LIST).status_code == 200
        return len(caught)

    begin(cast)
    few = queries()
    for n in range(2, 30):
        begin(cast, code=f"2021-{n:02d}")
    assert queries() == few


@pytest.mark.parametrize(("ended", "overlays", "warned"), [("2021-12-31", [], False), (None, [], True)])
def test_a_playbook_that_is_not_in_force_is_said_on_the_list_and_on_the_form(
    cast: Cast, ended: str | None, overlays: list[str], warned: bool
) -> None:
    """The eighth edition held until 2022-06-27: an outbreak of 2021 that was closed then needs no word."""
    outbreak = begin(cast, overlays=overlays)
    Outbreak.unscoped.filter(pk=outbreak.pk).update(ended_on=ended)
    page = cast.client("commander").get(LIST).content.decode()
    form = cast.client("commander").get(f"{LIST}{outbreak.pk}/change/").content.decode()
    assert ("不在施行期" in page or "not in force" in page) is warned
    assert ("2022-06-27" in form) is warned
