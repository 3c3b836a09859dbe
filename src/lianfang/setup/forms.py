"""Forms of the room."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.core.roles import Role
from lianfang.kernel.vocabulary import AreaLevel
from lianfang.pages import fields


class FirstForm(forms.Form):
    """The first account of an installation, an administrator's."""

    code = forms.CharField(widget=forms.HiddenInput)
    username = fields.Words(label=_("User name"), max_length=80, help_text=_("Letters, digits and . - _ @"))
    name = fields.Words(label=_("Name"), max_length=80, required=False)
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        help_text=_("At least 10 characters; not a common word, not only digits, not like your name."),
    )
    again = forms.CharField(
        label=_("Password, again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        """Refuse two passwords that differ."""
        data = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", _("The two passwords differ."))
        return data


class OutlineForm(forms.Form):
    """The tree of areas as an outline."""

    top = fields.Choice(
        AreaLevel, label=_("The first line is a"), only=("city", "county", "township"), initial=AreaLevel.COUNTY.value
    )
    outline = fields.Sentence(
        label=_("Areas"),
        widget=forms.Textarea(attrs={"rows": 16, "class": "outline", "spellcheck": "false"}),
        strip=False,
        help_text=_(
            "One line an area, set in below the one in which it lies; before it a code where there is one, "
            "behind a slash its English name."
        ),
    )


class AccountRow(forms.Form):
    """One account of several."""

    make = forms.BooleanField(label=_("Make"), required=False)
    username = fields.Words(label=_("User name"), max_length=80, required=False)
    name = fields.Words(label=_("Name"), max_length=80, required=False)
    role = fields.Choice(Role, label=_("Role"))
    area = fields.Area(required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for a name where an account is wanted."""
        data = super().clean() or {}
        if data.get("make") and not (data.get("username") or "").strip():
            self.add_error("username", _("Give a user name."))
        return data


AccountRows = forms.formset_factory(AccountRow, extra=0, max_num=200, absolute_max=200)
