"""Words in two languages."""

import pytest

from lianfang.kernel.text import Text, language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LIANFANG_LANG": "en"}, "en"),
    ],
)
def test_the_language_of_the_command_line(environment, language):
    assert language_of(environment) == language


def test_gaps_are_filled_in_both_languages():
    told = Text("{what} {n} 例", "{n} {what}").format(n=2, what=Text("病例", "cases"))
    assert told == Text("病例 2 例", "2 cases")
