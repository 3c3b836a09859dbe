"""The page of a made-up thing with panels of made-up rooms, and its routes; for the tests of the object page."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from lianfang.access.models import Jurisdiction
from lianfang.access.rules import allow, public
from lianfang.kernel.declare import Panel
from lianfang.kernel.text import Text
from lianfang.pages import parts
from lianfang.pages.lists import ScopedRequest
from lianfang.pages.objectpage import Action, Content, ObjectPage

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


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("things/<str:key>/", allow("person.view", ThingPage.as_view()), name="thing"),
    path("home/", public(nothing), name="home"),
    path("account/", include("lianfang.access.urls")),
    path("", include("lianfang.pages.urls")),
]
