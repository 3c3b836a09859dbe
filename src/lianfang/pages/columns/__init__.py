"""Columns by kind: each is shown on a page and as a card, written to a file and given by the API, all from its kind.

A room says what a column holds; how that looks, and what a file and a programme get, follow from that::

    class CaseTable(Table):
        case_id = columns.Link(_("Case"), route="case", args=("pk",))
        name = columns.Person(_("Name"), route="person", args=("person_id",), accessor="person")
        classification = columns.Badge(_("Classification"), Classification)
        reported_at = columns.Moment(_("Reported"))
        jurisdiction = columns.Area(_("Area"))

Where a page says more than the value (a button beside it, a state beside a date), `shown` tells the page and the file
still gets the value of the kind; `plain` tells the file. Both are functions of the row and its table. On a phone a row
becomes a card: every cell carries its heading (``pages/table.html``), so that no kind needs a second form for it.

The API gives what the file gets, a field of a person covered by the same role, but in the form of programmes: a code of
a vocabulary or an area beside its words, a time with its offset, a truth value (`given`, `has_words`, `schema`).
"""

from lianfang.pages.columns.kinds import Clock, Column, Day, Moment, Number, Text, Why
from lianfang.pages.columns.persons import Link, Masked, Person
from lianfang.pages.columns.words import Area, Badge, Code, Label, YesNo

__all__ = [
    "Area",
    "Badge",
    "Clock",
    "Code",
    "Column",
    "Day",
    "Label",
    "Link",
    "Masked",
    "Moment",
    "Number",
    "Person",
    "Text",
    "Why",
    "YesNo",
]
