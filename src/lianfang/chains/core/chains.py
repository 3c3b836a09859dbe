"""Who may have infected whom: the candidate infectors of every case, weighed by timing and by exposure.

A candidate's score is the product of two things, both explained in `docs/algorithms/chains.md`:

- *timing*: how common the days between the two onsets are under the playbook's serial interval, 1 at the commonest;
- *exposure*: what the playbook's `chains` section gives for the known meetings of the two inside the candidate's
  infectious window, each reduced to how plausible an infection in those days is under the playbook's incubation
  period; and `no_known_contact` for the meetings nobody knows of.

A source outside the list has the score `outside_source`. A weight is a score divided by the sum of all of one case.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from lianfang.kernel.vocabulary import FoundBy, PlaceKind
from lianfang.playbook.model import IntervalRule, Playbook

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEIGHED = {
    "infector": pl.String(),
    "infectee": pl.String(),
    "weight": pl.Float64(),
    "evidence_zh": pl.String(),
    "evidence_en": pl.String(),
}
"""Columns and types of the result of `weigh`."""

_PAIRS_AT_ONCE = 4_000_000
_TAIL = 0.0005


def weigh(
    cases_with_windows: pl.DataFrame, contacts: pl.DataFrame, *, playbook: Playbook, most: int = 20
) -> pl.DataFrame:
    """Weigh the candidate infectors of every case.

    Only the columns named below are looked at: a column that names a known infector changes nothing.

    Parameters
    ----------
    cases_with_windows : polars.DataFrame
        One row a case: ``case_id, person_id, onset_date, sampled_at, infectious_from, infectious_to``. The day of a
        case is that of its onset, else of its sample; a case with neither is weighed neither as infector nor as
        infectee. A case without an infectious window is weighed as infectee only.
    contacts : polars.DataFrame
        Rows of `lianfang.kernel.schema.CONTACTS`; those of degree 1 between two cases count. A meeting known by
        interview counts in both directions, each inside the infectious window of the one who would have infected.
    playbook : Playbook
        Gives the serial interval, the incubation period and the weights of kinds of place.
    most : int
        Candidates kept for one case; the weight of those left out goes to the remainder.

    Returns
    -------
    polars.DataFrame
        ``infector, infectee`` (case ids), ``weight`` (six decimals, rounded down), ``evidence_zh, evidence_en``;
        sorted by infectee, weight descending, infector. The weights of one infectee sum to at most 1; what is
        missing to 1 is a source outside the list. The order of the input rows changes nothing.

    Notes
    -----
    The normalisation over candidates is that of Wallinga & Teunis (2004), American Journal of Epidemiology
    160:509-516, with exposure as a further factor of the likelihood of a pair.
    """
    people = people_of(cases_with_windows)
    if people.ids.size == 0:
        return pl.DataFrame(schema=WEIGHED)
    meetings = meetings_of(contacts, people, playbook)
    blocks = [
        _strongest(block, people, playbook, most) for block in _scored(people, meetings, playbook) if block[0].size
    ]
    if not blocks:
        return pl.DataFrame(schema=WEIGHED)
    infector, infectee, weight = (np.concatenate(part) for part in zip(*blocks, strict=True))
    pairs = pl.DataFrame({"i": infector, "j": infectee, "weight": weight})
    return _with_evidence(pairs, people, meetings)


@dataclass(frozen=True)
class People:
    """The cases that have a day, sorted by id as text; days count from 1970-01-01."""

    ids: npt.NDArray[np.object_]
    person: Ints
    day: Ints
    by_onset: npt.NDArray[np.bool_]
    window_from: Ints
    window_to: Ints
    frame: pl.DataFrame

    @property
    def has_window(self) -> npt.NDArray[np.bool_]:
        return self.window_from < self.window_to


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.date().to_physical().cast(pl.Int64)


def _day_after(column: str) -> pl.Expr:
    """First day that lies wholly after the moment."""
    moment = pl.col(column)
    return _day(column) + (moment > moment.dt.truncate("1d")).cast(pl.Int64)


def _moments(frame: pl.DataFrame, *names: str) -> list[pl.Expr]:
    """The named columns as naive moments; one that is absent is empty."""
    return [(pl.col(n) if n in frame.columns else pl.lit(None)).cast(pl.Datetime("us")).alias(n) for n in names]


def people_of(cases: pl.DataFrame) -> People:
    """Return the cases of `weigh` that have a day."""
    person = pl.col("person_id").cast(pl.String) if "person_id" in cases.columns else pl.lit(None, pl.String)
    frame = (
        cases.select(
            pl.col("case_id").cast(pl.String),
            pl.coalesce(person, pl.col("case_id").cast(pl.String)).alias("person_id"),
            *_moments(cases, "onset_date", "sampled_at", "infectious_from", "infectious_to"),
        )
        .with_columns(
            pl.coalesce(_day("onset_date"), _day("sampled_at")).alias("day"),
            pl.col("onset_date").is_not_null().alias("by_onset"),
            _day("infectious_from").fill_null(0).alias("from"),
            pl.when(pl.col("infectious_from") < pl.col("infectious_to"))
            .then(_day_after("infectious_to"))
            .otherwise(_day("infectious_from").fill_null(0))
            .alias("to"),
        )
        .drop_nulls("day")
        .sort("case_id")
        .with_columns(pl.col("person_id").rank("dense").cast(pl.Int64).alias("person"))
        .with_row_index("index")
        .with_columns(pl.col("index").cast(pl.Int64))
    )
    return People(
        ids=frame["case_id"].to_numpy(),
        person=frame["person"].to_numpy(),
        day=frame["day"].to_numpy(),
        by_onset=frame["by_onset"].to_numpy(),
        window_from=frame["from"].to_numpy(),
        window_to=frame["to"].fill_null(0).to_numpy(),
        frame=frame,
    )


def serial_interval_likeness(rule: IntervalRule) -> tuple[int, Floats]:
    """Return how common each number of whole days between two onsets is, relative to the commonest.

    Parameters
    ----------
    rule : IntervalRule
        The serial interval; only a normal distribution gives an infector whose onset is the later one.

    Returns
    -------
    first : int
        The fewest days (infectee's onset minus infector's) that are considered.
    likeness : numpy.ndarray
        One value in [0, 1] for each number of days from `first` on. The two outermost 0.05 % of the distribution are
        left out: a pair beyond them is no candidate.
    """
    law = law_of(rule)
    first = int(np.floor(law.ppf(_TAIL))) if rule.distribution == "normal" else 0
    last = int(np.ceil(law.ppf(1 - _TAIL)))
    days = np.arange(first, last + 1, dtype=np.float64)
    mass: Floats = law.cdf(days + 0.5) - law.cdf(days - 0.5)
    return first, mass / mass.max()


def incubation_shares(rule: IntervalRule) -> Floats:
    """Return the share of infections that have shown symptoms by noon of day 0, 1, 2 … after the day of exposure.

    The list ends where the share is 1 to within 0.05 %; its last value is exactly 1.
    """
    law = law_of(rule)
    before = float(law.cdf(0.0))
    days = np.arange(0, int(np.ceil(law.ppf(1 - _TAIL))) + 1, dtype=np.float64)
    shares: Floats = (law.cdf(days + 0.5) - before) / (1 - before)
    shares[-1] = 1.0
    return shares


@dataclass(frozen=True)
class Law:
    """A distribution of days by its closed form: `scipy.stats` has the same, and costs seconds to import.

    `centre` and `spread` are mean and deviation of the normal (of the logarithm, for the lognormal), or shape and scale
    of the gamma distribution.
    """

    kind: str
    centre: float
    spread: float

    def cdf(self, days: npt.ArrayLike) -> Floats:
        """Return the probability of at most so many days."""
        x = np.asarray(days, dtype=np.float64)
        if self.kind == "normal":
            result: Floats = special.ndtr((x - self.centre) / self.spread)
            return result
        above = np.maximum(x, 0.0)
        if self.kind == "gamma":
            result = special.gammainc(self.centre, above / self.spread)
            return result
        with np.errstate(divide="ignore"):
            result = special.ndtr((np.log(above) - self.centre) / self.spread)
        return result

    def ppf(self, share: float) -> float:
        """Return the days that a share of the distribution does not exceed."""
        if self.kind == "gamma":
            return float(self.spread * special.gammaincinv(self.centre, share))
        days = self.centre + self.spread * special.ndtri(share)
        return float(days if self.kind == "normal" else np.exp(days))


def law_of(rule: IntervalRule) -> Law:
    """Return the distribution of days that a rule states."""
    mean, sd = rule.mean_days, rule.sd_days
    if rule.distribution == "normal":
        return Law("normal", mean, sd)
    if rule.distribution == "gamma":
        return Law("gamma", (mean / sd) ** 2, sd**2 / mean)
    variance = np.log(1 + (sd / mean) ** 2)
    return Law("lognormal", float(np.log(mean) - variance / 2), float(np.sqrt(variance)))


def _plausible(shares: Floats, day: Ints, start: Ints, stop: Ints) -> Floats:
    """How plausible an exposure on the days from `start` until before `stop` is, for an onset on `day`.

    The probability that the incubation period began on those days, over the most that this number of days could
    hold: 1 for one day at the commonest incubation period, and 1 for days that hold all of it.
    """
    peak = np.diff(shares, prepend=0.0).max()
    upto = np.concatenate([[0.0], shares])

    def shown(days: Ints) -> Floats:
        return upto[np.clip(days, -1, shares.size - 1) + 1]

    most: Floats = np.minimum(1.0, np.maximum(stop - start, 1) * peak)
    result: Floats = np.where(start < stop, (shown(day - start) - shown(day - stop)) / most, 0.0)
    return result


def meetings_of(contacts: pl.DataFrame, people: People, playbook: Playbook) -> pl.DataFrame:
    """Known meetings of two cases, one row a kind: ``i, j`` (infector, infectee), ``minutes``, ``exposure`` above 0."""
    known = contacts.select(
        pl.col("case_id").cast(pl.String),
        pl.col("person_id").cast(pl.String),
        pl.col("degree") if "degree" in contacts.columns else pl.lit(1).alias("degree"),
        pl.col("place_kind").cast(pl.String).fill_null(PlaceKind.OTHER.value),
        (pl.col("minutes") if "minutes" in contacts.columns else pl.lit(None)).cast(pl.Float64).alias("minutes"),
        *_moments(contacts, "first_contact", "last_contact"),
        (pl.col("found_by") if "found_by" in contacts.columns else pl.lit(None)).cast(pl.String).alias("found_by"),
    ).filter(pl.col("degree") == 1)
    cases = people.frame.select("case_id", "person_id", "index")
    forward = known.join(cases.select("case_id", i="index"), on="case_id").join(
        cases.select("person_id", j="index"), on="person_id"
    )
    told = pl.col("found_by").is_in([FoundBy.INTERVIEW.value, FoundBy.BOTH.value]).fill_null(True)
    backward = forward.filter(told).rename({"i": "j", "j": "i"}).select(forward.columns)
    rows = (
        pl.concat([forward.with_columns(turned=pl.lit(0)), backward.with_columns(turned=pl.lit(1))])
        .with_columns(
            _day("first_contact").alias("start"),
            pl.max_horizontal(_day_after("last_contact"), _day("first_contact") + 1, _day("last_contact")).alias(
                "stop"
            ),
        )
        .sort(
            "i", "j", "place_kind", "turned", "minutes", "start", "stop", descending=[False] * 4 + [True] + [False] * 2
        )
        .unique(["i", "j", "place_kind"], keep="first", maintain_order=True)
    )
    i, j = rows["i"].to_numpy(), rows["j"].to_numpy()
    apart = people.person[i] != people.person[j]
    start = np.maximum(rows["start"].fill_null(np.iinfo(np.int64).min).to_numpy(), people.window_from[i])
    stop = np.minimum(rows["stop"].fill_null(np.iinfo(np.int64).max).to_numpy(), people.window_to[i])
    fits = _plausible(incubation_shares(playbook.natural_history.incubation), people.day[j], start, stop)
    minutes = rows["minutes"].to_numpy()
    dose = np.where(np.isnan(minutes), 1.0, 1.0 - 0.5 ** (np.nan_to_num(minutes) / playbook.chains.half_minutes))
    weights = {kind.value: playbook.chains.by_place_kind.get(kind, 0.0) for kind in PlaceKind}
    by_kind = rows["place_kind"].replace_strict(weights, default=0.0, return_dtype=pl.Float64).to_numpy()
    return (
        rows.select("i", "j", "place_kind", "minutes")
        .with_columns(pl.Series("exposure", np.where(apart, by_kind * dose * fits, 0.0)))
        .filter(pl.col("exposure") > 0)
    )


Block = tuple[Ints, Ints, Floats]


def _scored(people: People, meetings: pl.DataFrame, playbook: Playbook) -> Iterator[Block]:
    """Yield the scored pairs, those of one infectee in one block, in an order that ids and days alone decide."""
    first, likeness = serial_interval_likeness(playbook.natural_history.serial_interval)
    shares = incubation_shares(playbook.natural_history.incubation)
    met = meetings.group_by("i", "j", maintain_order=True).agg(pl.col("exposure").sum()).sort("j", "i")
    n = people.ids.size
    met_key = met["j"].to_numpy() * n + met["i"].to_numpy()
    met_exposure = met["exposure"].to_numpy()
    unknown = playbook.chains.no_known_contact

    for i, j in _pairs(people, met, first, likeness.size, only_met=unknown == 0):
        days = people.day[j] - people.day[i] - first
        timing = np.where((days >= 0) & (days < likeness.size), likeness[np.clip(days, 0, likeness.size - 1)], 0.0)
        exposure = unknown * _plausible(shares, people.day[j], people.window_from[i], people.window_to[i])
        if met_key.size:
            key = j * n + i
            at = np.minimum(np.searchsorted(met_key, key), met_key.size - 1)
            exposure = exposure + np.where(met_key[at] == key, met_exposure[at], 0.0)
        score = np.where(people.person[i] != people.person[j], timing * exposure, 0.0)
        likely = score > 0
        yield i[likely], j[likely], score[likely]


def _pairs(people: People, met: pl.DataFrame, first: int, width: int, *, only_met: bool) -> Iterator[tuple[Ints, Ints]]:
    """Yield infectors and infectees whose days lie within the serial interval, a bounded number at once."""
    if only_met:
        yield met["i"].to_numpy(), met["j"].to_numpy()
        return
    able = np.flatnonzero(people.has_window)
    able = able[np.argsort(people.day[able], kind="stable")]
    days = people.day[able]
    low = np.searchsorted(days, people.day - first - width + 1, side="left")
    high = np.searchsorted(days, people.day - first, side="right")
    counts = high - low
    ends = np.cumsum(counts)
    begin = 0
    while begin < people.ids.size:
        already = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, already + _PAIRS_AT_ONCE, side="right")))
        count = counts[begin:end]
        j = np.repeat(np.arange(begin, end), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        yield able[np.repeat(low[begin:end], count) + within], j
        begin = end


def _strongest(block: Block, people: People, playbook: Playbook, most: int) -> Block:
    """Turn the scores of a block into weights and keep the first `most` of each infectee."""
    i, j, score = block
    total = np.bincount(j, weights=score, minlength=people.ids.size)[j] + playbook.chains.outside_source
    millionths = np.floor(score / total * 1e6).astype(np.int64)
    heavy = millionths > 0
    i, j, millionths = i[heavy], j[heavy], millionths[heavy]
    # One whole number that sorts by infectee, then weight from above, then infector: much faster than three keys.
    order = np.argsort((j * 1_000_001 + (1_000_000 - millionths)) * people.ids.size + i)
    i, j, millionths = i[order], j[order], millionths[order]
    starts = np.flatnonzero(np.diff(j, prepend=-1))
    rank = np.arange(j.size) - np.repeat(starts, np.diff(np.append(starts, j.size)))
    kept = rank < most
    return i[kept], j[kept], millionths[kept] / 1e6


def _with_evidence(pairs: pl.DataFrame, people: People, meetings: pl.DataFrame) -> pl.DataFrame:
    i, j = pairs["i"].to_numpy(), pairs["j"].to_numpy()
    names = pl.Series("id", people.ids, dtype=pl.String)
    pairs = pairs.with_columns(
        names.gather(i).alias("infector"),
        names.gather(j).alias("infectee"),
        pl.Series("days", people.day[j] - people.day[i]),
        pl.Series("both_onset", people.by_onset[i] & people.by_onset[j]),
    )
    minutes = pl.max_horizontal(pl.col("minutes").round(0).cast(pl.Int64), 1).cast(pl.String)
    kind_zh = pl.col("place_kind").replace_strict({k.value: k.label.zh for k in PlaceKind}, default="")
    told = pl.col("minutes").is_null()
    met = (
        meetings.join(pairs.select("i", "j"), on=["i", "j"], how="semi")
        .sort("i", "j", "exposure", "place_kind", descending=[False, False, True, False])
        .with_columns(
            pl.when(told).then(kind_zh + "（流调所述）").otherwise(kind_zh + " " + minutes + " 分钟").alias("zh"),
            pl.when(told)
            .then("shared " + pl.col("place_kind") + " by interview")
            .otherwise("shared " + pl.col("place_kind") + " " + minutes + " min")
            .alias("en"),
        )
        .group_by("i", "j", maintain_order=True)
        .agg(pl.col("zh").str.join("、"), pl.col("en").str.join(", "))
    )
    span = pl.col("days").abs().cast(pl.String)
    what_zh = pl.when("both_onset").then(pl.lit("发病")).otherwise(pl.lit("发病（采样）"))
    what_en = pl.when("both_onset").then(pl.lit("onset")).otherwise(pl.lit("onset or sample"))
    day_word = pl.when(pl.col("days").abs() == 1).then(pl.lit(" day ")).otherwise(pl.lit(" days "))
    return (
        pairs.join(met, on=["i", "j"], how="left")
        .with_columns(
            pl.when(pl.col("days") == 0)
            .then(what_zh + "同日")
            .otherwise(
                what_zh + pl.when(pl.col("days") > 0).then(pl.lit("早 ")).otherwise(pl.lit("晚 ")) + span + " 天"
            )
            .alias("timing_zh"),
            pl.when(pl.col("days") == 0)
            .then(what_en + " on the same day")
            .otherwise(
                what_en
                + " "
                + span
                + day_word
                + pl.when(pl.col("days") > 0).then(pl.lit("before")).otherwise(pl.lit("after"))
            )
            .alias("timing_en"),
        )
        .select(
            "infector",
            "infectee",
            "weight",
            (pl.col("timing_zh") + "；" + pl.col("zh").fill_null("无已知接触")).alias("evidence_zh"),
            (pl.col("timing_en") + "; " + pl.col("en").fill_null("no known contact")).alias("evidence_en"),
        )
        .sort("infectee", "weight", "infector", descending=[False, True, False])
    )
