import datetime as dt

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from lianfang.kernel.vocabulary import Sex
from lianfang.registry.core.identity import disagreements, doubtful_ids, id_problem, identity_of, normal_id


def number_of(born: dt.date, order: int, area: str = "330999") -> str:
    body = f"{area}{born:%Y%m%d}{order:03d}"
    return body + ric.calc_check_digit(body + "0")


born = st.dates(dt.date(1900, 1, 1), dt.date(2022, 12, 31))
order = st.integers(0, 999)


def test_a_number_published_as_an_example_is_right():
    assert ric.is_valid("360426199101010071")
    assert id_problem("360426199101010071") is None
    assert identity_of("360426199101010071").birth_date == dt.date(1991, 1, 1)
    assert identity_of("360426199101010071").sex is Sex.MALE


@given(born, order)
def test_birth_and_sex_come_back_out_of_a_number(day, sequence):
    number = number_of(day, sequence)
    assert id_problem(number) is None
    said = identity_of(number)
    assert said.birth_date == day
    assert said.sex == (Sex.MALE if sequence % 2 else Sex.FEMALE)
    assert disagreements(number, birth_date=day, sex=said.sex.value) == {}


@given(born, order, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(day, sequence, place, shift):
    number = number_of(day, sequence)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert id_problem(wrong) is not None


@given(born, order, st.integers(0, 15))
def test_two_neighbours_exchanged_are_always_noticed(day, sequence, place):
    number = number_of(day, sequence)
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (id_problem(wrong) is None) == (number[place] == number[place + 1])


@given(
    st.lists(st.one_of(st.none(), st.text("0123456789X", max_size=19), st.builds(number_of, born, order)), max_size=30)
)
def test_the_column_and_the_single_check_agree(numbers):
    doubtful = doubtful_ids(pl.Series("id_number", numbers, dtype=pl.String)).to_list()
    assert doubtful == [bool(n) and id_problem(n) is not None for n in numbers]


def test_what_is_wrong_is_said_in_both_languages():
    number = number_of(dt.date(1990, 3, 7), 123)
    for wrong, zh, en in [
        (number[:-1], "18 位", "18 characters"),
        ("A" + number[1:], "前 17 位", "first 17"),
        (number[:-1] + ("0" if number[-1] != "0" else "1"), "校验位", "check digit"),
    ]:
        assert zh in id_problem(wrong).zh
        assert en in id_problem(wrong).en
    body = "33099919900230123"
    assert "不存在" in id_problem(body + ric.calc_check_digit(body + "0")).zh


def test_other_documents_are_held_to_form_only():
    assert id_problem("E12345678", "passport") is None
    assert id_problem("H12345678", "hk_macao") is None
    assert id_problem("12", "passport") is not None
    assert id_problem("护照", "other") is not None


def test_disagreements_name_the_field_and_what_the_number_says():
    number = number_of(dt.date(1990, 3, 7), 123)
    found = disagreements(number, birth_date=dt.date(1990, 3, 8), sex="female")
    assert set(found) == {"birth_date", "sex"}
    assert "1990-03-07" in found["birth_date"].zh
    assert "male" in found["sex"].en
    assert disagreements(number, birth_date=None, sex="unknown") == {}


def test_a_number_is_stored_in_one_form():
    assert normal_id(" 330999 19900307-123x ") == "33099919900307123X"
    assert normal_id("33099919900307123x") == "33099919900307123X"
    assert normal_id(None) == ""


def test_the_example_worked_by_hand_in_the_docs():
    digits, weights = [int(d) for d in "33099919900307123"], [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    products = [d * w for d, w in zip(digits, weights, strict=True)]
    assert products == [21, 27, 0, 45, 72, 36, 2, 9, 54, 0, 0, 27, 0, 35, 8, 8, 6]
    assert (sum(products), sum(products) % 11, "10X98765432"[sum(products) % 11]) == (350, 9, "3")
    assert id_problem("330999199003071233") is None
    assert identity_of("330999199003071233").sex is Sex.MALE
