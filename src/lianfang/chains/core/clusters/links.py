"""Cases that are known to have met: what speaks for each pair, and the trees of the likeliest of these links."""

import numpy as np
import polars as pl

from lianfang.chains.core.drawing import forest
from lianfang.chains.core.meetings import meetings_of
from lianfang.chains.core.people import NEVER, people_of
from lianfang.chains.core.timing import Fit
from lianfang.kernel.vocabulary import LinkVerdict
from lianfang.playbook.model import Playbook

MET = {
    "infector": pl.String(),
    "infectee": pl.String(),
    "days": pl.Int64(),
    "by_onset": pl.Boolean(),
    "timing": pl.Float64(),
    "exposure": pl.Float64(),
    "place_kind": pl.String(),
    "speaks": pl.Float64(),
}
"""Columns of `known_meetings`."""


def known_meetings(
    cases_with_windows: pl.DataFrame, contacts: pl.DataFrame, *, playbook: Playbook, met: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the pairs of cases of which one may have infected the other in a known meeting.

    Parameters
    ----------
    cases_with_windows, contacts, met
        As for `chains.weigh`.
    playbook : Playbook
        Gives the serial interval, the incubation period and the section ``chains``.

    Returns
    -------
    polars.DataFrame
        Columns of `MET`, sorted by infectee, then infector: ``days`` between the two days, ``by_onset`` (both are days
        of onset), ``timing`` (how well the pair fits on any day), ``exposure`` (what its known meetings count by the
        infectee's incubation period alone, so that an interval can be estimated from it), ``place_kind`` of the meeting
        that counts most, ``speaks`` (what `chains.weigh` counts for these meetings, above 0).
    """
    people = people_of(cases_with_windows, playbook.chains)
    if people.ids.size == 0:
        return pl.DataFrame(schema=MET)
    fit = Fit(playbook.natural_history, playbook.chains, people.delay)
    pairs = (
        meetings_of(contacts, met, people, fit, playbook)
        .filter(pl.col("speaks") > 0)
        .sort("j", "i", "speaks", "place_kind", descending=[False, False, True, False])
        .group_by("j", "i", maintain_order=True)
        .agg(pl.col("speaks", "incubates").sum(), pl.col("place_kind").first())
    )
    i, j = pairs["i"].to_numpy(), pairs["j"].to_numpy()
    days = people.day[j] - people.day[i]
    ever = np.full(days.size, NEVER)
    timing = fit.of(days, -ever, ever, infector=people.by_onset[i], infectee=people.by_onset[j])
    names = pl.Series("id", people.ids, dtype=pl.String)
    found = pairs.with_columns(
        infector=names.gather(i),
        infectee=names.gather(j),
        days=pl.Series(days),
        by_onset=pl.Series(people.by_onset[i] & people.by_onset[j]),
        timing=pl.Series(timing),
        exposure="incubates",
    )
    return found.select(pl.col(name).cast(kind) for name, kind in MET.items()).sort("infectee", "infector")


def known_tree(met: pl.DataFrame, *, playbook: Playbook, verdicts: pl.DataFrame | None = None) -> dict[str, str]:
    """Return who most likely infected whom, among those who are known to have met.

    Parameters
    ----------
    met : polars.DataFrame
        Rows of `known_meetings`.
    playbook : Playbook
        Gives what a source outside the list counts: a link that counts less is not taken.
    verdicts : polars.DataFrame, optional
        Columns of `verdicts.VERDICTS`: a confirmed link is taken before all others and whatever it counts, one that was
        ruled out never.

    Returns
    -------
    dict
        Infectee → infector, as from `drawing.forest`.
    """
    scored = met.select(source="infector", target="infectee", weight="speaks")
    least = playbook.chains.outside_source
    if verdicts is not None and verdicts.height:
        said = verdicts.select("verdict", source="infector", target="infectee")
        sure = said.filter(pl.col("verdict") == LinkVerdict.CONFIRMED.value)
        others = scored.join(said, on=["source", "target"], how="anti").join(sure, on="target", how="anti")
        most = max(least, *scored["weight"], 0.0) + 1.0
        scored = pl.concat([others, sure.select("source", "target", weight=pl.lit(most))])
    links = scored.sort("weight", "target", "source", descending=[True, False, False])
    return forest(links, dict.fromkeys(links["target"], least))
