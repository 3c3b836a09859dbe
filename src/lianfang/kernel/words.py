"""Words of choices as people write them: codes, labels of both languages and what else is usual, read in one place.

Lists, forms and facts read a choice by `spellings`. A word that it does not hold is refused, or said to be undecided;
it is never taken for "no".
"""

import unicodedata
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from lianfang.kernel.vocabulary import (
    CaseSource,
    Category,
    Classification,
    OriginRisk,
    Severity,
    Sex,
    SpecialNeed,
    TestResult,
    Word,
    YesNo,
)

MISSING_IDS = ("na", "n/a", "null", "none", "nan", "<na>")
"""What programs write into an identifier where there is none (compared in lower case)."""

MISSING = (*MISSING_IDS, "nat", "-", "--", "—", "——", "/", "无", "不详", "未知", "暂无", "unknown")
"""What programs and people write into a time, number or choice where there is none."""

NOTHING = (*MISSING, "否", "不是", "没有", "正常", "no", "0", "false")
"""What stands in a cell of several words where there is none of them; in lower case."""

SYNONYMS: dict[type[Word], dict[Word, str]] = {
    SpecialNeed: {
        SpecialNeed.CHILD: "婴幼儿 婴儿 幼儿 小孩 孩子 儿童(14岁以下) 14岁以下 14周岁以下 14岁及以下 14周岁及以下 "
        "14岁以下儿童 14岁及以下儿童 14周岁及以下儿童 children infant toddler kid",
        SpecialNeed.PREGNANT: "孕妇 产妇 孕产妇女 怀孕 妊娠 孕期 哺乳期 哺乳期妇女 pregnancy maternity",
        SpecialNeed.ILLNESS: "基础病 有基础病 有基础疾病 基础疾病患者 基础病患者 严重基础疾病 严重基础病 慢性病 "
        "慢病 慢性病患者 慢性基础疾病 慢性基础病 ill illnesses disease chronic comorbidity",
        SpecialNeed.DEPENDENT: "失能 半失能 失能人员 半失能人员 失能老人 半失能老人 失能半失能 失能/半失能 半自理 "
        "无自理能力 半自理能力 不能自理 生活不能自理 生活无法自理 disabled semi-dependent",
        SpecialNeed.CARE: "陪护 需要陪护 需护理 需要护理 需照护 需要照护 需照顾 需要照顾 需照料 需要照料",
        SpecialNeed.ELDERLY: "老人 老年 高龄 高龄老人 高龄老年人 aged old senior",
    },
    OriginRisk: {
        OriginRisk.HIGH: "高 高风险区 高风险地区",
        OriginRisk.MEDIUM: "中 中风险区 中风险地区 middle",
        OriginRisk.LOW: "低 低风险区 低风险地区",
    },
    Severity: {
        Severity.ASYMPTOMATIC: "无症状感染者",
        Severity.MILD: "轻 轻症 轻度",
        Severity.MODERATE: "普通 中型 中症 中度 ordinary",
        Severity.SEVERE: "重 重症 重度",
        Severity.CRITICAL: "危重 危重症",
    },
    YesNo: {
        YesNo.YES: "y true t 1 有 对 有症状",
        YesNo.NO: "n false f 0 无 不是 没有 无症状",
    },
    Classification: {
        Classification.SUSPECTED: "疑似",
        Classification.CONFIRMED: "确诊",
        Classification.ASYMPTOMATIC: "无症状 无症状感染",
        Classification.EXCLUDED: "排除 排除病例 已排除病例",
    },
    Category: {
        Category.CASE: "确诊病例 感染者 阳性感染者",
        Category.CLOSE_CONTACT: "密接 密切接触",
        Category.SECONDARY_CONTACT: "次密接 次密 密接的密切接触者",
        Category.GENERAL_CONTACT: "一般接触",
        Category.ARRIVAL: "来返人员 来(返)人员 外来人员 返乡人员",
        Category.INBOUND: "入境 境外来返人员",
    },
    TestResult: {TestResult.POSITIVE: "+ 阳 阳性(+)", TestResult.NEGATIVE: "- 阴 阴性(-)"},
    CaseSource: {CaseSource.CONTACT_TESTING: "密接筛查（管控中发现）"},
    Sex: {Sex.MALE: "m 男性", Sex.FEMALE: "f 女性"},
}
"""What else than code and label means a word; each code its own list, parted by spaces."""


def tidied(text: str) -> str:
    """Return a word in the form in which `spellings` has it: NFKC, small letters, no space around or doubled."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


@cache
def spellings(words: type[Word]) -> MappingProxyType[str, str]:
    """Return the code that each spelling of a vocabulary means.

    Parameters
    ----------
    words : type of Word
        Its codes, the labels of both languages, and `SYNONYMS`.

    Returns
    -------
    mapping of str to str
        Keys as `tidied` gives them.
    """
    found: dict[str, str] = {}
    for word, others in SYNONYMS.get(words, {}).items():
        found |= dict.fromkeys(map(tidied, others.split()), word.value)
    for word in words:
        found[tidied(word.label.zh)] = found[tidied(word.label.en)] = found[word.value] = word.value
    return MappingProxyType(found)


def plain(text: pl.Expr) -> pl.Expr:
    """Return text in the form of `tidied`; null where nothing is left."""
    clean = text.cast(pl.String).str.normalize("NFKC").str.to_lowercase().str.strip_chars().str.replace_all(r"\s+", " ")
    return pl.when(clean != "").then(clean)


def one_word(text: pl.Expr, words: type[Word]) -> pl.Expr:
    """Return the code of a word; null where the cell is empty or the word is not known."""
    return plain(text).replace_strict(dict(spellings(words)), default=None, return_dtype=pl.String)


class OneTest(NamedTuple):
    """What one test of a list says: the day of its sample and its result, null where they cannot be read."""

    on: pl.Expr
    positive: pl.Expr


_TEST = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t ]\s*\d{1,2}:\d{2}(?::\d{2})?)?\s*[:=]\s*(.+)$"


def one_test(entry: pl.Expr) -> OneTest:
    """Read one test as people write it: ``2021-08-06:neg``, ``2021/8/6 9:30：阴性``."""
    parts = plain(entry).str.extract_groups(_TEST)
    day = pl.format("{}-{}-{}", parts.struct[0], parts.struct[1].str.zfill(2), parts.struct[2].str.zfill(2))
    result = one_word(parts.struct[3], TestResult)
    return OneTest(day.str.to_date("%Y-%m-%d", strict=False), result == TestResult.POSITIVE.value)


def has_positive(tests: pl.Expr) -> pl.Expr:
    """Tell whether a list of tests (``2021-08-06:neg;2021-08-09:pos``) has a positive one; False where it is empty."""
    return plain(tests).str.split(";").list.eval(one_test(pl.element()).positive).list.any().fill_null(False)


class Several(NamedTuple):
    """What a cell of several words says.

    Attributes
    ----------
    codes : pl.Expr
        List of the codes, each once, in the order of the cell; null where there is none.
    unknown : pl.Expr
        List of the words that are in no vocabulary; null where there is none.
    """

    codes: pl.Expr
    unknown: pl.Expr


def several_words(text: pl.Expr, words: type[Word]) -> Several:
    """Read words joined by ``;`` (or ``、 , / |``), in either language and any case.

    A whole cell may itself be a label that holds such a mark.
    """
    known = dict(spellings(words))
    whole, cell = one_word(text, words), plain(text)
    parts = cell.str.replace_all(r"[;、,/|]", ";").str.split(";").list.eval(pl.element().str.strip_chars())
    parts = parts.list.eval(pl.element().filter((pl.element() != "") & ~pl.element().is_in(list(NOTHING))))
    codes = parts.list.eval(
        pl.element().replace_strict(known, default=None, return_dtype=pl.String).drop_nulls()
    ).list.unique(maintain_order=True)
    unknown = parts.list.eval(pl.element().filter(~pl.element().is_in(list(known))))
    told = pl.when(whole.is_not_null()).then(pl.concat_list(whole)).otherwise(codes)
    left = pl.when(whole.is_null() & ~cell.is_in(list(NOTHING))).then(unknown)
    return Several(pl.when(told.list.len() > 0).then(told), pl.when(left.list.len() > 0).then(left))
