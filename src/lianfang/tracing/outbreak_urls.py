"""Routes about a whole outbreak, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.tracing import chain_views, unregistered_views

urlpatterns: list[URLPattern | URLResolver] = [
    path("chains/", allow("case.view", chain_views.chains_home), name="chains"),
    path("<str:code>/chains/", allow("case.view", chain_views.chains_page), name="outbreak-chains"),
    path("<str:code>/chains/report/", allow("case.view", chain_views.chains_report), name="outbreak-chains-report"),
    path("<str:code>/chains/step/", allow("case.view", chain_views.chains_step), name="outbreak-chains-step"),
    path("<str:code>/chains.json", allow("case.view", chain_views.chains_graph), name="outbreak-chains-graph"),
    path("<str:code>/chains/search/", allow("case.view", chain_views.chains_search), name="outbreak-chains-search"),
    path("<str:code>/chains/links.csv", allow("export.rows", chain_views.chains_links), name="outbreak-chains-links"),
    path(
        "<str:code>/chains/<str:table>.csv", allow("case.view", chain_views.chains_table), name="outbreak-chains-table"
    ),
    path(
        "<str:code>/unregistered/",
        allow("case.view", unregistered_views.UnregisteredList.as_view()),
        name="unregistered-list",
    ),
    path(
        "unregistered/<int:found_id>/register/",
        allow("case.report", unregistered_views.RegisterFound.as_view()),
        name="unregistered-register",
    ),
]
