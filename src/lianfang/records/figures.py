"""Figures (`lianfang.kernel.figures`) counted in the database: many of one subject in one query."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, QuerySet

from lianfang.kernel.figures import PERSON, Figure
from lianfang.kernel.where import EVERY
from lianfang.records.where import as_q


def count_in_rows(
    figures: Sequence[Figure], rows: QuerySet[Any], *, names: Mapping[str, str] | None = None, **params: Any
) -> dict[str, int]:
    """Count figures of one subject, in one query.

    Parameters
    ----------
    figures : sequence of Figure
        What to count; all of one subject.
    rows : QuerySet
        The rows of that subject, scoped already.
    names, **params
        As for `lianfang.records.where.as_q`.

    Returns
    -------
    dict
        Name of the figure → number.
    """
    made = _counts(figures, names, params)
    found = rows.order_by().aggregate(**made) if made else {}
    return {one.name: found[alias] for alias, one in zip(made, figures, strict=True)}


def count_in_rows_by(
    figures: Sequence[Figure],
    rows: QuerySet[Any],
    group_by: str,
    *,
    names: Mapping[str, str] | None = None,
    **params: Any,
) -> dict[Any, dict[str, int]]:
    """Count figures of one subject in each group, in one query.

    Parameters
    ----------
    figures, rows, names, **params
        As for `count_in_rows`.
    group_by : str
        What the rows are grouped by, such as ``jurisdiction__path``.

    Returns
    -------
    dict
        Value → name of the figure → number, for every value among the rows; zero where none of its rows is counted.
    """
    made = _counts(figures, names, params)
    found = rows.order_by().values_list(group_by).annotate(**made)
    return {
        value: {one.name: number for one, number in zip(figures, numbers, strict=True)} for value, *numbers in found
    }


def _counts(figures: Sequence[Figure], names: Mapping[str, str] | None, params: Mapping[str, Any]) -> dict[str, Count]:
    subjects = {one.subject for one in figures}
    if len(subjects) > 1:
        raise TypeError(f"figures of several subjects are counted one subject at a time: {sorted(subjects)}")
    return {
        f"figure_{n}": Count(
            PERSON if one.by == "person" else "pk",
            distinct=one.by == "person",
            filter=None if one.where == EVERY else as_q(one.where, names=names, **params),
        )
        for n, one in enumerate(figures)
    }
