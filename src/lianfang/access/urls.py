"""Routes of signing in and out, each with its rule; the pages of accounts stand in `site.accounts`.

Of django-allauth only what is used here is mounted, under the names it knows: signing in and out, confirming who you
are, and two-factor sign-in. Nobody signs up, and no password is sent by mail.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, path

from lianfang.access.rules import allow, public

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", public(account.login), name="account_login"),
    path("sign-out/", public(account.logout), name="account_logout"),
    path("inactive/", public(account.account_inactive), name="account_inactive"),
    path("confirm/", allow("account.own", account.reauthenticate), name="account_reauthenticate"),
    path("two-factor/", allow("account.own", mfa.index), name="mfa_index"),
    path("two-factor/sign-in/", public(mfa.authenticate), name="mfa_authenticate"),
    path("two-factor/confirm/", allow("account.own", mfa.reauthenticate), name="mfa_reauthenticate"),
    path("two-factor/app/", allow("account.own", totp.activate_totp), name="mfa_activate_totp"),
    path("two-factor/app/remove/", allow("account.own", totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("two-factor/codes/", allow("account.own", codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "two-factor/codes/new/", allow("account.own", codes.generate_recovery_codes), name="mfa_generate_recovery_codes"
    ),
    path(
        "two-factor/codes/file/",
        allow("account.own", codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
