"""Filter bars: what a room's filterset is made of beside django-filter's own filters."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lianfang.access.scope import Scope
from lianfang.access.selectors import townships
from lianfang.access.times import now
from lianfang.access.words import area_name
from lianfang.kernel.where import Where
from lianfang.pages.fields import picker_limits
from lianfang.records.where import as_q


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]
    """One search box over several fields; every word that is typed must be found in one of them.

    Parameters
    ----------
    fields : str
        Field paths such as ``person__name``, ``person__pinyin``; a path may carry its own lookup
        (``person__phone__startswith``), else the field must contain the word, in either case of letters.
    """

    def __init__(self, *fields: str, label: Any = None, placeholder: Any = "", **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off", "placeholder": placeholder})
        super().__init__(label=label or _("Search"), widget=widget, max_length=80, **kwargs)
        self.paths = [f if f.endswith(("startswith", "exact", "contains")) else f"{f}__icontains" for f in fields]

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        for word in (value or "").split():
            condition = Q()
            for path in self.paths:
                condition |= Q(**{path: word})
            qs = qs.filter(condition)
        return qs


class _DayRangeWidget(django_filters.widgets.DateRangeWidget):  # type: ignore[misc]
    """Two date controls, each with a name of its own for screen readers."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        for control, words in zip(context["widget"]["subwidgets"], (_("from"), _("to (included)")), strict=True):
            control["attrs"]["aria-label"] = words
        return context


class DayRangeFilter(django_filters.DateFromToRangeFilter):  # type: ignore[misc]
    """From a day to a day, both included, by two date controls."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_DayRangeWidget(attrs={"type": "date", **picker_limits()}), **kwargs)


class TownshipFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    """One township of the reader's scope, by its code; the row's area is it or lies in it.

    Parameters
    ----------
    path : str
        Field path of the jurisdiction's path, such as ``jurisdiction__path``.
    """

    def __init__(self, path: str = "jurisdiction__path", **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Township"))
        super().__init__(empty_label=_("all"), choices=(), **kwargs)
        self.path = path
        self._paths: dict[str, str] = {}

    @property
    def field(self) -> Any:
        areas = list(townships(self.parent.request.scope))
        self._paths = {area.code: area.path for area in areas}
        self.extra["choices"] = [(area.code, area_name(area)) for area in areas]
        return super().field

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(**{f"{self.path}__startswith": self._paths[value]}) if value in self._paths else qs


class StateFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    """The rows that are in a state now.

    Parameters
    ----------
    states : mapping of str to Where
        Code to predicate over the row's fields and ``at``.
    words : sequence
        What each is called, in the same order; lazy.
    """

    def __init__(self, states: Mapping[str, Where], words: Sequence[Any], **kwargs: Any) -> None:
        kwargs.setdefault("label", _("State"))
        super().__init__(choices=tuple(zip(states, words, strict=True)), empty_label=_("all"), **kwargs)
        self.states = states

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(as_q(self.states[value], at=now())) if value in self.states else qs


class ScopeChoiceFilter(django_filters.ChoiceFilter):  # type: ignore[misc]
    """One of what the reader may see, asked for anew for each reader.

    Parameters
    ----------
    choices_of : callable
        Takes the reader's scope, returns pairs of a code and the words shown for it.
    """

    def __init__(self, choices_of: Callable[[Scope], list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(empty_label=_("all"), choices=(), **kwargs)
        self.choices_of = choices_of

    @property
    def field(self) -> Any:
        self.extra["choices"] = self.choices_of(self.parent.request.scope)
        return super().field


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """Base of every filterset of a list page; `request` carries role and scope."""
