"""Words as people write them mean the code of the vocabulary, or nothing at all: never "no" in silence."""

import polars as pl
import pytest

from lianfang.kernel.vocabulary import Category, Classification, OriginRisk, Severity, SpecialNeed, Word, YesNo
from lianfang.kernel.words import SYNONYMS, has_positive, one_test, one_word, several_words, spellings, tidied


@pytest.mark.parametrize(
    ("words", "written", "code"),
    [
        (SpecialNeed, "儿童", "child"),
        (SpecialNeed, " Child", "child"),
        (SpecialNeed, "14岁以下", "child"),
        (SpecialNeed, "孕妇", "pregnant"),
        (SpecialNeed, "基础病", "illness"),
        (SpecialNeed, "半失能", "dependent"),
        (SpecialNeed, "老年人", "elderly"),
        (SpecialNeed, "tall", None),
        (OriginRisk, "高", "high"),
        (OriginRisk, "ＨＩＧＨ　risk", "high"),
        (OriginRisk, "中风险地区", "medium"),
        (Severity, "轻症", "mild"),
        (Severity, "无症状", "asymptomatic"),
        (Classification, "排除病例", "excluded"),
        (YesNo, "有", "yes"),
        (YesNo, "N", "no"),
        (YesNo, "", None),
        (Category, "次密接", "secondary_contact"),
        (Category, "来（返）人员", "arrival"),
    ],
)
def test_one_word(words: type[Word], written: str, code: str | None) -> None:
    read = pl.DataFrame({"v": [written]}).select(one_word(pl.col("v"), words)).item()
    assert read == code


@pytest.mark.parametrize(
    ("written", "codes", "unknown"),
    [
        ("child;pregnant", ["child", "pregnant"], None),
        ("孕产妇；老年人", ["pregnant", "elderly"], None),
        ("失能、半失能", ["dependent"], None),
        ("儿童,Child,child", ["child"], None),
        ("tall;儿童", ["child"], ["tall"]),
        ("无", None, None),
        ("No", None, None),
        ("N/A", None, None),
        ("未成年人", None, ["未成年人"]),
        (None, None, None),
    ],
)
def test_several_words(written: str | None, codes: list[str] | None, unknown: list[str] | None) -> None:
    several = several_words(pl.col("v"), SpecialNeed)
    read = pl.DataFrame({"v": [written]}, schema={"v": pl.String}).select(c=several.codes, u=several.unknown)
    assert read.row(0) == (codes, unknown)


@pytest.mark.parametrize(
    ("written", "on", "positive"),
    [
        ("2022-08-04:neg", "2022-08-04", False),
        ("2022/8/4 9:30：阳性", "2022-08-04", True),
        ("2022年8月4日=+", "2022-08-04", True),
        ("2022-08-04:maybe", "2022-08-04", None),
        ("2022-02-30:neg", None, False),
        ("neg", None, None),
    ],
)
def test_one_test(written: str, on: str | None, positive: bool | None) -> None:
    test = one_test(pl.col("v"))
    read = pl.DataFrame({"v": [written]}).select(test.on.cast(pl.String).alias("on"), positive=test.positive).row(0)
    assert read == (on, positive)
    assert pl.DataFrame({"v": [f"2022-08-01:neg; {written}"]}).select(has_positive(pl.col("v"))).item() is bool(
        positive
    )


def test_no_spelling_means_two_things() -> None:
    for words, told in SYNONYMS.items():
        said = [tidied(one) for others in told.values() for one in others.split()]
        assert len(said) == len(set(said)), words
        own = {tidied(text): word.value for word in words for text in (*word.label, word.value)}
        assert all(own.get(spelling, code) == code for spelling, code in spellings(words).items())
