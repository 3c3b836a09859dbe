"""Identity numbers: whether they can be right, and what they say about birth and sex.

The check digit, birth date and sex of a resident identity number follow GB 11643-1999 (``stdnum.cn.ric``). Its area
code is *not* looked up in a list: areas are renamed and abolished, lists lag, and a drill uses an area that never was.
Other documents have no check digit that all issuers share; they are held to form only.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from lianfang.kernel.text import Text
from lianfang.kernel.vocabulary import IdType, Sex

_FORMS: dict[IdType, tuple[str, Text]] = {
    IdType.PASSPORT: (r"[A-Z0-9]{5,12}", Text("5 至 12 位字母或数字", "5 to 12 letters or digits")),
    IdType.HK_MACAO: (r"[HM]\d{8}(\d{2})?|8[123]0000\d{12}[0-9X]?", Text("H 或 M 加 8 位数字", "H or M and 8 digits")),
    IdType.TAIWAN: (r"\d{8}(\d{2})?|830000\d{11}[0-9X]", Text("8 位数字", "8 digits")),
    IdType.FOREIGN_RESIDENCE: (r"[A-Z]{3}\d{12}|9\d{16}[0-9X]", Text("15 或 18 位", "15 or 18 characters")),
    IdType.OTHER: (r"[A-Z0-9/()-]{3,40}", Text("3 至 40 位字母或数字", "3 to 40 letters or digits")),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Identity:
    """What a resident identity number says about its holder."""

    birth_date: dt.date
    sex: Sex


def normal_id(number: str | None) -> str:
    """Return an identity number in its stored form: NFKC, no spaces or dashes, upper case."""
    return re.sub(r"[\s·-]", "", unicodedata.normalize("NFKC", number or "")).upper()


def identity_of(number: str) -> Identity | None:
    """Return birth date and sex of a resident identity number; None when the number cannot be right."""
    return read_identity(number) if id_problem(number) is None else None


def read_identity(number: str) -> Identity:
    """Return birth date and sex of a number that `id_problem` found to be right."""
    from stdnum.cn import ric

    return Identity(ric.get_birth_date(number), Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def id_problem(number: str, kind: str = IdType.RESIDENT.value) -> Text | None:
    """Say why an identity number cannot be right.

    Parameters
    ----------
    number : str
        In its stored form (`normal_id`).
    kind : str
        A code of `IdType`.

    Returns
    -------
    Text or None
        What is wrong and what to do; None when nothing is.
    """
    form = _FORMS.get(IdType.of(kind))
    if form is not None:
        if re.fullmatch(form[0], number):
            return None
        return Text(
            "证件号码格式不符：应为{zh_form}，请核对证件类型和号码",
            "This is not such a number: {en_form} are expected; check the kind of document and the number",
        ).format(zh_form=form[1].zh, en_form=form[1].en)
    from stdnum.cn import ric

    if len(number) != 18:
        return Text(
            "身份证号码应为 18 位，现为 {n} 位；一代证请换算为 18 位",
            "An identity number has 18 characters, this one has {n}; write a 15-digit one in its 18-digit form",
        ).format(n=len(number))
    if not re.fullmatch(r"\d{17}[\dX]", number, flags=re.ASCII):
        return Text(
            "身份证号码前 17 位应为数字，末位为数字或 X", "The first 17 characters are digits, the last a digit or X"
        )
    if number[-1] != ric.calc_check_digit(number):
        return Text(
            "身份证号码校验位不符，请逐位核对", "The check digit does not fit: compare the number digit by digit"
        )
    try:
        ric.get_birth_date(number)
    except ValueError:
        return Text("身份证号码中的出生日期不存在，请核对", "The birth date inside the number does not exist: check it")
    return None


def disagreements(number: str, *, birth_date: dt.date | None, sex: str | None) -> dict[str, Text]:
    """Compare birth date and sex with what a right resident number says.

    Returns
    -------
    dict of str to Text
        By field (``birth_date``, ``sex``): what is wrong and what to do.
    """
    said = read_identity(number)
    found: dict[str, Text] = {}
    if birth_date is not None and birth_date != said.birth_date:
        found["birth_date"] = Text(
            "出生日期与身份证号码不一致（号码为 {date}），请核对",
            "Differs from the identity number ({date}): check both",
        ).format(date=said.birth_date.isoformat())
    if sex in (Sex.MALE, Sex.FEMALE) and sex != said.sex:
        found["sex"] = Text(
            "性别与身份证号码不一致（号码为{zh_sex}），请核对",
            "Differs from the identity number ({en_sex}): check both",
        ).format(zh_sex=said.sex.label.zh, en_sex=said.sex.label.en.lower())
    return found


OLDEST_YEARS = 130


def birth_problem(born: dt.date, *, today: dt.date) -> Text | None:
    """Say why nobody alive can have been born on a day; None when nothing is wrong."""
    if born > today:
        return Text("出生日期不能晚于今天", "the birth date lies in the future")
    if today.year - born.year > OLDEST_YEARS:
        return Text(f"年龄超过 {OLDEST_YEARS} 岁，请核对", f"this is over {OLDEST_YEARS} years ago: check the year")
    return None


def doubtful_ids(numbers: pl.Series) -> pl.Series:
    """Tell for a whole column which resident numbers cannot be right: the columnar twin of `id_problem`.

    Parameters
    ----------
    numbers : Series of String
        In stored form; empty values are not doubtful.

    Returns
    -------
    Series of Boolean
        True where length, digits, check digit or birth date cannot be right. O(rows).
    """
    number = pl.col("number")
    well_formed = number.str.contains(r"^[0-9]{17}[0-9X]$")
    digits = [number.str.slice(i, 1).cast(pl.Int32, strict=False) * weight for i, weight in enumerate(_WEIGHTS)]
    rest = pl.sum_horizontal(digits) % 11
    expected = rest.replace_strict(list(range(11)), list("10X98765432"), return_dtype=pl.String)
    birth = number.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    right = well_formed & (number.str.slice(17, 1) == expected) & birth.is_not_null()
    frame = pl.DataFrame({"number": numbers}, schema={"number": pl.String})
    empty = number.is_null() | (number == "")
    return frame.select((~right.fill_null(value=False) & ~empty).alias("doubtful"))["doubtful"]
