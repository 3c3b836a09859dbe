"""All routes: each room's own, under its own prefix."""

from django.urls import include, path

urlpatterns = [
    path("", include("lianfang.headquarters.urls")),
    path("account/", include("lianfang.access.urls")),
    path("components/", include("lianfang.pages.urls")),
    path("persons/", include("lianfang.registry.urls")),
    path("cases/", include("lianfang.cases.urls")),
    path("contacts/", include("lianfang.tracing.urls")),
    path("measures/", include("lianfang.measures.urls")),
    path("bulletin/", include("lianfang.reports.urls")),
    path("response/", include("lianfang.response.urls")),
]
