"""The pages of the room: who sees whom, by how many queries, in both languages."""

import json
import urllib.parse

import polars as pl
import pytest

from lianfang.access.models import AuditEntry
from lianfang.access.tests.cast import AT
from lianfang.registry.services import load_register
from lianfang.registry.tests.cast import SCOPE

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.mark.parametrize(
    ("who", "status", "seen"),
    [
        ("commander", 200, {"王伟", "欧阳晓"}),
        ("investigator", 200, {"王伟", "欧阳晓"}),
        ("township_officer", 200, {"王伟"}),
        ("grid_worker", 200, {"王伟"}),
        ("neighbour", 200, {"赵强"}),
        ("stranger", 200, set()),
        ("auditor", 403, set()),
        ("administrator", 403, set()),
        (None, 302, set()),
    ],
)
def test_who_sees_whom(register, who, status, seen):
    response = register.client(who).get("/persons/")
    assert response.status_code == status
    text = response.content.decode()
    assert {name for name in ("王伟", "欧阳晓", "赵强") if name in text} == seen


def test_the_identity_number_is_covered_for_a_commander(register):
    text = register.client("commander").get("/persons/").content.decode()
    assert "330999************" in text
    assert "3309991980" not in text
    assert "3309991980" in register.client("investigator").get("/persons/").content.decode()


def test_search_and_filters_narrow_the_list(register):
    client = register.client("investigator")
    assert client.get("/persons/?q=oyx").context["count"] == 1
    assert client.get("/persons/?q=nobody").context["count"] == 0
    assert client.get("/persons/?township=330999001").context["count"] == 3
    assert client.get("/persons/?sex=female&township=330999001").context["count"] == 1
    assert client.get("/persons/?sort=-age").context["count"] == 5


def test_the_number_of_queries_does_not_grow_with_the_rows(register, django_assert_max_num_queries):
    client = register.client("investigator")
    more = pl.DataFrame(
        {"person_id": [f"N{i}" for i in range(80)], "name": ["新人"] * 80, "jurisdiction": ["330999002001"] * 80}
    )

    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get("/persons/").status_code == 200
        return len(caught)

    few = queries()
    load_register(people=more, by=SCOPE, at=AT)
    assert queries() == few


def test_reading_leaves_a_trace_and_so_does_an_export(register):
    register.client("investigator").get("/persons/?township=330999002")
    entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.act, entry.kind, entry.actor) == ("read", "registry.person", "account:investigator")
    assert sorted(entry.detail["keys"]) == ["P-OUYANG", "P-SHAN"]
    response = register.client("investigator").get("/persons/?export=csv")
    assert "欧阳晓" in b"".join(response.streaming_content if response.streaming else [response.content]).decode(
        "utf-8-sig"
    )
    officer = register.client("township_officer").get("/persons/?export=csv")
    whole = b"".join(officer.streaming_content).decode("utf-8-sig")
    assert "欧阳晓" not in whole and len(whole.splitlines()) > 1, "a township takes out its own rows alone"
    assert register.client("grid_worker").get("/persons/?export=csv").status_code == 403


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "人群分类"), ("en", "Population class")])
def test_both_languages(register, language, words):
    client = register.client("investigator")
    client.post("/preferences/", {"language": language})
    assert words in client.get("/persons/").content.decode()


def test_a_person_page_is_for_readers_of_the_area(register):
    assert register.client("grid_worker").get("/persons/P-WANG/").status_code == 200
    assert register.client("grid_worker").get("/persons/P-SHAN/").status_code == 404
    assert register.client("neighbour").get("/persons/P-WANG/").status_code == 404
    assert register.client("auditor").get("/persons/P-WANG/").status_code == 403
    entry = AuditEntry.objects.filter(kind="registry.person", act="read").order_by("-number").first()
    assert (entry.key, entry.actor) == ("P-WANG", "account:grid_worker")


def test_the_map_of_the_register(register):
    client = register.client("commander")
    assert len(client.get("/persons/map/boundaries.json").json()["features"]) == 2
    assert len(client.get("/persons/map/buildings.json?box=120,30,121,31").json()["features"]) == 1
    assert len(client.get("/persons/map/buildings.json?box=nonsense").json()["features"]) == 2
    assert register.client("auditor").get("/persons/map/buildings.json").status_code == 403


@pytest.mark.parametrize("typed", ["王伟", "13800000001", "33099919800305"])
def test_what_is_searched_does_not_enter_the_audit_trail(register, typed):
    client = register.client("investigator")
    for query in (f"q={typed}&township=330999001", f"q={typed}&township=330999001&export=csv"):
        client.get(f"/persons/?{query}")
        entry = AuditEntry.objects.order_by("-number").first()
        assert urllib.parse.quote(typed) not in json.dumps(entry.detail)
        assert typed not in json.dumps(entry.detail, ensure_ascii=False)
        assert "township=330999001" in entry.detail["query"]
    assert AuditEntry.objects.filter(act="read", kind="registry.person").order_by("-number").first().detail["keys"] == [
        "P-WANG"
    ]
