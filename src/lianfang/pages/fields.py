"""Fields of forms by kind: each with the browser's own control, and read the same way in every room.

A form of a room is made of them; what is wrong with a value is said by the room's core, not here::

    class IsolateForm(forms.Form):
        isolated_at = fields.Moment(label=_("Isolated"))
        reason = fields.Reason(label=_("Reason"))
"""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lianfang.access.scope import Scope
from lianfang.access.selectors import jurisdictions
from lianfang.access.times import to_local
from lianfang.access.words import area_name, choices
from lianfang.kernel.vocabulary import Word

NO_CHOICE = ("", "—")
MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")
"""How a time is written: by the browser's own control, by links, by hand."""


class Moment(forms.DateTimeField):
    """A time to the minute.

    Parameters
    ----------
    aware : bool
        False: its value is naive and local, as a core takes it. True: aware, as the database holds it.
    """

    def __init__(self, *, aware: bool = False, required: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        kwargs.setdefault("input_formats", MOMENTS)
        super().__init__(required=required, **kwargs)
        self.aware = aware

    def clean(self, value: Any) -> dt.datetime | None:
        read: dt.datetime | None = super().clean(value)
        return read if self.aware else to_local(read)


class Day(forms.DateField):
    """A day; its value is a date."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]
        super().__init__(required=required, widget=widget, input_formats=formats, **kwargs)


class StartOfDay(Day):
    """A day of which no hour is known; its value is 00:00 of it, naive and local."""

    def clean(self, value: Any) -> dt.datetime | None:
        day = super().clean(value)
        return None if day is None else dt.datetime.combine(day, dt.time())


class Days(forms.CharField):
    """Days, separated by commas or spaces; its value is a sorted tuple of dates."""

    def to_python(self, value: Any) -> tuple[dt.date, ...]:  # type: ignore[override]
        words = [word for word in re.split(r"[,，;；、\s]+", value or "") if word]
        try:
            return tuple(sorted({dt.date.fromisoformat(word) for word in words}))
        except ValueError:
            raise forms.ValidationError(_("Write days as 2021-08-06, separated by commas.")) from None


class Choice(forms.ChoiceField):
    """One word of a vocabulary; its value is the code.

    Parameters
    ----------
    words : type of Word
        The vocabulary.
    empty : str, optional
        What stands for no choice; lazy. None: one must be chosen from the start.
    only, without : collection of codes, optional
        The words that are offered, or those that are not.
    """

    def __init__(
        self,
        words: type[Word],
        *,
        empty: Any = None,
        only: Collection[str] | None = None,
        without: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        offered = [
            (code, text) for code, text in choices(words) if (only is None or code in only) and code not in without
        ]
        super().__init__(choices=offered if empty is None else [("", empty), *offered], **kwargs)


class Reason(forms.CharField):
    """Why, in a sentence that stays for everybody to read; with `rows`, room for more than a line."""

    def __init__(self, *, rows: int = 0, max_length: int = 200, **kwargs: Any) -> None:
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(max_length=max_length, **kwargs)


class Phone(forms.CharField):
    """A telephone number, with the keys for one on a phone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}), **kwargs)


class Area(forms.ChoiceField):
    """One of the areas inside the reader's scope, which a `FormPage` offers; its value is the code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Area"))
        super().__init__(**kwargs)

    def offer(self, scope: Scope) -> None:
        """Offer the areas inside a scope, in the order of the tree."""
        self.choices = area_options(jurisdictions(scope))


def area_options(areas: Iterable[Any]) -> list[tuple[str, str]]:
    """Return areas as options, each set in by how deep it lies below the highest of them.

    Parameters
    ----------
    areas : iterable of Jurisdiction
        In the order of their paths.
    """
    listed = list(areas)
    top = min((area.path.count("/") for area in listed), default=0)
    return [(area.code, "\u3000" * (area.path.count("/") - top) + area_name(area)) for area in listed]
