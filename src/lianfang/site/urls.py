"""All routes: each room's own, under the prefixes that it declares."""

from django.urls import URLPattern, URLResolver, include, path

from lianfang.access.rules import allow, public
from lianfang.house import declared
from lianfang.site import errors
from lianfang.site.api.build import unknown_address
from lianfang.site.api.urls import api_patterns
from lianfang.site.todo import todo

pages: list[URLPattern | URLResolver] = [
    path("healthz", public(errors.healthz), name="healthz"),
    path("favicon.ico", public(errors.favicon), name="favicon"),
    path("todo/", allow("command.view", todo), name="todo"),
    *[path(one.prefix, include(one.module)) for room in declared().values() for one in room.routes],
]
urlpatterns = [
    *pages,
    path("api/v1/", include(api_patterns(pages))),
    path("api/", public(unknown_address)),
    path("api/<path:rest>", public(unknown_address)),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
