"""All routes: each room's own, under its own prefix."""

from django.urls import URLPattern, URLResolver, include, path

from lianfang.access.rules import allow, public
from lianfang.pages.preferences import choose
from lianfang.site import errors
from lianfang.site.api.build import unknown_address
from lianfang.site.api.urls import api_patterns
from lianfang.site.nav import home

pages: list[URLPattern | URLResolver] = [
    path("healthz", public(errors.healthz), name="healthz"),
    path("favicon.ico", public(errors.favicon), name="favicon"),
    path("preferences/", public(choose), name="preferences"),
    path("home/", allow("account.own", home), name="home"),
    path("", include("lianfang.headquarters.urls")),
    path("account/", include("lianfang.access.urls")),
    path("account/", include("lianfang.site.accounts.urls")),
    path("components/", include("lianfang.pages.urls")),
    path("persons/", include("lianfang.registry.urls")),
    path("cases/", include("lianfang.cases.urls")),
    path("contacts/", include("lianfang.tracing.urls")),
    path("outbreaks/", include("lianfang.tracing.outbreak_urls")),
    path("presences/", include("lianfang.tracing.presence_urls")),
    path("measures/", include("lianfang.measures.urls")),
    path("bulletin/", include("lianfang.reports.urls")),
    path("response/", include("lianfang.response.urls")),
    path("", include("lianfang.site.pages.urls")),
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
