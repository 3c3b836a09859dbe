"""Generators from a seed: the same seed and purpose always give the same chance, whatever was drawn before."""

from numpy.random import Generator, SeedSequence, default_rng

PURPOSES = ("county", "day", "outbreak", "interview", "decision", "clock")


def chance(seed: int, purpose: str, number: int = 0) -> Generator:
    """Return a generator for one purpose (and number, such as a day) of a seed.

    Raises
    ------
    ValueError
        When the purpose is not one of `PURPOSES`.
    """
    return default_rng(SeedSequence([seed, PURPOSES.index(purpose), number]))
