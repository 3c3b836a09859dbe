"""A small county and outbreak that the tests of this room share: drawn once, never changed."""

import datetime as dt
from functools import cache

from lianfang.drill.core.county import County, make_county
from lianfang.drill.core.days import Day, days_of, draw_day
from lianfang.drill.core.outbreak import Truth, simulate
from lianfang.drill.seeds import chance

UNTIL = dt.datetime(2021, 8, 20, 16, 30)
SINCE = UNTIL - dt.timedelta(days=14)
DATES = days_of(UNTIL)


@cache
def county(people: int = 2000, seed: int = 7) -> County:
    return make_county(chance(seed, "county"), people=people, today=UNTIL.date())


@cache
def day(number: int, people: int = 2000, seed: int = 7) -> Day:
    return draw_day(chance(seed, "day", number), county(people, seed), DATES[number])


@cache
def truth(people: int = 2000, seed: int = 7, attempts: int = 4) -> Truth:
    return simulate(
        county=county(people, seed),
        dates=DATES,
        draw=lambda i: day(i, people, seed),
        chances=[chance(seed, "outbreak", i) for i in range(attempts)],
        since=SINCE,
        until=UNTIL,
    )
