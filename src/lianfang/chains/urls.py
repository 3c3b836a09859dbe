"""Routes of the room, each with its rule."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow
from lianfang.chains import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("chains/", allow("case.view", views.chains_home), name="chains"),
    path("<str:code>/chains/", allow("case.view", views.chains_page), name="outbreak-chains"),
    path("<str:code>/chains/report/", allow("case.view", views.chains_report), name="outbreak-chains-report"),
    path("<str:code>/chains/step/", allow("case.view", views.chains_step), name="outbreak-chains-step"),
    path("<str:code>/chains.json", allow("case.view", views.chains_graph), name="outbreak-chains-graph"),
    path("<str:code>/chains/search/", allow("case.view", views.chains_search), name="outbreak-chains-search"),
    path("<str:code>/chains/links.csv", allow("export.rows", views.chains_links), name="outbreak-chains-links"),
    path("<str:code>/chains/<str:table>.csv", allow("case.view", views.chains_table), name="outbreak-chains-table"),
    path("chains/<str:case_id>.json", allow("case.view", views.chains_of_case), name="chain-graph"),
]
