"""The closed lists of words that files, pages, playbooks and code share, each with its label in both languages.

A value that depends on a disease or on a policy never stands here: those are playbook data.
"""

from enum import StrEnum
from typing import Self

from lianfang.kernel.text import Text


class Word(StrEnum):
    """A code with a label in two languages; members are declared as ``NAME = "code", "中文", "English"``."""

    label: Text

    def __new__(cls, code: str, zh: str, en: str) -> "Word":
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = Text(zh, en)
        return member

    @classmethod
    def codes(cls) -> list[str]:
        """Return all codes, in the order of declaration."""
        return [member.value for member in cls]

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the member of a code.

        Raises
        ------
        ValueError
            When there is no such code.
        """
        for member in cls:
            if member.value == code:
                return member
        raise ValueError(f"{cls.__name__} has no code {code!r}")


class PlaceKind(Word):
    """Kinds of shared place; the setting of a meeting."""

    DWELLING = "dwelling", "同住", "Dwelling"
    WORK = "work", "工作", "Work"
    SCHOOL = "school", "学校", "School"
    MEAL = "meal", "同餐", "Meal"
    VEHICLE = "vehicle", "交通工具", "Vehicle"
    VENUE = "venue", "场所", "Venue"
    CARE = "care", "医疗护理", "Care"
    OTHER = "other", "其他", "Other"


class VehicleKind(Word):
    """Kinds of vehicle that the seat rules of a playbook tell apart."""

    AIRCRAFT = "aircraft", "飞机", "Aircraft"
    TRAIN_CLOSED = "train_closed", "密闭列车", "Train with closed carriages"
    TRAIN_OPEN = "train_open", "非密闭列车", "Train with open bays"
    COACH_CLOSED = "coach_closed", "密闭客车", "Closed coach"
    COACH_VENTILATED = "coach_ventilated", "通风客车", "Ventilated coach"
    SHIP = "ship", "轮船", "Ship"


class Category(Word):
    """Why a person is in the response; what the playbook's measures are keyed by."""

    CASE = "case", "病例", "Case"
    CLOSE_CONTACT = "close_contact", "密切接触者", "Close contact"
    SECONDARY_CONTACT = "secondary_contact", "密接的密接", "Secondary contact"
    GENERAL_CONTACT = "general_contact", "一般接触者", "General contact"
    ARRIVAL = "arrival", "来（返）人员", "Arrival"
    INBOUND = "inbound", "入境人员", "Inbound traveller"
    UNDECIDED = "undecided", "未能判定（传染期未定）", "Not decided (no infectious window)"
    OUTSIDE_WINDOW = "outside_window", "不在传染期内", "Not in the infectious window"


CATEGORY_ORDER = (
    Category.CASE,
    Category.CLOSE_CONTACT,
    Category.SECONDARY_CONTACT,
    Category.GENERAL_CONTACT,
    Category.ARRIVAL,
    Category.INBOUND,
    Category.UNDECIDED,
    Category.OUTSIDE_WINDOW,
)
"""Who is in several categories counts, and is treated, in the first of them."""

CATEGORY_RANK = {category.value: number for number, category in enumerate(CATEGORY_ORDER)}
"""The place of each category in `CATEGORY_ORDER`, by its code."""

WITHOUT_MEASURES = (Category.UNDECIDED, Category.OUTSIDE_WINDOW)
"""What the system says of somebody whom a case named or met and of whom it proposes nothing; no rule is about it."""


class Classification(Word):
    """How sure the diagnosis is."""

    SUSPECTED = "suspected", "疑似病例", "Suspected case"
    CONFIRMED = "confirmed", "确诊病例", "Confirmed case"
    ASYMPTOMATIC = "asymptomatic", "无症状感染者", "Asymptomatic infection"
    EXCLUDED = "excluded", "已排除", "Excluded"


class SpecialNeed(Word):
    """Who needs something else than a room for one; a person may have several."""

    CHILD = "child", "儿童", "Child"
    PREGNANT = "pregnant", "孕产妇", "Pregnant"
    ILLNESS = "illness", "基础疾病", "Underlying illness"
    DEPENDENT = "dependent", "失能、半失能", "Dependent"
    CARE = "care", "需陪护", "Needs care"
    ELDERLY = "elderly", "老年人", "Elderly"


class OriginRisk(Word):
    """The risk of the area that a person comes from, as the authorities graded it."""

    HIGH = "high", "高风险", "High risk"
    MEDIUM = "medium", "中风险", "Medium risk"
    LOW = "low", "低风险", "Low risk"


class Severity(Word):
    """How ill a case is."""

    ASYMPTOMATIC = "asymptomatic", "无症状", "Without symptoms"
    MILD = "mild", "轻型", "Mild"
    MODERATE = "moderate", "普通型", "Moderate"
    SEVERE = "severe", "重型", "Severe"
    CRITICAL = "critical", "危重型", "Critical"


class YesNo(Word):
    """A plain answer; empty is a third: nobody said."""

    YES = "yes", "是", "Yes"
    NO = "no", "否", "No"


class TestResult(Word):
    """What a test says."""

    POSITIVE = "pos", "阳性", "Positive"
    NEGATIVE = "neg", "阴性", "Negative"


class MeasureKind(Word):
    """What a person has to do. Home quarantine and home monitoring are different measures."""

    HOSPITAL_ISOLATION = "hospital_isolation", "住院隔离治疗", "Hospital isolation"
    CENTRAL_QUARANTINE = "central_quarantine", "集中隔离医学观察", "Central quarantine"
    HOME_QUARANTINE = "home_quarantine", "居家隔离医学观察", "Home quarantine"
    HOME_MONITORING = "home_monitoring", "居家健康监测", "Home health monitoring"
    SELF_MONITORING = "self_monitoring", "自我健康监测", "Self-monitoring"
    TESTING = "testing", "核酸检测", "Testing only"
    NONE = "none", "无需措施", "No measure left"


class PlaceClass(Word):
    """Where a measure is carried out."""

    HOSPITAL = "hospital", "定点医院", "Designated hospital"
    CENTRAL = "central", "集中隔离点", "Quarantine site"
    HOME = "home", "居家", "Home"
    ANYWHERE = "anywhere", "不限", "Anywhere"


class FoundBy(Word):
    """How a contact came to be known."""

    INTERVIEW = "interview", "流调", "Interview"
    CO_PRESENCE = "co-presence", "在场记录", "Co-presence"
    BOTH = "both", "流调+在场记录", "Both"


class LinkVerdict(Word):
    """What people decided about a link of a transmission chain."""

    CONFIRMED = "confirmed", "已确认", "Confirmed"
    REFUSED = "refused", "已排除", "Ruled out"


class Decision(Word):
    """Where a proposal stands: the system proposes, people decide."""

    PROPOSED = "proposed", "待定", "Proposed"
    ACCEPTED = "accepted", "已采纳", "Accepted"
    REFUSED = "refused", "不采纳", "Refused"


class AreaLevel(Word):
    """Levels of the jurisdiction tree, widest first."""

    CITY = "city", "市", "City"
    COUNTY = "county", "县（区）", "County"
    TOWNSHIP = "township", "乡镇（街道）", "Township"
    COMMUNITY = "community", "社区（村）", "Community"
    GRID = "grid", "网格", "Grid"


class EstateKind(Word):
    """Kinds of estate: what buildings stand in, below the community."""

    RESIDENTIAL = "residential", "小区", "Residential estate"
    VILLAGE = "village", "村", "Village"
    OTHER = "other", "其他", "Other"


class Sex(Word):
    """As on the report card."""

    MALE = "male", "男", "Male"
    FEMALE = "female", "女", "Female"
    UNKNOWN = "unknown", "不详", "Unknown"


class IdType(Word):
    """Kinds of identity document; only the resident card's number can be checked by itself."""

    RESIDENT = "resident", "居民身份证", "Resident identity card"
    PASSPORT = "passport", "护照", "Passport"
    HK_MACAO = "hk_macao", "港澳居民通行证或居住证", "Hong Kong or Macao permit"
    TAIWAN = "taiwan", "台湾居民通行证或居住证", "Taiwan permit"
    FOREIGN_RESIDENCE = "foreign_residence", "外国人永久居留身份证", "Foreign permanent residence card"
    OTHER = "other", "其他证件", "Other document"


class CaseSource(Word):
    """In which way a case was found; the look-back of a playbook may depend on it."""

    REGULAR_TESTING = "regular_testing", "应检尽检", "Regular testing of posts"
    CONTACT_TESTING = "contact_testing", "密接筛查", "Testing of contacts"
    MASS_SCREENING = "mass_screening", "区域核酸筛查", "Mass screening"
    CARE_SEEKING = "care_seeking", "就诊发现（发热门诊等）", "Care seeking"
    ARRIVAL_TESTING = "arrival_testing", "来（返）人员检测", "Testing of arrivals"
    SELF_TESTING = "self_testing", "愿检尽检（主动检测）", "Voluntary testing"
    REFERRED = "referred", "外地协查推送", "Referred by another area"
    OTHER = "other", "其他", "Other"


class Residence(Word):
    """Where the person of a report card belongs."""

    THIS_COUNTY = "this_county", "本县区", "This county"
    THIS_CITY = "this_city", "本市其他县区", "Another county of the city"
    THIS_PROVINCE = "this_province", "本省其他地市", "Another city of the province"
    OTHER_PROVINCE = "other_province", "外省", "Another province"
    HK_MACAO_TAIWAN = "hk_macao_taiwan", "港澳台", "Hong Kong, Macao or Taiwan"
    FOREIGN = "foreign", "外籍", "Foreign"


class Occupation(Word):
    """Population classes of the national report card."""

    NURSERY_CHILD = "nursery_child", "幼托儿童", "Child in nursery"
    CHILD_AT_HOME = "child_at_home", "散居儿童", "Child at home"
    STUDENT = "student", "学生", "Student"
    TEACHER = "teacher", "教师", "Teacher"
    CARER = "carer", "保育员及保姆", "Nursery nurse or nanny"
    CATERING = "catering", "餐饮食品业", "Catering and food"
    COMMERCE = "commerce", "商业服务", "Commerce and services"
    MEDICAL = "medical", "医务人员", "Medical staff"
    WORKER = "worker", "工人", "Worker"
    MIGRANT_WORKER = "migrant_worker", "民工", "Migrant worker"
    FARMER = "farmer", "农民", "Farmer"
    HERDER = "herder", "牧民", "Herder"
    FISHER = "fisher", "渔（船）民", "Fisher or boat dweller"
    OFFICE = "office", "干部职员", "Cadre or office staff"
    RETIRED = "retired", "离退人员", "Retired"
    AT_HOME = "at_home", "家务及待业", "At home or out of work"
    OTHER = "other", "其他", "Other"
    UNKNOWN = "unknown", "不详", "Unknown"


class Role(Word):
    """The kinds of account."""

    ADMINISTRATOR = "administrator", "系统管理员", "Administrator"
    COMMANDER = "commander", "指挥员", "Commander"
    INVESTIGATOR = "investigator", "流调员", "Investigator"
    TOWNSHIP_OFFICER = "township_officer", "乡镇干部", "Township officer"
    GRID_WORKER = "grid_worker", "网格员", "Grid worker"
    AUDITOR = "auditor", "审计员", "Auditor"
