"""One predicate, written once: for a frame, for the database and for a single row.

    ORDERED = W("decision").eq("accepted") & ~W("released_at").le(AT)

A predicate is data: fields by name, constants, and parameters (`Param`) that are bound when it is used. `Where.polars`
makes an expression of it, `Where.holds` asks one row, `lianfang.records.where.as_q` makes a condition of the database.

**What is not known.** A predicate is true or false, never unknown. A comparison, membership or prefix is *false* where
the field, or the parameter it is compared with, is not known; so is ``ne``. Its negation by ``~`` is then *true*:
``W("decision").ne("refused")`` leaves out a row without a decision, ``~W("decision").eq("refused")`` keeps it. An
empty text is not known, as an empty cell is: frames hold null there, the database an empty text; ask for it by
`Field.blank`. Frames hold no NaN.

**Texts** are equal letter by letter, in either engine; they have no order here, for databases disagree about it.
**Times** are naive and local. A time is compared with a time and a day with a day; `Param.midnight` makes a time of a
day.
"""

from lianfang.kernel.where.questions import Compare, Field, HasDay, IsIn, StartsWith, W
from lianfang.kernel.where.tree import EVERY, NOTHING, Always, And, Blank, Names, Not, Null, Or, Where, absent
from lianfang.kernel.where.values import AT, DAY, Param, Scalar, value_of

__all__ = [
    "AT",
    "DAY",
    "EVERY",
    "NOTHING",
    "Always",
    "And",
    "Blank",
    "Compare",
    "Field",
    "HasDay",
    "IsIn",
    "Names",
    "Not",
    "Null",
    "Or",
    "Param",
    "Scalar",
    "StartsWith",
    "W",
    "Where",
    "absent",
    "value_of",
]
