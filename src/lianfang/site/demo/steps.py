"""The steps of the demo. Each can be done again: keys follow from the seed, what is there stays or is renewed."""

import datetime as dt
import functools
from collections.abc import Callable

import polars as pl

from lianfang.access.scope import system_scope
from lianfang.access.times import to_aware
from lianfang.drill.core.county import County, make_county
from lianfang.drill.core.days import Day, days_of, draw_day, to_frame
from lianfang.drill.core.names import AREA_CODE
from lianfang.drill.core.outbreak import Truth, simulate
from lianfang.drill.core.reporting import interviews, reported_cases, without_absent
from lianfang.drill.seeds import chance
from lianfang.kernel.text import Lang, Text
from lianfang.site.demo import decisions, people
from lianfang.site.demo.folder import Folder, State

PLAYBOOK = "covid19-cn-9"
DAYS = 14
OUTBREAKS_DRAWN = 24
ROUNDS = (72, 26, 0)
"""Hours before the demo's present at which the response is run and people decide; the last one is the present."""
BY = system_scope("demo")


class Work:
    """What the steps share: made from the seed when first asked for, so that an interrupted demo can go on anywhere.

    `tell` is called with a few words while a long step is at work.
    """

    def __init__(self, folder: Folder, state: State, lang: Lang) -> None:
        self.folder, self.state, self.lang = folder, state, lang
        self.until = state.as_of
        self.since = state.as_of - dt.timedelta(days=DAYS)
        self.dates = days_of(state.as_of, days=DAYS)
        self.outbreak = f"YT-{state.as_of:%Y}-01"
        self.tell: Callable[[str], None] = lambda words: None

    @property
    def at(self) -> dt.datetime:
        """The demo's present, aware."""
        return self.hours_before(0)

    def hours_before(self, hours: int) -> dt.datetime:
        """Return the time so many hours before the demo's present, aware."""
        moment = to_aware(self.until - dt.timedelta(hours=hours))
        assert moment is not None
        return moment.astimezone(dt.UTC)

    @functools.cached_property
    def county(self) -> County:
        """The county."""
        return make_county(chance(self.state.seed, "county"), people=self.state.people, today=self.until.date())

    def day(self, number: int) -> Day:
        """One of its days; drawing it again gives the same."""
        return draw_day(chance(self.state.seed, "day", number), self.county, self.dates[number])

    @functools.cached_property
    def truth(self) -> Truth:
        """What happened, read back from where `simulate_outbreak` kept it."""
        return Truth(
            infections=self.folder.frame("truth-infections"),
            exposures=self.folder.frame("truth-exposures"),
            away=self.folder.frame("truth-away"),
            attempt=0,
            attempts=OUTBREAKS_DRAWN,
        )

    @functools.cached_property
    def cases(self) -> pl.DataFrame:
        """The cases as they were reported, up to the demo's present."""
        return reported_cases(self.truth, self.county, self.until, prefix=self.outbreak)

    @functools.cached_property
    def interviews(self) -> pl.DataFrame:
        """Whom the cases named."""
        return interviews(chance(self.state.seed, "interview"), self.truth, self.cases, self.county)


def set_up_database(work: Work) -> None:
    """Make the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def load_county(work: Work) -> str:
    """Make the county and load it into the register, all in one transaction."""
    from lianfang.registry.services import load_register

    county = work.county
    loaded = load_register(
        areas=county.areas.select("code", "name", "name_en", "level", "parent"),
        boundaries=county.areas.select(pl.col("code").alias("jurisdiction"), "geometry", "longitude", "latitude"),
        estates=county.estates,
        buildings=county.buildings,
        places=county.places,
        households=county.households,
        organisations=county.organisations,
        people=county.people,
        by=BY,
        at=work.at,
    )
    rows = loaded.rows
    return (
        Text(
            "{people} 人，{places} 处场所，{buildings} 栋建筑",
            "{people} people, {places} places, {buildings} buildings",
        )
        .format(people=rows["people"], places=rows["places"], buildings=rows["buildings"])
        .in_language(work.lang)
    )


def simulate_outbreak(work: Work) -> str:
    """Let the outbreak run along two weeks, and keep the truth in the folder, where no page looks."""

    def draw(number: int) -> Day:
        work.tell(f"{number + 1}/{len(work.dates)}")
        return work.day(number)

    truth = simulate(
        county=work.county,
        dates=work.dates,
        draw=draw,
        chances=[chance(work.state.seed, "outbreak", i) for i in range(OUTBREAKS_DRAWN)],
        since=work.since,
        until=work.until,
    )
    work.folder.keep_frame("truth-infections", truth.infections)
    work.folder.keep_frame("truth-exposures", truth.exposures)
    work.folder.keep_frame("truth-away", truth.away)
    found = truth.infections["reported_at"].is_not_null().sum()
    return (
        Text("{n} 例感染，其中 {found} 例被发现", "{n} infections, {found} of them found")
        .format(n=truth.infections.height, found=found)
        .in_language(work.lang)
    )


def take_in_presences(work: Work) -> str:
    """Draw the days again, leave out who was away, and take in what left a trace, day by day."""
    from lianfang.presences.keeping import ingest
    from lianfang.registry.services import load_register

    trips, rows = [], 0
    for number in range(len(work.dates)):
        work.tell(f"{number + 1}/{len(work.dates)}")
        day = work.day(number)
        seen = to_frame(work.county, day, not_before=work.since, until=work.until)
        if work.state.has_cases:
            seen = without_absent(seen, work.truth)
        ingest(seen, name=work.dates[number].isoformat())
        trips.append(day.trips)
        rows += seen.height
    load_register(places=pl.concat(trips), by=BY, at=work.at)
    return Text("{n} 条在场记录", "{n} presences").format(n=rows).in_language(work.lang)


def make_accounts(work: Work) -> None:
    """Make one account for each role; township officer and grid worker stand where most cases are, else most people."""
    grids = work.county.people["jurisdiction"]
    if work.state.has_cases:
        grids = work.cases.join(work.county.people.select("person_id", "jurisdiction"), on="person_id")["jurisdiction"]
    people.make_accounts(work.folder, people.choose_places(grids), work.at)


def open_the_outbreak(work: Work) -> None:
    """Open the outbreak under its playbook, on the day of the first report."""
    from lianfang.outbreaks.services import open_outbreak

    first = work.cases["reported_at"].min()
    assert isinstance(first, dt.datetime)
    open_outbreak(
        code=work.outbreak,
        name="云汀县演练疫情",
        playbook=PLAYBOOK,
        jurisdiction=AREA_CODE,
        started_on=first.date(),
        by=BY,
        at=work.at,
    )


def report_and_respond(work: Work, hours_before: int) -> str:
    """Play the response as it stood some hours ago: report, trace, propose.

    Cases reported by then are reported with the contacts whom they named, and the response runs over all of them.
    """
    from lianfang.cases.services import load_cases
    from lianfang.response.selectors import stages
    from lianfang.response.services import respond_outbreak
    from lianfang.tracing.services import load_interviews

    at = work.hours_before(hours_before)
    cases = work.cases.filter(pl.col("reported_at") <= work.until - dt.timedelta(hours=hours_before))
    if cases.is_empty():
        return ""
    load_cases(outbreak=work.outbreak, cases=cases, by=BY, at=at)
    named = work.interviews.filter(pl.col("case_id").is_in(cases["case_id"].implode()))
    load_interviews(outbreak=work.outbreak, interviews=named, by=BY, at=at)
    words = dict(stages())
    respond_outbreak(
        outbreak_code=work.outbreak, at=at, progress=lambda name: work.tell(words[name].in_language(work.lang))
    )
    return Text("{n} 例病例", "{n} cases").format(n=cases.height).in_language(work.lang)


def decide(work: Work, hours_before: int) -> None:
    """Let the demo's accounts decide on what is proposed; the newest proposals wait for whoever opens the demo.

    A step of its own: once somebody has decided, the response answers to that, so no round is played again as a whole.
    """
    decisions.decide(work.outbreak, at=work.hours_before(hours_before), last=hours_before == 0)


def count(work: Work) -> None:
    """Keep what a county without a case has: people, places, presences."""
    from lianfang.access.scope import system_scope
    from lianfang.presences.keeping import manifest
    from lianfang.registry.selectors import register_counts

    counts = register_counts(system_scope("demo"))
    lines = [
        ["登记人口", "People registered", f"{counts['people']:,}"],
        ["场所", "Places", f"{counts['places']:,}"],
        ["在场记录", "Presences", f"{manifest().rows:,}"],
        ["病例", "Cases", "0"],
    ]
    work.folder.keep_json(work.folder.summary_file, {"lines": lines})


def compare(work: Work) -> None:
    """Score the response against the truth and keep the figures."""
    from lianfang.site.demo.result import score_of

    score = score_of(work.outbreak, work.truth, work.until, people=work.county.people)
    lines = [[label.zh, label.en, value] for label, value in score.lines()]
    work.folder.keep_json(work.folder.summary_file, {"lines": lines})


def _of_round(hours_before: int, step: "Callable[[Work, int], str | None]") -> "Step":
    return lambda work: step(work, hours_before)


Step = Callable[[Work], str | None]
STEPS: tuple[tuple[str, Text, Step], ...] = (
    ("database", Text("建立数据库", "Setting up the database"), set_up_database),
    ("county", Text("建立县域并登记人口", "Making the county and loading the register"), load_county),
    ("outbreak", Text("模拟两周生活与传播", "Living two weeks, spreading an outbreak"), simulate_outbreak),
    ("presences", Text("导入在场记录", "Taking in presences"), take_in_presences),
    ("accounts", Text("建立账号", "Making accounts"), make_accounts),
    ("begin", Text("疫情立项", "Opening the outbreak"), open_the_outbreak),
    *(
        (f"{name}-{number}", words.format(n=number), _of_round(hours, step))
        for number, hours in enumerate(ROUNDS, start=1)
        for name, words, step in (
            ("respond", Text("第 {n} 轮：报告与处置", "Round {n}: reports and response"), report_and_respond),
            ("decide", Text("第 {n} 轮：决定与办结", "Round {n}: decisions and finished tasks"), decide),
        )
    ),
    ("score", Text("与真实情况对照", "Comparing with the truth"), compare),
)
QUIET = (
    *(step for step in STEPS if step[0] in ("database", "county", "presences", "accounts")),
    ("count", Text("清点", "Counting"), count),
)
"""The steps of a county without a case."""
