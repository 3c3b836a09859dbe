"""The closed lists of words that files, pages, playbooks and code share, each with its label in both languages.

A value that depends on a disease or on a policy never stands here: those are playbook data.
"""

from enum import StrEnum

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


class Category(Word):
    """Why a person is in the response; what the playbook's measures are keyed by."""

    CASE = "case", "病例", "Case"
    CLOSE_CONTACT = "close_contact", "密切接触者", "Close contact"
    SECONDARY_CONTACT = "secondary_contact", "密接的密接", "Secondary contact"
    GENERAL_CONTACT = "general_contact", "一般接触者", "General contact"
    ARRIVAL = "arrival", "来(返)人员", "Arrival"
    INBOUND = "inbound", "入境人员", "Inbound traveller"


class Classification(Word):
    """How sure the diagnosis is."""

    SUSPECTED = "suspected", "疑似病例", "Suspected case"
    CONFIRMED = "confirmed", "确诊病例", "Confirmed case"
    ASYMPTOMATIC = "asymptomatic", "无症状感染者", "Asymptomatic infection"
    EXCLUDED = "excluded", "已排除", "Excluded"


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

    INTERVIEW = "interview", "流调询问", "Interview"
    CO_PRESENCE = "co-presence", "共同在场", "Co-presence"
    BOTH = "both", "两者", "Both"


class Decision(Word):
    """Where a proposal stands: the system proposes, people decide."""

    PROPOSED = "proposed", "待定", "Proposed"
    ACCEPTED = "accepted", "已采纳", "Accepted"
    REFUSED = "refused", "不采纳", "Refused"


class AreaLevel(Word):
    """Levels of the jurisdiction tree, widest first."""

    CITY = "city", "市", "City"
    COUNTY = "county", "县(区)", "County"
    TOWNSHIP = "township", "乡镇(街道)", "Township"
    COMMUNITY = "community", "社区(村)", "Community"
    GRID = "grid", "网格", "Grid"


class Sex(Word):
    """As on the report card."""

    MALE = "male", "男", "Male"
    FEMALE = "female", "女", "Female"
    UNKNOWN = "unknown", "不详", "Unknown"
