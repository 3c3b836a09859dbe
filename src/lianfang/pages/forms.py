"""How forms look everywhere: an error summary at the top linked to the fields, then label, control, help and error."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Set as ``FORM_RENDERER``: ``{{ form }}`` is all that a template writes."""

    form_template_name = "pages/form.html"
    field_template_name = "pages/field.html"
    formset_template_name = "pages/formset.html"


def typed_values(data: Mapping[str, Any], form_class: type[BaseForm]) -> dict[str, Any]:
    """Return what was typed as initial values, so that a form which is not yet sent keeps all of it."""
    fields = form_class.base_fields  # type: ignore[attr-defined]
    return {n: field.widget.value_from_datadict(data, {}, n) for n, field in fields.items() if n in data}
