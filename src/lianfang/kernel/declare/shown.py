"""What a room shows on the pages of others: panels, what happened, offers, worklists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import Role

Tone = Literal["plain", "primary", "danger"]


@dataclass(frozen=True)
class Panel:
    """One part of the page of a thing: on a tab, or above the tabs.

    Attributes
    ----------
    code : str
        Unique on the page; stands in the address as ``?tab=``.
    subject : str
        The kind of thing on whose page it stands: the label of its model in lower case, such as ``registry.person``.
    title : Text
        On the tab, or above the section.
    permission : str
        Who sees it and may open it.
    content : str
        Where the function lies that shows it: a `pages.panels.Show`.
    order : int
        Smaller stands further to the left, or further up; equal ones by their codes.
    above : bool
        Whether it stands above the tabs, where it is always seen: in what state the thing is, and what is late.
    tab : str
        Code of the panel on whose tab it stands too, below it; empty: it has a tab of its own.
    waiting : str
        Where the function lies that counts what waits there for the reader's decision, ``(request, key) -> int``; the
        number stands on the tab. Empty: nothing is counted.
    """

    code: str
    subject: str
    title: Text
    permission: str
    content: str
    order: int = 100
    above: bool = False
    tab: str = ""
    waiting: str = ""


@dataclass(frozen=True)
class Happened:
    """What a room tells on the timeline of a thing of another room.

    Attributes
    ----------
    subject : str
        The kind of thing: the label of its model in lower case, such as ``registry.person``.
    permission : str
        Who is told.
    events : str
        Where the function lies: ``(request, key) -> iterable of dicts`` as the tag ``timeline`` takes them, times
        aware.
    """

    subject: str
    permission: str
    events: str


@dataclass(frozen=True)
class Offer:
    """Something to do that a room offers on the page of a thing of another room.

    Attributes
    ----------
    subject : str
        The kind of thing: the label of its model in lower case, such as ``outbreaks.outbreak``.
    permission : str
        Who is offered it.
    label : Text
        On the button.
    address : str
        Where the function lies: ``(request, key) -> address``, empty where it is not to be done.
    """

    subject: str
    permission: str
    label: Text
    address: str


@dataclass(frozen=True)
class Worklist:
    """One named list of what is to be done.

    Attributes
    ----------
    code : str
        Unique in the house; stands in no address.
    title, definition : Text
        What it is called, and in one sentence which rows stand in it.
    route : str
        Name of the list page's route; it takes no arguments.
    permission : str
        Who may do what the list asks for; nobody else sees it.
    roles : frozenset of Role
        Whose "to do" page shows it.
    count : str
        Where the function lies that counts it: a `pages.worklists.Count`.
    filters : mapping
        The list's filters that leave exactly the counted rows; ``{at}`` (local, to the second), ``{day}`` and
        ``{outbreak}`` are filled in, and what is then empty is left out.
    due : Text or None
        By when it is to be done, in words; None: the list itself says it, row by row.
    tone : {"neutral", "info", "warn", "bad"}
        How it looks while anything stands in it.
    """

    code: str
    title: Text
    definition: Text
    route: str
    permission: str
    roles: frozenset[Role]
    count: str
    filters: Mapping[str, str] = field(default_factory=dict)
    due: Text | None = None
    tone: Literal["neutral", "info", "warn", "bad"] = "neutral"
