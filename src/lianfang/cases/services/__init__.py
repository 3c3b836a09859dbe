"""The door to changing cases: report, change, classify, isolate, load."""

from lianfang.cases.services.change import Overtaken, change_case, classify_case, isolate_case, marks_of
from lianfang.cases.services.facts import CardRefused
from lianfang.cases.services.load import load_cases
from lianfang.cases.services.one_each import need_one_case_each
from lianfang.cases.services.report import Reported, report_case

__all__ = [
    "CardRefused",
    "Overtaken",
    "Reported",
    "change_case",
    "classify_case",
    "isolate_case",
    "load_cases",
    "marks_of",
    "need_one_case_each",
    "report_case",
]
