"""The weights of chains in plain loops over pairs and days: slow, and obvious."""

import datetime as dt
import functools
import itertools
import math

import numpy as np
import polars as pl
from scipy import stats

from lianfang.chains.tests.core.made import DAY0
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import IntervalRule, Playbook


def slow_weigh(cases: pl.DataFrame, contacts: pl.DataFrame, book: Playbook) -> dict[tuple[str, str], float]:
    """The same in plain loops over pairs and days, from the words of docs/algorithms/chains.md."""
    serial, incubation = book.natural_history.serial_interval, book.natural_history.incubation
    how = book.chains

    def law(rule: IntervalRule):
        m, s = rule.mean_days, rule.sd_days
        if rule.distribution == "normal":
            return stats.norm(m, s)
        if rule.distribution == "gamma":
            return stats.gamma(m * m / (s * s), scale=s * s / m)
        return stats.lognorm(math.sqrt(math.log(1 + s * s / (m * m))), scale=m * m / math.sqrt(m * m + s * s))

    inc = law(incubation)
    limit, zero = math.ceil(inc.ppf(0.9995)), inc.cdf(0)
    shown_by = [(inc.cdf(n + 0.5) - zero) / (1 - zero) for n in range(limit)] + [1.0]
    shows = {n: shown_by[n] - (shown_by[n - 1] if n else 0.0) for n in range(limit + 1)}

    left = max(serial.sd_days**2 - incubation.sd_days**2, 0.0)
    around = stats.norm(serial.mean_days - incubation.mean_days, max(math.sqrt(left), how.spread_days))
    positive = serial.distribution != "normal"
    earliest = -2 if positive else math.floor(around.ppf(0.0005))
    latest = max(math.ceil(around.ppf(0.9995)), earliest + 1)
    passes = {d: around.cdf(d + 0.5) - around.cdf(d - 0.5) for d in range(earliest, latest + 1)}
    total = sum(passes.values())
    passes = {d: p / total for d, p in passes.items()}

    def floor_day(t: dt.datetime) -> int:
        return (t - DAY0).days

    def next_day(t: dt.datetime) -> int:
        return math.ceil((t - DAY0) / dt.timedelta(days=1))

    rows, told = cases.to_dicts(), contacts.to_dicts()
    known_both = [
        floor_day(r["sampled_at"]) - floor_day(r["onset_date"]) for r in rows if r["sampled_at"] and r["onset_date"]
    ]
    late = [d for d in known_both if d >= 0]
    delays = {0: 1.0}
    if len(late) >= 5 and np.mean(late) > 0:
        m, s = float(np.mean(late)), max(float(np.std(late)), 0.5)
        one = stats.gamma(m * m / (s * s), scale=s * s / m)
        delays = {d: one.cdf(d + 0.5) - one.cdf(d - 0.5) for d in range(math.ceil(one.ppf(0.995)) + 1)}
        whole = sum(delays.values())
        delays = {d: p / whole for d, p in delays.items()}
    at_onset = {0: 1.0}

    def fits(infector: dict, infectee: dict, start: int, stop: int) -> float:
        """Over the days of infection, and where an onset is not known over the days on which it may have been."""
        a, b = day_of(infector), day_of(infectee)
        found = 0.0
        for di, pi in (at_onset if infector["onset_date"] else delays).items():
            for dj, pj in (at_onset if infectee["onset_date"] else delays).items():
                for d in range(max(start, a - di + earliest), min(stop, a - di + latest + 1)):
                    found += pi * pj * passes[d - (a - di)] * shows.get(b - dj - d, 0.0)
        return found

    def day_of(case: dict) -> int | None:
        moment = case["onset_date"] or case["sampled_at"]
        return None if moment is None else floor_day(moment)

    fake = {"onset_date": DAY0, "sampled_at": None}
    span = range(-60, 160)
    peak = max(
        fits(fake, {"onset_date": DAY0 + dt.timedelta(days=n), "sampled_at": None}, -200, 300)
        for n in range(0 if positive else -30, 60)
    )

    @functools.cache
    def far(apart: int) -> bool:
        """Days apart that no pair of whatever knowledge makes likely."""
        best = 0.0
        for first in ("onset_date", "sampled_at"):
            for second in ("onset_date", "sampled_at"):
                one = {"onset_date": None, "sampled_at": None} | {first: DAY0}
                two = {"onset_date": None, "sampled_at": None} | {second: DAY0 + dt.timedelta(days=apart)}
                best = max(best, fits(one, two, span[0], span[-1]) / peak)
        return best < 0.001 or (positive and apart < 0)

    def counts(infector: dict, infectee: dict, start: int, stop: int) -> float:
        begin = infector["infectious_from"] if infector.get("window_rule") == "given" else None
        until = infector["infectious_to"]
        lo = max(start, floor_day(begin)) if begin else start
        hi = min(stop, next_day(until)) if until else stop
        if infectee["onset_date"]:
            hi = min(hi, floor_day(infectee["onset_date"]) + 1)
        if infectee["sampled_at"]:
            hi = min(hi, floor_day(infectee["sampled_at"]) - how.positive_after_days + 1)
        apart = day_of(infectee) - day_of(infector)
        return 0.0 if far(apart) or hi <= lo else fits(infector, infectee, lo, hi) / peak

    some = [r for r in rows if day_of(r) is not None]
    strength = {r["case_id"]: 1.0 if r["onset_date"] else how.without_symptoms for r in some}
    met: dict[tuple[str, str], float] = {}
    hidden: dict[tuple[str, str], float] = {}
    for infectee, infector in itertools.product(some, some):
        if infector["person_id"] == infectee["person_id"]:
            continue
        pair = infector["case_id"], infectee["case_id"]
        hidden[pair] = counts(infector, infectee, -400, 400) * strength[pair[0]]
        seen: dict[str, list] = {}
        said: dict[str, list] = {}
        for c in told:
            forward = (c["case_id"], c["person_id"]) == (pair[0], infectee["person_id"])
            backward = (c["case_id"], c["person_id"]) == (pair[1], infector["person_id"])
            interview = c["found_by"] in ("interview", "both", None)
            if c["degree"] != 1 or not (forward or (backward and interview)):
                continue
            start, stop, days = -400, 400, 1
            if c["first_contact"] is not None:
                start = floor_day(c["first_contact"])
            if c["last_contact"] is not None:
                stop = max(next_day(c["last_contact"]), floor_day(c["last_contact"]), start + 1)
            if c["first_contact"] is not None and c["last_contact"] is not None:
                days = stop - start
            share = 1.0 if c["minutes"] is None else 1 - 0.5 ** (c["minutes"] / days / how.half_minutes)
            dose = how.by_place_kind.get(PlaceKind(c["place_kind"]), 0.0) * share
            (said if interview else seen).setdefault(c["place_kind"], []).append(
                (dose, dose * counts(infector, infectee, start, stop))
            )
        speaks = longest = 0.0
        for kind in seen.keys() | said.keys():
            meetings = seen.get(kind) or said[kind]
            longest = max(longest, *(dose for dose, _ in meetings))
            each = [value for _, value in meetings]
            speaks += sum(each) if kind in seen else max(each)
        if longest > 0:
            apart = day_of(infectee) - day_of(infector)
            wide = math.exp(-abs(apart - serial.mean_days) / (2 * max(serial.sd_days, 3.0)))
            wide = 0.0 if positive and apart < 0 else wide
            met[pair] = ((1 - how.misdated) * speaks + how.misdated * longest * wide) * strength[pair[0]]
    unknown = {}
    for r in some:
        whole = sum(v for (_, j), v in hidden.items() if j == r["case_id"])
        unknown[r["case_id"]] = how.no_known_contact * whole / max(whole, 1.0)

    def totals(judged: dict[tuple[str, str], float]) -> dict[str, float]:
        result = {j: u + how.outside_source for j, u in unknown.items()}
        for (_, j), value in judged.items():
            result[j] += value
        return result

    judged = dict(met)
    for _ in range(8 if how.dispersion else 0):
        total = totals(judged)
        share = {p: v / total[p[1]] if total[p[1]] else 0.0 for p, v in judged.items()}
        mean = sum(share.values()) / max(len(some), 1)
        caused = {r["case_id"]: sum(v for (i, _), v in share.items() if i == r["case_id"]) for r in some}
        judged = {p: v * (how.dispersion + caused[p[0]] - share[p]) / (how.dispersion + mean) for p, v in met.items()}
    total = totals(judged)
    result = {}
    for pair, value in hidden.items():
        whole = sum(v for (_, j), v in hidden.items() if j == pair[1])
        count = judged.get(pair, 0.0) + (unknown[pair[1]] * value / whole if whole else 0.0)
        if count > 0:
            result[pair] = count / total[pair[1]]
    return result
