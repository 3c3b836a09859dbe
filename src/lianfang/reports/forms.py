"""The form with which a bulletin is published."""

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.pages import fields


class PublishForm(forms.Form):
    """Who compiled the bulletin and who signed it."""

    unit = fields.Words(label=_("Compiled by (unit)"), max_length=120)
    signed_by = fields.Words(label=_("Signed by"), max_length=80)


class CorrectForm(PublishForm):
    """The same of a correction, and what it corrects."""

    why = fields.Sentence(label=_("What is corrected"), max_length=200)
