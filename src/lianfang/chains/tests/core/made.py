"""Small playbooks, cases and contacts that the tests of chains share; days count from 1 March."""

import datetime as dt

import polars as pl

from lianfang.kernel.schema import CONTACTS
from lianfang.kernel.vocabulary import PlaceKind
from lianfang.playbook.model import Bilingual, ChainWeights, IntervalRule, NaturalHistory, Playbook

DAY0 = dt.datetime(2022, 3, 1)
WORDS = Bilingual(zh="试", en="test")


def interval(name: str, distribution: str, mean: float, sd: float) -> IntervalRule:
    return IntervalRule(
        id=f"natural_history.{name}",
        title=WORDS,
        source=["test"],
        evidence="SYS",
        distribution=distribution,  # type: ignore[arg-type]
        mean_days=mean,
        sd_days=sd,
    )


def playbook(
    *,
    serial: tuple[str, float, float] = ("gamma", 4.0, 2.0),
    incubation: tuple[str, float, float] = ("lognormal", 4.5, 2.0),
    kinds: dict[PlaceKind, float] | None = None,
    unknown: float = 0.05,
    outside: float = 0.05,
    dispersion: float | None = None,
    misdated: float = 0.0,
    **more: float,
) -> Playbook:
    return Playbook.model_construct(
        natural_history=NaturalHistory(
            serial_interval=interval("serial_interval", *serial), incubation=interval("incubation", *incubation)
        ),
        chains=ChainWeights(
            id="chains.weights",
            title=WORDS,
            source=["test"],
            evidence="SYS",
            by_place_kind=kinds if kinds is not None else {PlaceKind.DWELLING: 2.0, PlaceKind.WORK: 1.0},
            half_minutes=60.0,
            no_known_contact=unknown,
            outside_source=outside,
            dispersion=dispersion,
            misdated=misdated,
            **more,
        ),
    )


def day(n: float) -> dt.datetime:
    return DAY0 + dt.timedelta(days=n)


def case_rows(*rows: tuple[str, float | None, float | None, float | None, float | None]) -> pl.DataFrame:
    """Rows of id, onset, sample, infectious from, infectious to, in days."""
    moments = ["onset_date", "sampled_at", "infectious_from", "infectious_to"]
    return pl.DataFrame(
        [[r[0], f"p-{r[0]}", *(None if x is None else day(x) for x in r[1:])] for r in rows],
        schema={"case_id": pl.String, "person_id": pl.String} | dict.fromkeys(moments, pl.Datetime("us")),
        orient="row",
    )


def contact_rows(*rows: dict[str, object]) -> pl.DataFrame:
    return CONTACTS.conform(
        pl.DataFrame(list(rows), schema={n: CONTACTS.dtypes[n] for n in CONTACTS.names}, orient="row")
    )


def met(
    case: str,
    other: str,
    kind: str = "dwelling",
    minutes: float | None = 600.0,
    first: float | None = 0,
    last: float | None = 4,
    found_by: str = "co-presence",
) -> dict[str, object]:
    return {
        "case_id": case,
        "person_id": f"p-{other}",
        "degree": 1,
        "place_kind": kind,
        "minutes": minutes,
        "first_contact": None if first is None else day(first),
        "last_contact": None if last is None else day(last),
        "found_by": found_by,
    }
