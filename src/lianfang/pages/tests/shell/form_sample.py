"""A form page as a room would write it, with its own routes; for the tests of the form page."""

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from lianfang.access.rules import allow, public
from lianfang.kernel.errors import Refused
from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Sex
from lianfang.pages import fields
from lianfang.pages.formpage import Done, FormPage, Read, Saved

SAVED: list[dict[str, Any]] = []
CHANGE = uuid.UUID(int=7)


class SampleForm(forms.Form):
    name = forms.CharField(label="姓名", max_length=10)
    sex = fields.Choice(Sex, label="性别", empty="—", required=False)
    seen_at = fields.Moment(label="时间")
    found = forms.MultipleChoiceField(label="发现", required=False, choices=[("a", "甲"), ("b", "乙"), ("c", "丙")])
    ready = forms.BooleanField(label="就绪", required=False)


class SamplePage(FormPage):
    title = "登记"
    intro = "先核对，再保存。"
    submit = "保存登记"
    form_class = SampleForm
    error_field = "name"

    def prepare(self) -> None:
        self.key = self.kwargs["key"]
        self.looked = ""
        if self.key == "gone":
            raise Http404

    def get_initial(self) -> dict[str, Any]:
        return {"name": f"初始{self.key}"}

    def save(self, form: SampleForm) -> Saved:
        if form.cleaned_data["name"] == "错":
            raise Refused(Text("姓名有误，请改正", "the name is wrong; correct it"))
        if form.cleaned_data["name"] == "同":
            return Saved("/home/", None)
        SAVED.append(form.cleaned_data)
        return Saved("/home/", Done("已登记。", CHANGE))

    def look(self, act: str) -> Any:
        self.looked = act
        return super().look(act)

    def get_read(self) -> Read:
        return Read("registry.person", self.key, {"for": "sample", "looked": self.looked})

    def get_cancel_url(self) -> str:
        return "/home/"


def home(request: HttpRequest) -> HttpResponse:
    from django.shortcuts import render

    return render(request, "pages/base.html", {"title": "首页"})


urlpatterns = [
    path("form/<str:key>/", allow("contact.locate", SamplePage.as_view()), name="form"),
    path("home/", public(home), name="home"),
    path("account/", include("lianfang.access.urls")),
    path("", include("lianfang.pages.urls")),
]
