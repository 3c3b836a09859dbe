import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from lianfang.kernel.phones import normal_phone, normal_phones, phone_problem
from lianfang.registry.core.pinyin import SURNAMES, pinyin_key, pinyin_keys

GIVEN_NAMES = st.text("伟芳娜敏静丽强磊军洋勇艳杰涛明超秀英华", min_size=1, max_size=2)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("欧阳晓", "|oyx|ouyangxiao|"),
        ("单田芳", "|dtf|dantianfang|stf|shantianfang|"),
        ("尉迟恭", "|wcg|weichigong|yuchigong|"),
        ("王 伟", "|ww|wangwei|"),
        ("John Smith", "|johnsmith|"),
        ("阿依古丽·买买提", "|ayglmmt|ayigulimaimaiti|"),
        ("", ""),
        (None, ""),
    ],
)
def test_keys(name, key):
    assert pinyin_key(name) == key


@given(st.lists(st.tuples(st.sampled_from("王李张刘陈杨赵黄周吴"), GIVEN_NAMES), max_size=20))
def test_a_column_equals_one_name_at_a_time(parts):
    names = [a + b for a, b in parts]
    expected = [
        f"|{''.join(s[0] for s in sounds)}|{''.join(sounds)}|"
        for sounds in ([lazy_pinyin(c)[0] for c in n] for n in names)
    ]
    assert pinyin_keys(pl.Series("name", names, dtype=pl.String)).to_list() == expected


def test_every_special_surname_is_found_by_its_own_reading():
    for surname, reading in SURNAMES.items():
        assert f"|{reading}wei|" in pinyin_key(surname + "伟")


def test_the_order_and_number_of_rows_stay():
    names = ["李娜", None, "王伟", "李娜", ""]
    assert pinyin_keys(pl.Series("n", names)).to_list() == ["|ln|lina|", "", "|ww|wangwei|", "|ln|lina|", ""]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+86 138-0000-1234", "13800001234"),
        ("0086 13800001234", "13800001234"),
        ("１３８００００１２３４", "13800001234"),
        ("(0571) 8765 4321", "057187654321"),
        ("8613800001234", "13800001234"),
        (None, ""),
        ("无", ""),
    ],
)
def test_phones_have_one_form(typed, stored):
    assert normal_phone(typed) == stored
    assert normal_phones(pl.Series([typed], dtype=pl.String)).to_list() == [stored]


@given(st.lists(st.text("0123456789+-() ８６转", max_size=20), max_size=20))
def test_the_column_of_phones_equals_one_at_a_time(typed):
    assert normal_phones(pl.Series("p", typed, dtype=pl.String)).to_list() == [normal_phone(t) for t in typed]


@pytest.mark.parametrize("number", ["13800001234", "12900001234", "057187654321", "87654321", "4915112345678"])
def test_phones_that_can_be_dialled(number):
    assert phone_problem(number) is None


@pytest.mark.parametrize("number", ["1380000123", "138000012345", "123", "0571", "1234567890123456", "", "1380000abcd"])
def test_phones_that_cannot_be_dialled(number):
    assert phone_problem(number) is not None
