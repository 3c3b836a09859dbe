"""Names, identity numbers and telephone numbers of people who do not exist.

The area code 330999 was never given to a county and no mobile number begins with 129, so nothing here can be anybody's.
Surnames and given characters are common ones, weighted roughly as they are heard; the pairing is by chance.
"""

import numpy as np
import polars as pl
from numpy.random import Generator

from lianfang.drill.core.chance import Array, Bools, Ints, pick, rank_within

AREA_CODE = "330999"
PHONE_PREFIX = "129"

_SURNAMES = (
    "王8 李8 张7 刘5 陈6 杨3 赵2 黄3 周3 吴3 徐2.5 孙1.8 胡1.6 朱1.6 高1.3 林2 何1.5 郭1.3 马1.2 "
    "罗1.2 梁1 宋1 郑1.3 谢1.1 韩0.8 "
    "唐0.9 冯0.8 于0.7 董0.7 萧0.3 程0.7 曹0.7 袁0.7 邓0.7 许1 傅0.4 沈0.9 曾0.6 彭0.6 吕0.6 苏0.5 "
    "卢0.5 蒋0.7 蔡0.8 贾0.4 丁0.6 "
    "魏0.5 薛0.4 叶0.8 阎0.2 余0.6 潘0.6 杜0.5 戴0.5 夏0.5 钟0.5 汪0.5 田0.4 任0.4 姜0.5 范0.5 方0.5 "
    "石0.4 姚0.5 谭0.4 廖0.3 邹0.3 "
    "熊0.3 金0.6 陆0.5 郝0.2 孔0.2 白0.3 崔0.3 康0.2 毛0.3 邱0.3 秦0.3 江0.3 史0.2 顾0.4 侯0.2 邵0.3 "
    "孟0.2 龙0.2 万0.3 段0.2 "
    "章0.3 钱0.4 汤0.3 尹0.2 黎0.2 易0.2 常0.2 武0.2 乔0.2 贺0.2 赖0.2 龚0.2 文0.2 欧阳0.1"
)
_MALE_OLD = (
    "建国 建华 国强 志明 德福 永康 文斌 卫东 金水 长根 海生 志刚 国平 忠良 水根 庆丰 宝林 新民 大伟 "
    "家兴 荣生 福来 立新 学军"
)
_FEMALE_OLD = (
    "秀英 桂兰 玉珍 凤英 淑芬 美娟 丽华 秀兰 春梅 月娥 爱珍 金花 玉兰 翠英 惠芳 素珍 彩凤 巧云 水仙 "
    "雪琴 亚萍 菊仙 腊梅 招娣"
)
_MALE = (
    "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆旭宁志亮峰浩然子轩宇航一鸣嘉铭晨泽睿博文俊杰家豪昊天思远天佑承恩"
)
_FEMALE = "芳娜敏静丽艳娟霞秀燕玲桂莉丹萍洁红梅琳晶倩雪颖婷慧欣雨佳怡思涵梓萱诗琪可馨语桐若曦雅静晓彤心悦书瑶清妍安然"

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array(list("10X98765432"))


def draw_surnames(chance: Generator, n: int) -> Array:
    """Draw `n` surnames."""
    words = [entry.rstrip("0123456789.") for entry in _SURNAMES.split()]
    weights = [float(entry.removeprefix(word)) for entry, word in zip(_SURNAMES.split(), words, strict=True)]
    return pick(chance, words, weights, n)


def draw_given_names(chance: Generator, *, male: Bools, born: Ints) -> Array:
    """Draw given names that fit sex and year of birth: set pairs before 1970, one or two characters after.

    Parameters
    ----------
    male : array of bool, shape (n,)
    born : array of int, shape (n,)
        Year of birth.

    Returns
    -------
    array of str, shape (n,)
    """
    n = len(male)
    given = np.empty(n, dtype=object)
    for is_male, old_names, characters in ((True, _MALE_OLD, _MALE), (False, _FEMALE_OLD, _FEMALE)):
        old_words = np.asarray(old_names.split(), dtype=object)
        letters = np.asarray(list(characters), dtype=object)
        old = old_words[chance.integers(len(old_words), size=n)]
        first, second = (letters[chance.integers(len(letters), size=n)] for _ in range(2))
        single = chance.random(n) < 0.25
        new = np.where(single, first, first + second)
        given = np.where(male == is_male, np.where(born < 1970, old, new), given)
    return given


def make_id_numbers(birth_dates: pl.Series, male: Bools) -> Array:
    """Give each person an 18-digit identity number of the made-up area, with the check digit of GB 11643-1999.

    Parameters
    ----------
    birth_dates : Series of Date, length n
    male : array of bool, shape (n,)
        The sequence number is odd for men, even for women.

    Returns
    -------
    array of str, shape (n,)
        Unique: those born on one day and of one sex are numbered through; more than 499 such people raise `ValueError`.
    """
    born = birth_dates.dt.strftime("%Y%m%d").to_numpy()
    rank = rank_within(birth_dates.cast(pl.Int32).to_numpy().astype(np.int64) * 2 + male)
    if len(rank) and int(rank.max()) > 498:
        raise ValueError("more than 499 people of one sex born on one day: the made-up area is full")
    sequence = rank * 2 + np.where(male, 1, 2)
    body = np.char.add(np.char.add(AREA_CODE, born.astype("U8")), np.char.zfill(sequence.astype("U3"), 3))
    digits = body.astype("U17").view("U1").reshape(-1, 17).astype(np.int64)
    return np.char.add(body, _CHECK[(digits @ _WEIGHTS) % 11]).astype(object)


def make_phones(chance: Generator, n: int) -> Array:
    """Give `n` different telephone numbers that cannot exist."""
    # An odd multiplier is a bijection on the numbers below 10^8 that looks like chance and cannot repeat.
    multiplier = int(chance.integers(10**6, 10**7)) * 10 + 1
    numbers = (np.arange(n, dtype=np.int64) * multiplier + int(chance.integers(10**8))) % 10**8
    return np.char.add(PHONE_PREFIX, np.char.zfill(numbers.astype("U8"), 8)).astype(object)
