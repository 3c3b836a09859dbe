"""Refusals: each says where the trouble is and what to do, in the reader's language."""

from lianfang.kernel.text import Lang, Text


class Refused(Exception):
    """Work that is not done, with a reason a user can act on.

    Parameters
    ----------
    text : Text
        One sentence in both languages: where, what is wrong, what to do.

    Attributes
    ----------
    exit_status : int
        The exit status of a command that ends with it.
    """

    exit_status = 1

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text

    def in_language(self, lang: Lang) -> str:
        """Return the sentence in one language."""
        return self.text.in_language(lang)


class Misused(Refused):
    """A command line, or a call, that cannot mean anything."""

    exit_status = 2
