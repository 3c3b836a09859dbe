"""A list page of persons, as a room would write it, with its own routes; for the tests of the list page."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from lianfang.access.rules import allow, public
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.pages import columns
from lianfang.pages.acting import Done
from lianfang.pages.filters import FilterSet, SearchFilter
from lianfang.pages.lists import BulkAction, Empty, ListPage
from lianfang.pages.tables import Table
from lianfang.registry.models import Person

DONE: list[tuple[str, list[str], str]] = []


class PersonTable(Table):
    person_id = columns.Text("编号")
    name = columns.Masked("姓名", "name")
    phone = columns.Masked("电话", "phone")
    area = columns.Text("辖区", accessor="jurisdiction__name")


class PersonFilter(FilterSet):
    q = SearchFilter("name", "person_id")
    sex = django_filters.ChoiceFilter(choices=[("male", "男"), ("female", "女")], label="性别")


class PersonPage(ListPage):
    title = "人员"
    audit_kind = "registry.person"
    table_class = PersonTable
    filterset_class = PersonFilter
    actions = (
        BulkAction("mark", "标记", "contact.locate", note=True),
        BulkAction("order", "下达", "measure.order", tone="primary"),
        BulkAction("fail", "失败", "contact.locate"),
    )
    empty = Empty("还没有人员", "先导入名册", lambda: "/components/", "导入", "contact.decide")

    def get_rows(self) -> QuerySet[Any]:
        return Person.objects.within(self.request.scope).select_related("jurisdiction").order_by("name")

    def act(self, action: str, rows: QuerySet[Any], note: str) -> Done:
        if action == "fail":
            raise Refused(Text("做不到,请换一个", "cannot be done; choose another"))
        DONE.append((action, sorted(rows.values_list("pk", flat=True)), note))
        return Done(f"{action} {rows.count()}")


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("rows/", allow("person.view", PersonPage.as_view()), name="rows"),
    path("home/", public(nothing), name="home"),
    path("account/", include("lianfang.access.urls")),
    path("", include("lianfang.pages.urls")),
]
