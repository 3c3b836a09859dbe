"""Every form of the house reads what people type by the same fields: no bare text, no bare date."""

import importlib
import pkgutil

import pytest
from django import forms

import lianfang
from lianfang.pages import fields

PASSWORDS = ("old", "new", "again", "password", "password1", "password2", "code")


def all_forms() -> list[type[forms.Form]]:
    """Every form that a module of the house declares."""
    found: set[type[forms.Form]] = set()
    for module in pkgutil.walk_packages(lianfang.__path__, "lianfang."):
        leaf = module.name.rpartition(".")[2]
        if ".tests" in module.name or not (leaf in ("forms", "views", "keys", "fields") or leaf.endswith("_views")):
            continue
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, forms.Form) and one.__module__.startswith("lianfang."):
                found.add(one)
    return sorted(found, key=lambda one: (one.__module__, one.__name__))


@pytest.mark.parametrize("form", all_forms(), ids=lambda one: one.__name__)
def test_texts_and_times_of_a_form_are_fields_of_the_house(form: type[forms.Form]) -> None:
    for name, field in form.base_fields.items():
        if field.widget.is_hidden or name in PASSWORDS or isinstance(field, forms.ChoiceField):
            continue
        if type(field).__mro__[0] in (forms.CharField, forms.DateField, forms.DateTimeField):
            pytest.fail(f"{form.__name__}.{name}: use fields.Words, Sentence, Day or Moment")
        if isinstance(field, forms.CharField) and not isinstance(field, (fields.Words, fields.Sentence, fields.Days)):
            pytest.fail(f"{form.__name__}.{name} is read by {type(field).__name__}, which tidies nothing")


def test_there_are_forms() -> None:
    assert {"ReportForm", "InterviewForm", "RegisterForm", "PasswordForm"} <= {one.__name__ for one in all_forms()}
