"""What the commands over files share: how a time is read from the command line, how many refused rows are printed."""

import datetime as dt

import click

from lianfang.kernel.errors import Misused
from lianfang.kernel.text import Text

SHOWN_REFUSALS = 10
"""Refused rows that are printed; all of them are counted."""


def read_moment(ctx: click.Context, param: click.Parameter, value: str | None) -> dt.datetime | None:
    """Read an option as a naive local time, written in any way in which a cell of a list may be; a click callback.

    Raises
    ------
    Misused
        When it cannot be read, or could mean two days.
    """
    if value is None:
        return None
    import polars as pl

    from lianfang.intake.core.cells import tidy_column
    from lianfang.intake.core.moments import read_moments
    from lianfang.intake.read import local_time_zone

    moment: dt.datetime | None = read_moments(tidy_column(pl.Series([value])), time_zone=local_time_zone())[0]
    if moment is None:
        name = param.opts[0]
        raise Misused(
            Text(
                f"{name} 无法识别：{value}，请写成 2022-01-05 或 2022-01-05T14:30",
                f"{name} cannot be read: {value}; write it as 2022-01-05 or 2022-01-05T14:30",
            )
        )
    return moment
