"""All routes: each room's own, under the prefixes that it declares."""

from django.urls import include, path

from lianfang.access.rules import allow, public
from lianfang.house import declared
from lianfang.pages.preferences import choose
from lianfang.site import errors
from lianfang.site.nav import home
from lianfang.site.todo import todo

urlpatterns = [
    path("healthz", public(errors.healthz), name="healthz"),
    path("favicon.ico", public(errors.favicon), name="favicon"),
    path("preferences/", public(choose), name="preferences"),
    path("todo/", allow("command.view", todo), name="todo"),
    path("home/", allow("account.own", home), name="home"),
    path("todo/", allow("command.view", todo), name="todo"),
    *[path(one.prefix, include(one.module)) for room in declared().values() for one in room.routes],
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
