"""Cases that are known to have met: what speaks for each pair, and the trees of the likeliest of these links."""

import numpy as np
import polars as pl

from lianfang.chains.core.chains import meetings_of, people_of, serial_interval_likeness
from lianfang.chains.core.drawing import forest
from lianfang.playbook.model import Playbook

MET = {
    "infector": pl.String(),
    "infectee": pl.String(),
    "days": pl.Int64(),
    "by_onset": pl.Boolean(),
    "timing": pl.Float64(),
    "exposure": pl.Float64(),
    "place_kind": pl.String(),
}
"""Columns of `known_meetings`."""


def known_meetings(cases_with_windows: pl.DataFrame, contacts: pl.DataFrame, *, playbook: Playbook) -> pl.DataFrame:
    """Return the pairs of cases of which one may have infected the other in a known meeting.

    Parameters
    ----------
    cases_with_windows, contacts : polars.DataFrame
        As for `chains.weigh`.
    playbook : Playbook
        Gives the serial interval, the incubation period and the weights of kinds of place.

    Returns
    -------
    polars.DataFrame
        Columns of `MET`, sorted by infectee, then infector: ``days`` between the two days, ``by_onset`` (both are days
        of onset), ``timing`` and ``exposure`` as in `chains.weigh` (known meetings alone; both above 0), ``place_kind``
        of the meeting that counts most.
    """
    people = people_of(cases_with_windows)
    if people.ids.size == 0:
        return pl.DataFrame(schema=MET)
    met = (
        meetings_of(contacts, people, playbook)
        .sort("j", "i", "exposure", "place_kind", descending=[False, False, True, False])
        .group_by("j", "i", maintain_order=True)
        .agg(pl.col("exposure").sum(), pl.col("place_kind").first())
    )
    i, j = met["i"].to_numpy(), met["j"].to_numpy()
    first, likeness = serial_interval_likeness(playbook.natural_history.serial_interval)
    days = people.day[j] - people.day[i]
    at = days - first
    timing = np.where((at >= 0) & (at < likeness.size), likeness[np.clip(at, 0, likeness.size - 1)], 0.0)
    names = pl.Series("id", people.ids, dtype=pl.String)
    found = met.with_columns(
        infector=names.gather(i),
        infectee=names.gather(j),
        days=pl.Series(days),
        by_onset=pl.Series(people.by_onset[i] & people.by_onset[j]),
        timing=pl.Series(timing),
    ).filter(pl.col("timing") > 0)
    return found.select(pl.col(name).cast(kind) for name, kind in MET.items()).sort("infectee", "infector")


def known_tree(met: pl.DataFrame, *, playbook: Playbook) -> dict[str, str]:
    """Return who most likely infected whom, among those who are known to have met.

    Parameters
    ----------
    met : polars.DataFrame
        Rows of `known_meetings`.
    playbook : Playbook
        Gives what a source outside the list counts: a link that counts less is not taken.

    Returns
    -------
    dict
        Infectee → infector, as from `layout.forest`.
    """
    scored = met.select(source="infector", target="infectee", weight=pl.col("timing") * pl.col("exposure"))
    links = scored.sort("weight", "target", "source", descending=[True, False, False])
    return forest(links, dict.fromkeys(links["target"], playbook.chains.outside_source))
