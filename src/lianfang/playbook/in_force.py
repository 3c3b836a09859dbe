"""Whether a policy holds on a day, and the sentence that says that it does not."""

import datetime as dt

from lianfang.kernel.text import Text
from lianfang.playbook.model import Instrument, Playbook


def holds_on(book: Playbook | Instrument, day: dt.date) -> bool:
    """Tell whether a policy is in force on a day: from `valid_from`, until before `valid_until`."""
    return book.valid_from <= day and (book.valid_until is None or day < book.valid_until)


def not_in_force(book: Playbook, day: dt.date) -> Text | None:
    """Return the warning that a policy is asked for a day on which it does not hold; None where it does.

    Parameters
    ----------
    book : Playbook
        With its overlays: all of them must hold.
    day : datetime.date
        The local day that is asked about.
    """
    if holds_on(book, day):
        return None
    last = None if book.valid_until is None else book.valid_until - dt.timedelta(days=1)
    until = Text("今", "now") if last is None else Text(last.isoformat(), last.isoformat())
    return Text(
        "注意：方案 {id}（《{zh}》）施行期为 {since} 至 {until}，{day} 不在其内；请核对方案或日期",
        'note: the playbook {id} ("{en}") holds from {since} to {until}, not on {day}; check the playbook or the day',
    ).format(
        id=book.id,
        zh=book.title.zh,
        en=book.title.en,
        since=book.valid_from.isoformat(),
        until=until,
        day=day.isoformat(),
    )
