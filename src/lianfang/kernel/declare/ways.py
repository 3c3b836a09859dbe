"""Ways into a room: routes, navigation, commands; and how a function is found by its path."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lianfang.kernel.text import Text


def load_named(place: str) -> Any:
    """Return what lies at ``package.module:name``.

    Raises
    ------
    ImportError, AttributeError
        When there is no such module, or nothing of that name in it.
    """
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Routes:
    """Routes of a room under a prefix: the module whose ``urlpatterns`` they are."""

    prefix: str
    module: str


@dataclass(frozen=True)
class Entry:
    """A page of the navigation.

    Attributes
    ----------
    route : str
        Name of its route.
    label : Text
        What stands in the navigation.
    permission : str
        Who sees it.
    place : int
        Where it stands among the others; smaller is further left.
    section : str
        Beginning of the addresses that belong to it, where they do not all begin with its own; ``*`` stands
        for anything. A page belongs to the entry that says most of its address.
    """

    route: str
    label: Text
    permission: str
    place: int
    section: str = ""


@dataclass(frozen=True)
class Command:
    """A command of ``lianfang``.

    Attributes
    ----------
    name : str
        What is typed.
    target : str
        Where the click command lies.
    words : str
        One line of help, English and Chinese.
    needs_database : bool
        Whether Django is set up before it is imported.
    place : int
        Where it stands in the help; smaller is further up.
    """

    name: str
    target: str
    words: str
    needs_database: bool = False
    place: int = 100


@dataclass(frozen=True)
class Listed:
    """A list of the room; the API gives it by this.

    Attributes
    ----------
    code : str
        Unique in the house. Where the address of its page holds nothing of its own, such as the code of an outbreak, it
        is also the list's address under the API.
    view : str
        Where its page lies, a `pages.lists.ListPage`.
    permission : str
        What opens it; the route of its page asks for the same.
    """

    code: str
    view: str
    permission: str
