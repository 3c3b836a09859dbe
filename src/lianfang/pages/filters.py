"""Filter bars: what a room's filterset is made of beside django-filter's own filters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
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


@dataclass(frozen=True)
class Chosen:
    """A filter that is set: what it is called, what was chosen, and the query without it."""

    label: str
    words: str
    without: str


def chosen_of(filterset: django_filters.FilterSet, query: QueryDict) -> list[Chosen]:
    """Return the filters that are set, in their order, as they stand beside the number of rows.

    The search box is left out: what is typed there is seen in it.
    """
    by_filter: dict[str, list[str]] = {}
    for key in query:
        by_filter.setdefault(_filter_of(key, filterset), []).append(key)
    found = []
    for name, one in filterset.filters.items():
        filled = [key for key in by_filter.get(name, ()) if query.get(key)]
        if not filled or isinstance(one, SearchFilter) or filterset.form[name].is_hidden:
            continue
        rest = query.copy()
        for key in (*by_filter[name], "page"):
            rest.pop(key, None)
        field = filterset.form.fields[name]
        words = [_words_of(field, value) for key in filled for value in query.getlist(key)]
        if filled == [f"{name}_after"]:
            words.insert(0, gettext("from"))
        elif filled == [f"{name}_before"]:
            words.insert(0, gettext("to (included)"))
        between = " – " if len(filled) > 1 else " "
        found.append(Chosen(str(field.label), between.join(words), rest.urlencode()))
    return found


def _filter_of(key: str, filterset: django_filters.FilterSet) -> str:
    """Return the filter to which a name in the address belongs: the longest that it is, or begins with."""
    fitting = [name for name in filterset.filters if key == name or key.startswith(f"{name}_")]
    return max(fitting, key=len, default="")


def _words_of(field: forms.Field, value: str) -> str:
    """Return what stands for a value in its select box; a value without a box as it was typed."""
    for code, words in getattr(field, "choices", ()):
        if isinstance(words, (list, tuple)):
            return next((str(inner) for key, inner in words if str(key) == value), value)
        if str(code) == value:
            return str(words)
    return value.replace("T", " ")


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """Base of every filterset of a list page; `request` carries role and scope."""
