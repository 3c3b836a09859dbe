"""Where the people of the county work and learn: organisations, their rooms, and who belongs to which.

Sizes of workplaces have a long tail, up to 300 people; each is divided into rooms of a size usual for its trade,
because a room, a table, a team is what people share. Schools have classes by age. Everything is drawn in arrays,
township by township.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Floats, Ints, pick, rank_within
from lianfang.drill.core.land import TOWNSHIPS, URBAN
from lianfang.kernel.vocabulary import Occupation, PlaceKind

LARGEST = 300


@dataclass(frozen=True)
class Trade:
    """What one kind of organisation is like.

    Attributes
    ----------
    share : float
        Among workplaces that are drawn; 0 for those that every township or the county gets by rule.
    largest, room : int
        Most staff of one workplace; usual staff of one room.
    kind : PlaceKind
        What its rooms are; ``venue``, ``meal`` and ``care`` are open to visitors.
    drawing : float
        How strongly a room draws visitors, before chance; 0 for a closed one.
    """

    share: float
    largest: int
    room: int
    kind: PlaceKind
    occupation: Occupation
    drawing: float = 0.0
    canteen: bool = False
    weekdays_only: bool = False
    tests_every: int = 0
    opens: tuple[int, int] = (7, 9)
    names: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


TRADES: dict[str, Trade] = {
    "factory": Trade(
        share=0.27,
        largest=300,
        room=14,
        kind=PlaceKind.WORK,
        occupation=Occupation.WORKER,
        canteen=True,
        names=("机械厂", "电子有限公司", "服装厂", "食品厂", "包装材料厂", "家具厂"),
        rooms=("{n}号车间", "{n}号线班组"),
    ),
    "cold_chain": Trade(
        share=0.03,
        largest=60,
        room=8,
        kind=PlaceKind.WORK,
        occupation=Occupation.WORKER,
        tests_every=3,
        names=("冷链物流有限公司", "水产冷库"),
        rooms=("{n}号库装卸组",),
    ),
    "office": Trade(
        share=0.16,
        largest=150,
        room=7,
        kind=PlaceKind.WORK,
        occupation=Occupation.OFFICE,
        canteen=True,
        weekdays_only=True,
        opens=(8, 9),
        names=("事务所", "信用社", "服务中心", "科技有限公司", "保险支公司"),
        rooms=("{n}号办公室",),
    ),
    "construction": Trade(
        share=0.08,
        largest=120,
        room=12,
        kind=PlaceKind.WORK,
        occupation=Occupation.MIGRANT_WORKER,
        names=("建筑工程队", "装饰工程有限公司"),
        rooms=("第{n}施工班",),
    ),
    "shop": Trade(
        share=0.30,
        largest=60,
        room=3,
        kind=PlaceKind.VENUE,
        occupation=Occupation.COMMERCE,
        drawing=1.0,
        opens=(7, 11),
        names=("超市", "百货店", "便利店", "建材店", "药店", "理发店", "棋牌室", "茶馆"),
        rooms=("{n}号营业厅",),
    ),
    "catering": Trade(
        share=0.16,
        largest=40,
        room=2,
        kind=PlaceKind.MEAL,
        occupation=Occupation.CATERING,
        drawing=0.6,
        tests_every=7,
        opens=(9, 11),
        names=("面馆", "饭店", "小吃店", "火锅店", "酒楼"),
        rooms=("{n}号餐厅",),
    ),
    "market": Trade(
        share=0.0,
        largest=LARGEST,
        room=3,
        kind=PlaceKind.VENUE,
        occupation=Occupation.COMMERCE,
        drawing=2.0,
        tests_every=7,
        opens=(6, 8),
        names=("农贸市场",),
        rooms=("{n}区摊位",),
    ),
    "clinic": Trade(
        share=0.0,
        largest=60,
        room=3,
        kind=PlaceKind.CARE,
        occupation=Occupation.MEDICAL,
        drawing=0.5,
        tests_every=3,
        opens=(7, 9),
        names=("卫生院",),
        rooms=("{n}号诊室",),
    ),
    "hospital": Trade(
        share=0.0,
        largest=LARGEST,
        room=5,
        kind=PlaceKind.CARE,
        occupation=Occupation.MEDICAL,
        drawing=0.6,
        canteen=True,
        tests_every=2,
        opens=(7, 9),
        names=("人民医院",),
        rooms=("第{n}门诊区",),
    ),
    "team": Trade(
        share=0.0,
        largest=5,
        room=5,
        kind=PlaceKind.WORK,
        occupation=Occupation.FARMER,
        opens=(6, 8),
        names=("农业作业组",),
        rooms=("田间",),
    ),
    "school": Trade(
        0.0, 2000, 40, PlaceKind.SCHOOL, Occupation.TEACHER, canteen=True, weekdays_only=True, opens=(8, 8)
    ),
}

SCHOOLS: tuple[tuple[str, int, int, float, tuple[str, ...]], ...] = (
    # name, youngest, oldest, share of the age group that goes, classes by age
    ("幼儿园", 3, 5, 0.85, ("小班", "中班", "大班")),
    ("小学", 6, 11, 1.0, ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")),
    ("初级中学", 12, 14, 1.0, ("初一", "初二", "初三")),
    ("高级中学", 15, 17, 0.9, ("高一", "高二", "高三")),
)
CLASS_SIZE = 38
SCHOOL_SIZE = 700
TEACHERS_A_CLASS = 1.5
_BRANDS = (
    "恒昌 云海 鑫源 汀江 宏达 佳和 瑞丰 东升 永兴 利民 百顺 同德 "
    "华茂 新联 广源 天成 福临 金桥 祥云 四方 海川 众诚 万家 春晖"
)


@dataclass
class Organisations:
    """Organisations and their rooms by number, and where each person belongs.

    Attributes
    ----------
    org_trade, org_name : list of str
    org_township : list of int
    room_org : list of int
    room_name : list of str
    room_drawing : list of float
        How strongly a room draws visitors; 0 for a closed one.
    tables : list of int
        Number of canteen tables of each organisation.
    room : array of int, shape (people,)
        The room of each person, -1 for none.
    occupation : array of str, shape (people,)
    """

    room: Ints
    occupation: Array
    org_trade: list[str] = field(default_factory=list)
    org_name: list[str] = field(default_factory=list)
    org_township: list[int] = field(default_factory=list)
    tables: list[int] = field(default_factory=list)
    room_org: list[int] = field(default_factory=list)
    room_name: list[str] = field(default_factory=list)
    room_drawing: list[float] = field(default_factory=list)

    def add(self, trade: str, name: str, township: int) -> int:
        """Add an organisation without rooms and return its number."""
        self.org_trade.append(trade)
        self.org_name.append(name)
        self.org_township.append(township)
        self.tables.append(0)
        return len(self.org_trade) - 1

    def add_room(self, org: int, name: str, drawing: float) -> int:
        """Add a room to an organisation and return its number."""
        self.room_org.append(org)
        self.room_name.append(name)
        self.room_drawing.append(drawing)
        return len(self.room_org) - 1


def make_organisations(chance: Generator, *, age: Ints, township: Ints) -> Organisations:
    """Send children to school and most adults to work.

    Parameters
    ----------
    chance : Generator
    age, township : array of int, shape (people,)
        People stand in the order of their grids, so that neighbours share schools.

    Returns
    -------
    Organisations
    """
    n = len(age)
    organisations = Organisations(np.full(n, -1), _idle_occupations(chance, age))
    _schools(chance, organisations, age, township)
    employed = (
        ((age >= 19) & (age < 24) & (chance.random(n) < 0.6))
        | ((age >= 24) & (age < 60) & (chance.random(n) < 0.80))
        | ((age >= 60) & (age < 70) & (chance.random(n) < 0.22))
    )
    works_in = _work_townships(chance, township, employed)
    _teachers(chance, organisations, township, employed)
    _farmers(chance, organisations, age, township, employed)
    for number in range(len(TOWNSHIPS)):
        workers = np.flatnonzero(employed & (works_in == number) & (organisations.room < 0))
        _workplaces(chance, organisations, number, chance.permutation(workers), n)
    _canteens(organisations)
    return organisations


def _idle_occupations(chance: Generator, age: Ints) -> Array:
    """Occupation of those who neither work nor learn."""
    at_home = np.where(age < 6, Occupation.CHILD_AT_HOME.value, Occupation.AT_HOME.value)
    retired = (age >= 60) | ((age >= 55) & (chance.random(len(age)) < 0.5))
    return np.where(retired, Occupation.RETIRED.value, at_home).astype(object)


def _work_townships(chance: Generator, township: Ints, employed: Array) -> Ints:
    """Three of four work in their own township; the others go where people are, mostly to the county town."""
    elsewhere = chance.choice(len(TOWNSHIPS), size=len(township), p=_attraction())
    return np.where(employed & (chance.random(len(township)) < 0.25), elsewhere, township)


def _attraction() -> Floats:
    weights = np.array([t[2] for t in TOWNSHIPS]) * np.where(np.arange(len(TOWNSHIPS)) < URBAN, 2.0, 1.0)
    share: Floats = weights / weights.sum()
    return share


def _schools(chance: Generator, organisations: Organisations, age: Ints, township: Ints) -> None:
    """Open schools where pupils live (high schools in the two subdistricts) and fill classes by age."""
    for level, youngest, oldest, share, grades in SCHOOLS:
        pupil = (age >= youngest) & (age <= oldest) & (chance.random(len(age)) < share)
        seat = township if level != "高级中学" else township % URBAN
        for number in range(len(TOWNSHIPS)):
            members = np.flatnonzero(pupil & (seat == number))
            if not len(members):
                continue
            schools = max(1, round(len(members) / SCHOOL_SIZE))
            school = np.arange(len(members)) * schools // len(members)
            short = TOWNSHIPS[number][0].rstrip("街道镇乡")
            for s in range(schools):
                name = f"{short}{level}" if schools == 1 else f"{short}第{s + 1}{level}"
                org = organisations.add("school", name, number)
                for step, grade in enumerate(grades):
                    own = members[(school == s) & (age[members] == youngest + step)]
                    classes = int(np.ceil(len(own) / CLASS_SIZE))
                    for c in range(classes):
                        room = organisations.add_room(org, f"{grade}{c + 1}班", 0.0)
                        organisations.room[own[np.arange(len(own)) * classes // len(own) == c]] = room
        code = Occupation.NURSERY_CHILD if level == "幼儿园" else Occupation.STUDENT
        organisations.occupation[pupil] = code.value


def _teachers(chance: Generator, organisations: Organisations, township: Ints, employed: Array) -> None:
    """Give each class its teachers, from the township of the school where it has enough working people."""
    rooms = np.arange(len(organisations.room_org))
    of = np.asarray(organisations.org_township)[np.asarray(organisations.room_org, dtype=int)] if len(rooms) else rooms
    for number in range(len(TOWNSHIPS)):
        classes = rooms[of == number]
        fit = np.flatnonzero(employed & (township == number) & (organisations.room < 0))
        wanted = min(int(np.ceil(len(classes) * TEACHERS_A_CLASS)), len(fit) // 4)
        if not wanted:
            continue
        chosen = chance.permutation(fit)[:wanted]
        organisations.room[chosen] = classes[np.arange(wanted) % len(classes)]
        organisations.occupation[chosen] = Occupation.TEACHER.value


def _farmers(chance: Generator, organisations: Organisations, age: Ints, township: Ints, employed: Array) -> None:
    """Farm teams of up to five neighbours in the country townships, older people more often."""
    likely = np.where(age >= 60, 0.9, np.where(age >= 45, 0.4, 0.12))
    farmer = employed & (township >= URBAN) & (organisations.room < 0) & (chance.random(len(age)) < likely)
    for number in range(URBAN, len(TOWNSHIPS)):
        members = np.flatnonzero(farmer & (township == number))
        sizes = chance.integers(2, 6, size=max(1, len(members)))
        team = np.searchsorted(np.cumsum(sizes), np.arange(len(members)), side="right")
        first = len(organisations.room_org)
        for t in range(int(team.max()) + 1 if len(members) else 0):
            org = organisations.add("team", f"{TOWNSHIPS[number][0]}第{t + 1}{TRADES['team'].names[0]}", number)
            organisations.add_room(org, TRADES["team"].rooms[0], 0.0)
        organisations.room[members] = first + team
    organisations.occupation[farmer] = Occupation.FARMER.value


def _workplaces(chance: Generator, organisations: Organisations, township: int, workers: Ints, people: int) -> None:
    """Fill the workplaces of one township: first those that it must have, then by chance until all workers have one."""
    short = TOWNSHIPS[township][0].rstrip("街道镇乡")
    must: list[tuple[str, str, int]] = []
    if township == 0:
        must.append(("hospital", "云汀县人民医院", int(np.clip(people * 0.006, 4, LARGEST))))
    else:
        must.append(("clinic", f"{short}卫生院", int(np.clip(len(workers) * 0.01, 2, 60))))
    must.append(("market", f"{short}农贸市场", int(np.clip(len(workers) * 0.03, 2, 90))))
    names = [name for name, trade in TRADES.items() if trade.share]
    trades = pick(chance, names, [TRADES[name].share for name in names], len(workers) + 1)
    # Staff sizes with a long tail: a discrete Pareto law from 2 to 300.
    sizes = np.floor(2 * (1 - chance.random(len(workers) + 1)) ** (-1 / 1.05)).astype(int)
    brands = pick(chance, _BRANDS.split(), [1.0] * len(_BRANDS.split()), len(workers) + 1)
    pull = np.exp(chance.normal(0, 0.6, len(workers) + 1))
    taken, number, seen = 0, 0, {}  # type: int, int, dict[str, int]
    while taken < len(workers):
        if number < len(must):
            trade, name, size = must[number]
        else:
            trade = str(trades[number])
            size = min(int(sizes[number]), TRADES[trade].largest)
            name = f"{short}{brands[number]}{TRADES[trade].names[number % len(TRADES[trade].names)]}"
            seen[name] = seen.get(name, 0) + 1
            name += f"({seen[name]}部)" if seen[name] > 1 else ""
        staff = workers[taken : taken + size]
        _open(organisations, trade, name, township, staff, float(pull[number]))
        taken, number = taken + len(staff), number + 1


def _open(organisations: Organisations, trade: str, name: str, township: int, staff: Ints, pull: float) -> None:
    """Add one workplace with its rooms and staff."""
    kind = TRADES[trade]
    org = organisations.add(trade, name, township)
    rooms = max(1, round(len(staff) / kind.room))
    if trade == "hospital":
        organisations.add_room(org, "发热门诊", 0.0)
    numbers = [
        organisations.add_room(org, kind.rooms[r % len(kind.rooms)].format(n=r + 1), kind.drawing * pull)
        for r in range(rooms)
    ]
    organisations.room[staff] = np.asarray(numbers)[np.arange(len(staff)) * rooms // len(staff)]
    organisations.occupation[staff] = kind.occupation.value


def _canteens(organisations: Organisations) -> None:
    """Give tables for four, used in three sittings, to organisations with a canteen and at least 20 people."""
    rooms = np.asarray(organisations.room_org, dtype=int)
    members = np.bincount(rooms[organisations.room[organisations.room >= 0]], minlength=len(organisations.org_trade))
    for org, (trade, number) in enumerate(zip(organisations.org_trade, members, strict=True)):
        if TRADES[trade].canteen and number >= 20:
            organisations.tables[org] = max(2, int(np.ceil(number * 0.7 / 3 / 3)))


def members_of(organisations: Organisations) -> tuple[Ints, Ints]:
    """Return each person's organisation (-1 for none) and place in the order of its members."""
    rooms = np.append(np.asarray(organisations.room_org, dtype=np.int64), -1)
    org = rooms[organisations.room]
    return org, rank_within(org)
