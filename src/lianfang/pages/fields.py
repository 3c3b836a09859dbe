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
from lianfang.access.words import area_name, choices, say
from lianfang.kernel.phones import typed_phone
from lianfang.kernel.tidy import tidy_text, without_invisible
from lianfang.kernel.vocabulary import Word

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""A day outside is mistyped, whatever it is of; a form that knows more says so by `offer`."""

NO_CHOICE = ("", "—")
MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M")
"""How a time is written: by the browser's own control, by links, by hand."""


class _Limited(forms.Field):
    """A field of time whose picker offers what is possible; a year such as 0026 or 2611 is refused."""

    def offer(self, first: dt.date = FIRST_DAY, last: dt.date = LAST_DAY) -> None:
        """Have the picker offer these days; why another is not possible is said by the room's core."""
        self.widget.attrs |= picker_limits(first, last, hours=isinstance(self, forms.DateTimeField))

    def need_possible(self, day: dt.date) -> None:
        """Refuse a day that nothing can have."""
        if not FIRST_DAY <= day <= LAST_DAY:
            said = {"day": day.isoformat(), "first": FIRST_DAY.isoformat(), "last": LAST_DAY.isoformat()}
            raise forms.ValidationError(
                _("%(day)s is not possible: write a date from %(first)s to %(last)s."), params=said
            )


def picker_limits(first: dt.date = FIRST_DAY, last: dt.date = LAST_DAY, *, hours: bool = False) -> dict[str, str]:
    """Return the attributes by which a browser's picker offers only what is possible, and four digits of a year."""
    return {"min": f"{first}T00:00", "max": f"{last}T23:59"} if hours else {"min": f"{first}", "max": f"{last}"}


class Moment(_Limited, forms.DateTimeField):
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
        self.offer()

    def clean(self, value: Any) -> dt.datetime | None:
        read: dt.datetime | None = super().clean(value)
        local = to_local(read)
        if local is not None:
            self.need_possible(local.date())
        return read if self.aware else local


class Day(_Limited, forms.DateField):
    """A day; its value is a date."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        formats = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]
        super().__init__(required=required, widget=widget, input_formats=formats, **kwargs)
        self.offer()

    def to_python(self, value: Any) -> dt.date | None:
        day: dt.date | None = super().to_python(value)
        if day is not None:
            self.need_possible(day)
        return day


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
            days = tuple(sorted({dt.date.fromisoformat(word) for word in words}))
            if all(FIRST_DAY <= day <= LAST_DAY for day in days):
                return days
            raise ValueError("no such day is meant")
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


class Words(forms.CharField):
    """A name, an address, a number of a document: its value is as a list would have it (`kernel.tidy`).

    What nobody sees is empty: a name of one zero-width space is not filled in.
    """

    def to_python(self, value: Any) -> str:
        return str(super().to_python(tidy_text(value) if isinstance(value, str) else value))


class Sentence(forms.CharField):
    """What somebody writes in whole sentences: as it was typed, without what nobody sees."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(without_invisible(value) if isinstance(value, str) else value))


class Reason(Sentence):
    """Why, in a sentence that stays for everybody to read; with `rows`, room for more than a line."""

    def __init__(self, *, rows: int = 0, max_length: int = 200, **kwargs: Any) -> None:
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(max_length=max_length, **kwargs)


class Phone(Words):
    """A telephone number, with the keys for one on a phone; its value is in digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}), **kwargs)

    def clean(self, value: Any) -> str:
        number, problem = typed_phone(str(super().clean(value)))
        if problem is not None:
            raise forms.ValidationError(say(problem))
        return number


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
