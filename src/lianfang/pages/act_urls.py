"""The route to which every page posts an act; the act itself asks for its own permission."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.pages.acting import act_view

urlpatterns: list[URLPattern | URLResolver] = [path("", allow("account.own", act_view), name="act")]
