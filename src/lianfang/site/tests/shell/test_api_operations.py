"""Operations of the API beside the lists: a permission for each method, bodies, tokens; what does not start."""

import json

import django_tables2 as tables
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import include, path, reverse
from ninja import Router, Schema

from lianfang.access.api_door import api_route
from lianfang.access.rules import allow, routes, unruled
from lianfang.access.tests.cast import Cast
from lianfang.access.turns import writing
from lianfang.house import lists
from lianfang.kernel.declare import Listed, load_named
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.pages import columns
from lianfang.pages.lists import ListPage
from lianfang.pages.tables import Table
from lianfang.registry.views import PersonList
from lianfang.site import errors
from lianfang.site import urls as site_urls
from lianfang.site.api.lists import list_routes
from lianfang.site.api.urls import api_patterns

pytestmark = [pytest.mark.django_db, pytest.mark.database]

# Operations beside the lists: written here as a room would write them.

more = Router()


class Note(Schema):
    words: str
    times: int = 1


@more.get("/notes/{number}", url_name="note")
@api_route("case.view")
def show_note(request, number: int):
    return HttpResponse(f'{{"number": {number}}}', content_type="application/json")


@more.post("/notes/{number}", url_name="note-write")
@api_route("case.change")
def write_note(request, number: int, note: Note):
    if note.times > 1:
        raise Refused(Text("只能写一次", "write it once"))
    with writing():
        pass
    return HttpResponse(
        json.dumps({"account": request.account.username, "paths": request.scope.paths}),
        content_type="application/json",
    )


urlpatterns = [*site_urls.pages, path("api/v1/", include(api_patterns(site_urls.pages, [("/extra", more)])))]
handler400, handler403, handler404, handler500 = (
    errors.bad_request,
    errors.forbidden,
    errors.not_found,
    errors.server_error,
)
EXTRA = override_settings(ROOT_URLCONF=__name__)


def send(client: Client, body, **headers):
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Accept-Language": "en", **headers}
    return client.post("/api/v1/extra/notes/7", text, content_type="application/json", headers=headers)


@EXTRA
def test_each_method_of_an_address_has_its_own_permission(machine):
    assert unruled() == []
    assert reverse("note", args=[7]) == "/api/v1/extra/notes/7"
    for who, reads, writes in (("investigator", 200, 200), ("township_officer", 200, 403), ("auditor", 403, 403)):
        caller = machine(who)
        header = {"Authorization": f"Bearer {caller.key}"}
        assert caller.get("extra/notes/7").status_code == reads
        answer = send(Client(enforce_csrf_checks=True), {"words": "x"}, **header)
        assert answer.status_code == writes, who
    assert send(Client(), {"words": "x"}).status_code == 401


@EXTRA
def test_a_view_finds_account_and_scope(machine):
    header = {"Authorization": f"Bearer {machine('township_officer').key}"}
    assert send(Client(), {"words": "x"}, **header).status_code == 403
    header = {"Authorization": f"Bearer {machine('investigator').key}"}
    assert send(Client(), {"words": "x"}, **header).json() == {"account": "investigator", "paths": ["33/330999/"]}


@EXTRA
def test_a_body_that_does_not_fit_is_told_by_field(machine):
    header = {"Authorization": f"Bearer {machine('investigator').key}"}
    answer = send(Client(), {"times": "many"}, **header)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["errors"]} == {"words", "times"}
    answer = send(Client(), "{", **header)
    assert answer.status_code == 400 and answer.json()["code"] == "bad_request"
    answer = send(Client(), {"words": "x", "times": 2}, **header)
    assert answer.status_code == 409 and answer.json() == {
        "status": 409,
        "code": "refused",
        "reason": "write it once",
        "errors": [],
    }
    with override_settings(API_BODY_BYTES=10):
        answer = send(Client(), {"words": "x" * 20}, **header)
    assert answer.status_code == 413 and answer.json()["code"] == "too_large"


@EXTRA
def test_a_session_that_writes_needs_the_token_of_its_page(county: Cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(county.investigator, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert send(client, {"words": "x"}).status_code == 403
    client.get("/account/")
    client.get("/account/password/")
    token = client.cookies["csrftoken"].value
    assert send(client, {"words": "x"}, **{"X-CSRFToken": token}).status_code == 200
    assert send(client, {"words": "x"}, **{"X-CSRFToken": "x" * 32}).status_code == 403


@EXTRA
def test_a_wall_screen_writes_nothing(county: Cast):
    client = county.client("investigator")
    client.post("/account/wall/")
    assert client.get("/api/v1/extra/notes/7").status_code == 200
    answer = send(client, {"words": "x"})
    assert answer.status_code == 403 and answer.json()["code"] == "forbidden"


def test_an_operation_without_a_permission_does_not_start():
    wrong = Router()

    @wrong.get("/open")
    @api_route("case.view")
    def first(request):
        raise AssertionError

    @wrong.post("/open")
    def second(request):
        raise AssertionError("a view without a rule ran")

    broken = type("broken", (), {"urlpatterns": [path("api/v1/", include(api_patterns([], [("", wrong)], ())))]})
    with override_settings(ROOT_URLCONF=broken):
        assert unruled() == ["api/v1/open"]
        with pytest.raises(ImproperlyConfigured, match="api/v1/open"):
            WSGIHandler()


PEOPLE = Listed("people", "lianfang.registry.views:PersonList", "person.view")


def test_every_list_page_is_declared_and_every_declared_list_has_its_route():
    ruled = {
        getattr(view, "view_class", None): getattr(view, "access_rule", None)
        for _address, view in routes(site_urls.pages)
    }
    pages = {page for page in ruled if page is not None and issubclass(page, ListPage)}
    assert {load_named(one.view) for one in lists()} == pages and len(pages) == len(lists()) >= 10
    for one in lists():
        assert ruled[load_named(one.view)].permission == one.permission, one.code
    at = {one.name: (one.path, one.permission) for one in list_routes(site_urls.pages, lists())}
    assert at.pop("unregistered") == ("outbreaks/{str:code}/unregistered", "case.view")
    assert at == {one.code: (one.code, one.permission) for one in lists() if one.code != "unregistered"}


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ([], "people needs one route with the permission person.view; it has: none"),
        ([path("a/", PersonList.as_view())], r"it has: /a/ \(None\)"),
        ([path("a/", allow("case.view", PersonList.as_view()))], r"it has: /a/ \(case.view\)"),
        ([path(one, allow("person.view", PersonList.as_view())) for one in ("a/", "b/")], "it has: /a/ .*, /b/ "),
    ],
)
def test_a_declared_list_without_one_route_of_its_own_does_not_start(pages, told):
    with pytest.raises(ImproperlyConfigured, match=told):
        list_routes(pages, [PEOPLE])


def test_a_list_page_that_no_room_declares_does_not_start():
    page = path("", include([path("a/", allow("person.view", PersonList.as_view()))]))
    assert [one.path for one in list_routes([page], [PEOPLE])] == ["people"]
    with pytest.raises(ImproperlyConfigured, match=r"lianfang\.registry\.views:PersonList"):
        list_routes([page], [])


class Kindless(Table):
    person_id = tables.Column()
    sex = columns.Text("sex")


class OwnWords(Table):
    name = columns.Masked("name", "name")

    def value_name(self, value: str) -> str:
        return value[0]


@pytest.mark.parametrize(("table", "told"), [(Kindless, "person_id is of no kind"), (OwnWords, "OwnWords.value_name")])
def test_a_table_that_the_api_could_not_cover_as_its_file_does_not_start(table, told, monkeypatch):
    monkeypatch.setattr(PersonList, "table_class", table)
    with pytest.raises(ImproperlyConfigured, match=told):
        list_routes([path("a/", allow("person.view", PersonList.as_view()))], [PEOPLE])


def test_a_list_below_a_number(machine):
    caller = machine("investigator")
    pages = [path("areas/<int:number>/people/", allow("person.view", PersonList.as_view()))]
    patterns = [*site_urls.pages, path("api/v1/", include(api_patterns(pages, (), [PEOPLE])))]
    with override_settings(ROOT_URLCONF=type("below", (), {"urlpatterns": patterns})):
        assert caller.get("areas/7/people?limit=1").said["count"] == 5
        assert caller.get("openapi.json").said["paths"]["/api/v1/areas/{number}/people"]["get"]["x-permission"]


def test_a_misspelt_permission_does_not_start():
    with pytest.raises(KeyError):
        api_route("case.veiw")
