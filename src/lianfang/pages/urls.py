"""Routes of the room, each with its rule; that of acts stands in `pages.act_urls`."""

from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow, public
from lianfang.pages import views
from lianfang.pages.nav import home
from lianfang.pages.preferences import choose
from lianfang.pages.undoing import undo

urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences/", public(choose), name="preferences"),
    path("home/", allow("account.own", home), name="home"),
    path("account/undo/<uuid:change_id>/", allow("change.undo", undo), name="undo"),
    path("components/", allow("components.view", views.components), name="components"),
    path("components/rule/", allow("components.view", views.sample_rule), name="components-rule"),
]
