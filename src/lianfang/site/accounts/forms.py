"""Forms of the room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import Role
from lianfang.access.models import Account
from lianfang.access.scope import scope_of
from lianfang.access.selectors import jurisdictions
from lianfang.pages import fields


class PasswordForm(forms.Form):
    """Change one's own password."""

    old = forms.CharField(
        label=_("Present password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False
    )
    new = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("At least 10 characters; not a common word, not only digits, not like your name."),
    )
    again = forms.CharField(
        label=_("New password, again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_old(self) -> str:
        """Refuse a wrong present password."""
        old: str = self.cleaned_data["old"]
        if not self.account.check_password(old):
            raise forms.ValidationError(_("This is not your present password."))
        return old

    def clean(self) -> dict[str, Any]:
        """Refuse two new passwords that differ."""
        data = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return data


class AccountForm(forms.Form):
    """A new account: who, which role, which area."""

    username = fields.Words(label=_("User name"), max_length=80, help_text=_("Letters, digits and . - _ @"))
    name = fields.Words(label=_("Name"), max_length=80, required=False)
    role = fields.Choice(Role, label=_("Role"))
    jurisdiction = forms.ChoiceField(
        label=_("Area"), required=False, help_text=_("The account sees rows of this area and below; without one, none.")
    )

    def __init__(self, *args: Any, by: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = jurisdictions(scope_of(by)) if by.jurisdiction is not None else jurisdictions(_everything())
        listed = fields.area_options(areas.exclude(level="grid"))
        self.fields["jurisdiction"].choices = [fields.NO_CHOICE, *listed]  # type: ignore[attr-defined]


def _everything() -> Any:
    from lianfang.access.scope import system_scope

    return system_scope("accounts")
