"""Texts of a column as whole numbers, in the order in which they are first met.

A categorical of Polars does the same and takes six times as long where nearly every row of a batch has another text, as
unsorted ids do: there it was half of an ingest. Here Polars hashes the texts, compiled code numbers the hashes, and
each row's text is then compared with that of its number, so that two texts with one hash do no harm.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

_ROOM = 1 << 12


class Coder:
    """Numbers texts; the same texts in the same order get the same numbers again.

    Attributes
    ----------
    texts : pl.Series
        The different texts, by number.
    """

    def __init__(self) -> None:
        from lianfang.presences.core.index.coding import empty_table

        self.texts = pl.Series([], dtype=pl.String)
        self._table = empty_table(_ROOM)
        # Texts whose hash another text has: next to never any.
        self._alike: dict[str, int] = {}

    def restore(self, texts: pl.Series) -> None:
        """Begin with texts that an earlier coder numbered, in the order of their numbers."""
        from lianfang.presences.core.index.coding import empty_table, restore

        self.texts = texts
        self._table = empty_table(max(_ROOM, 1 << (4 * len(texts)).bit_length()))
        alike = np.zeros(len(texts), np.bool_)
        restore(_hashes(texts), self._table, alike)
        self._alike = {texts[int(n)]: int(n) for n in np.flatnonzero(alike)}

    def codes(self, texts: pl.Series) -> npt.NDArray[np.uint32]:
        """Return the number of each text.

        Parameters
        ----------
        texts : pl.Series
            String, without nulls.
        """
        from lianfang.presences.core.index.coding import empty_table, look_up, refill

        hashes = _hashes(texts)
        codes, new = np.empty(hashes.size, np.uint32), np.empty(hashes.size, np.int64)
        before = len(self.texts)
        at, count = look_up(hashes, self._table, 0, before, before, codes, new)
        while at < hashes.size:
            larger = empty_table(2 * self._table.shape[0])
            refill(self._table, larger)
            self._table = larger
            at, count = look_up(hashes, self._table, at, count, before, codes, new)
        if count > before:
            # Through Arrow: a new text then does not keep all of its batch in memory.
            met = pl.Series(texts.gather(new[: count - before]).to_arrow(), dtype=pl.String)
            self.texts = pl.concat([self.texts, met]).rechunk()
        wrong = (self.texts.gather(codes) != texts).arg_true().to_list()
        if wrong:
            others = dict.fromkeys(texts.gather(wrong).to_list())
            added = [text for text in others if text not in self._alike]
            self._alike |= {text: len(self.texts) + n for n, text in enumerate(added)}
            self.texts = pl.concat([self.texts, pl.Series(added, dtype=pl.String)]).rechunk()
            codes[wrong] = [self._alike[text] for text in texts.gather(wrong).to_list()]
        return codes


def _hashes(texts: pl.Series) -> npt.NDArray[np.int64]:
    return texts.hash().to_numpy().view(np.int64)
