"""Routes of the room, each with its rule."""

from django.urls import path

from lianfang.access.rules import allow, public
from lianfang.setup import views

urlpatterns = [
    path("", allow("setup.view", views.show_steps), name="setup"),
    path("first/", public(views.FirstAccount.as_view()), name="setup-first"),
    path("areas/", allow("setup.areas", views.MakeAreas.as_view()), name="setup-areas"),
    path("accounts/", allow("account.manage", views.make_accounts), name="setup-accounts"),
    path("lists/", allow("setup.view", views.show_lists), name="setup-lists"),
    path("lists/<str:kind>/", allow("setup.view", views.load_list), name="setup-list"),
    path("lists/<str:kind>/template.csv", allow("setup.view", views.template), name="setup-list-template"),
]
