"""The step of the response that the room decides: when each case was infectious."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from lianfang.cases.core.window import infectious_windows, problems
from lianfang.kernel.cells import word_column
from lianfang.kernel.schema import CASES, UNDECIDED
from lianfang.kernel.vocabulary import Classification
from lianfang.playbook.model import Playbook


def windows(have: Mapping[str, Any], *, playbook: Playbook, as_of: dt.datetime) -> dict[str, Any]:
    """Give the cases that are answered, and their infectious windows.

    Parameters
    ----------
    have : mapping
        ``cases``: schema `kernel.schema.CASES`, other columns kept.

    Returns
    -------
    dict
        ``active``: the cases but those whose diagnosis was excluded, by case id, with ``row`` (position in the list);
        ``windows``: as `core.window.infectious_windows` gives them; ``undecided``.
    """
    listed = CASES.conform(have["cases"]).with_row_index("row")
    excluded = word_column(listed, "classification", Classification) == Classification.EXCLUDED.value
    active = listed.filter(~excluded.fill_null(False)).sort("case_id")
    found = infectious_windows(active, lookback=playbook.lookback, as_of=as_of)
    return {"active": active, "windows": found, "undecided": _without_window(found, active)}


def to_blame(windows: pl.DataFrame, cases: pl.DataFrame) -> dict[str, str]:
    """Return the column that would give each case without a sound window one, by case id.

    It is the onset where nothing gives a start, else the time that ends the window too early.

    Parameters
    ----------
    windows : pl.DataFrame
        From `core.window.infectious_windows`.
    cases : pl.DataFrame
        The same cases as they were listed.
    """
    without = windows.filter(pl.col("window_problem").is_not_null())
    known = {case["case_id"]: case for case in cases.join(without, on="case_id", how="semi").iter_rows(named=True)}

    def column(case_id: str, start: dt.datetime | None) -> str:
        if start is None:
            return "onset_date"
        stated = (name for name in ("infectious_to", "isolated_at") if known[case_id][name] is not None)
        # Nothing stated ends it: it starts after the time of reckoning.
        begun = (n for n in ("infectious_from", "onset_date", "sampled_at") if known[case_id][n] is not None)
        return next(stated, None) or next(begun, "last_negative_at")

    return {case: column(case, start) for case, start in without.select("case_id", "infectious_from").iter_rows()}


def _without_window(windows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Lead each case without a sound window to what would give it one."""
    blamed, rows = to_blame(windows, cases), dict(cases.select("case_id", "row").iter_rows())
    told = [("cases", rows[case], blamed[case], case, text.zh, text.en) for case, text in problems(windows)]
    return pl.DataFrame(told, schema=UNDECIDED, orient="row")
