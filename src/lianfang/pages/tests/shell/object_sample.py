"""The page of a made-up thing with panels of made-up rooms, and its routes; for the tests of the object page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from lianfang.access.models import Jurisdiction
from lianfang.access.rules import allow, public
from lianfang.kernel.declare import Happened, Offer, Panel, Room
from lianfang.kernel.text import Text
from lianfang.pages import parts
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import Action, Content, ObjectPage
from lianfang.pages.panels import ROWS_A_SHEET, once, sheet_of

HERE = "lianfang.pages.tests.shell.object_sample"
CALLED: list[str] = []


def rows_panel(request: ScopedRequest, key: str) -> Content:
    CALLED.append("rows")
    codes = list(Jurisdiction.objects.order_by("code").values_list("code", flat=True)[:2])
    return Content("pages/facts.html", {"items": [(f"行{key}", codes[0])]}, tuple(codes))


def html_panel(request: ScopedRequest, key: str) -> Any:
    CALLED.append("html")
    Jurisdiction.objects.count()
    return parts.badge(f"件{key}", "good")


def text_panel(request: ScopedRequest, key: str) -> str:
    CALLED.append("text")
    return "<script>alert(1)</script>"


def panel(code: str, what: str, permission: str = "person.view", order: int = 100, subject: str = "thing") -> Panel:
    return Panel(code, subject, Text(f"甲{code}", f"Tab {code}"), permission, f"{HERE}:{what}_panel", order)


PANELS = (
    panel("text", "text", order=30),
    panel("rows", "rows", order=10),
    panel("html", "html", order=20),
    panel("secret", "rows", "account.manage", order=5),
    panel("other", "rows", subject="another"),
)
MORE = tuple(panel(f"more{n}", "html", order=50) for n in range(20))
TWICE = (panel("rows", "html"),)
NONE: tuple[Panel, ...] = ()


def asked(request: ScopedRequest, key: str) -> int:
    """Look the thing up, as each section of the page does."""

    def ask() -> int:
        CALLED.append("asked")
        return Jurisdiction.objects.count()

    return once(request, f"whole {key}", ask)


def counted_panel(request: ScopedRequest, key: str) -> Content:
    items = [(f"数{key}", asked(request, key))]
    named = {"people": ["P2", "P1"]}
    return Content("pages/facts.html", {"items": items}, ("R1",), named, count=2, scripts=("site/dist/graph.js",))


def bare_panel(request: ScopedRequest, key: str) -> Content:
    items = [(f"无题{key}", asked(request, key))]
    return Content("pages/facts.html", {"items": items}, named={"people": ["P3", "P1"]}, heading=False)


def map_panel(request: ScopedRequest, key: str) -> Content:
    return Content("pages/facts.html", {"items": [("图", key)]}, wide=True)


def beneath_panel(request: ScopedRequest, key: str) -> Content:
    items = [(f"附{key}", asked(request, key))]
    return Content("pages/facts.html", {"items": items}, ("R2",), {"people": ["P4"]}, scripts=("site/dist/map.js",))


def sheet_panel(request: ScopedRequest, key: str) -> Content:
    sheet = sheet_of(request, range(1, 3 * ROWS_A_SHEET + 1))
    CALLED.append(f"rows {sheet[0]}-{sheet[-1]}")
    return Content("pages/sheet.html", {"sheet": sheet}, count=sheet.paginator.count)


def sheet_waiting(request: ScopedRequest, key: str) -> int:
    return 7


def empty_panel(request: ScopedRequest, key: str) -> str:
    CALLED.append("empty")
    return ""


SECTIONS = (
    panel("below", "html", order=1, subject="whole"),
    Panel("bare", "whole", Text("甲", "Bare"), "person.view", f"{HERE}:bare_panel", 30, above=True),
    Panel("counted", "whole", Text("甲数", "Counted"), "person.view", f"{HERE}:counted_panel", 20, above=True),
    Panel("empty", "whole", Text("甲空", "Empty"), "person.view", f"{HERE}:empty_panel", 10, above=True),
    Panel("secret", "whole", Text("甲密", "Secret"), "account.manage", f"{HERE}:text_panel", 15, above=True),
    Panel("map", "whole", Text("甲图", "Map"), "person.view", f"{HERE}:map_panel", 5, above=True),
    Panel("beneath", "whole", Text("甲附", "Beneath"), "person.view", f"{HERE}:beneath_panel", 90, tab="below"),
    Panel("hidden", "whole", Text("甲藏", "Hidden"), "account.manage", f"{HERE}:text_panel", 91, tab="below"),
    Panel("alone", "whole", Text("甲独", "Alone"), "person.view", f"{HERE}:text_panel", 92, tab="gone"),
    replace(panel("sheet", "sheet", order=50, subject="whole"), waiting=f"{HERE}:sheet_waiting"),
)


def early(request: ScopedRequest, key: str) -> list[dict[str, Any]]:
    return [{"at": 3, "title": f"c{key}"}, {"at": 1, "title": "a"}]


def late(request: ScopedRequest, key: str) -> list[dict[str, Any]]:
    return [{"at": 1, "title": "b"}, {"at": 2, "title": "d"}]


def offered(request: ScopedRequest, key: str) -> str:
    CALLED.append(f"offer {key}")
    return "" if key == "K0" else f"/home/?thing={key}"


HOUSE = {
    "first": Room(
        Text("一", "first"),
        timeline=(Happened("thing", "person.view", f"{HERE}:early"), Happened("other", "person.view", f"{HERE}:late")),
        offers=(Offer("thing", "person.view", Text("可做", "To do"), f"{HERE}:offered"),),
    ),
    "second": Room(
        Text("二", "second"),
        timeline=(
            Happened("thing", "person.view", f"{HERE}:late"),
            Happened("thing", "account.manage", f"{HERE}:early"),
        ),
        offers=(
            Offer("thing", "account.manage", Text("管理", "Manage"), f"{HERE}:offered"),
            Offer("other", "person.view", Text("别处", "Elsewhere"), f"{HERE}:offered"),
        ),
    ),
}


class ThingPage(ObjectPage):
    subject = "thing"

    def prepare(self) -> None:
        if self.key == "gone":
            raise Http404

    def get_title(self) -> str:
        return f"物{self.key}"

    def get_badges(self) -> Sequence[Any]:
        return (parts.badge("在用", "good"),)

    def get_actions(self) -> Sequence[Action]:
        return (Action("改", "/home/", "person.view", "primary"), Action("删", "/home/", "account.manage", "danger"))

    def get_facts(self) -> Sequence[tuple[Any, Any]]:
        return (("名称", f"<物{self.key}>"), ("电话", None))


class WholePage(ThingPage):
    subject = "whole"

    def get_read(self) -> dict[str, Any]:
        return {"person": "P0"}


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("things/<str:key>/", allow("person.view", ThingPage.as_view()), name="thing"),
    path("wholes/<str:key>/", allow("person.view", WholePage.as_view()), name="whole"),
    path("home/", public(nothing), name="home"),
    path("account/", include("lianfang.access.urls")),
    path("", include("lianfang.pages.urls")),
]
