"""Routes of accounts and the audit trail, each with its rule."""

from django.urls import path

from lianfang.access.rules import allow
from lianfang.site.accounts import keys, views

urlpatterns = [
    path("", allow("account.own", views.own_account), name="account"),
    path("wall/", allow("command.view", views.wall), name="wall"),
    path("password/", allow("account.own", views.OwnPassword.as_view()), name="account_change_password"),
    path("all/", allow("account.manage", views.AccountList.as_view()), name="account-list"),
    path("all/new/", allow("account.manage", views.NewAccount.as_view()), name="account-new"),
    path("keys/", allow("account.manage", keys.KeyList.as_view()), name="key-list"),
    path("keys/new/", allow("account.manage", keys.NewKey.as_view()), name="key-new"),
    path("audit/", allow("audit.view", views.AuditTrail.as_view()), name="audit-list"),
]
