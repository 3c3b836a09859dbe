"""What the model found wrong, in a sentence for whoever writes playbooks."""

from typing import Any

from pydantic import BaseModel

from lianfang.kernel.text import Text
from lianfang.playbook.model import Evidence

_GK = Text(
    "证据等级 GK（凭常识、未核实）的值不得载入；请找到来源并改写等级，或删去这条规则",
    "a value of evidence GK (general knowledge, unverified) is not loaded; find its source, or remove the rule",
)
_SENTENCES: dict[str, Text] = {
    "missing": Text("缺少“{field}”；请补上", '"{field}" is missing; add it'),
    "extra_forbidden": Text(
        "不认识“{field}”；请检查拼写或删去", '"{field}" is not known here; check the spelling or remove it'
    ),
    "string_type": Text(
        "“{field}”应为文字；请写文字，yes、no 和数字请加引号",
        '"{field}" must be words; put yes, no and numbers in quotes',
    ),
    "int_type": Text("“{field}”应为整数", '"{field}" must be a whole number'),
    "int_from_float": Text("“{field}”应为整数", '"{field}" must be a whole number'),
    "float_type": Text("“{field}”应为数", '"{field}" must be a number'),
    "bool_type": Text("“{field}”应为 true 或 false", '"{field}" must be true or false'),
    "list_type": Text("“{field}”应为列表，如 [1, 4, 7]", '"{field}" must be a list, such as [1, 4, 7]'),
    "dict_type": Text("“{field}”应为“键: 值”的形式", '"{field}" must consist of `key: value`'),
    "model_type": Text("“{field}”应为“键: 值”的形式", '"{field}" must consist of `key: value`'),
    "model_attributes_type": Text("“{field}”应为“键: 值”的形式", '"{field}" must consist of `key: value`'),
    "date_type": Text("“{field}”应为日期，如 2021-05-14", '"{field}" must be a date such as 2021-05-14'),
    "date_parsing": Text("“{field}”应为日期，如 2021-05-14", '"{field}" must be a date such as 2021-05-14'),
    "date_from_datetime_parsing": Text(
        "“{field}”应为日期，如 2021-05-14", '"{field}" must be a date such as 2021-05-14'
    ),
    "date_from_datetime_inexact": Text(
        "“{field}”应为日期，如 2021-05-14", '"{field}" must be a date such as 2021-05-14'
    ),
    "too_short": Text("“{field}”至少要有一项", '"{field}" needs at least one entry'),
    "string_too_short": Text("“{field}”不能为空", '"{field}" must not be empty'),
    "literal_error": Text(
        "“{field}”不能是“{value}”；可用：{allowed}", '"{field}" cannot be "{value}"; it is one of {allowed}'
    ),
    "enum": Text("“{field}”不能是“{value}”；可用：{allowed}", '"{field}" cannot be "{value}"; it is one of {allowed}'),
    "string_pattern_mismatch": Text(
        "“{field}”的写法不对（“{value}”）；只用小写字母、数字，规则编号为 部分.名称（下划线），方案和来源编号用连字符",
        '"{field}" is not written as an id ("{value}"): small letters and digits; '
        "section.name with underscores for rules, hyphens for playbooks and sources",
    ),
    "greater_than": Text("“{field}”须大于 {limit}", '"{field}" must be above {limit}'),
    "greater_than_equal": Text("“{field}”不能小于 {limit}", '"{field}" must not be below {limit}'),
    "less_than_equal": Text("“{field}”不能大于 {limit}", '"{field}" must not be above {limit}'),
    "finite_number": Text("“{field}”应为有限的数", '"{field}" must be a finite number'),
}
_OTHER = Text("“{field}”的值不对；请对照其他方案改正", '"{field}" has a wrong value; compare it with another playbook')


def complaint(fault: dict[str, Any], kind: type[BaseModel]) -> Text:
    """Return the sentence for one error of pydantic.

    Parameters
    ----------
    fault : dict
        One entry of ``ValidationError.errors()``.
    kind : type
        The model that was read, `Playbook` or `Overlay`.

    Returns
    -------
    Text
        What is wrong and what to do; a fault that has no sentence of its own gets a general one.
    """
    loc = [step for step in fault["loc"] if step != "[key]"]
    names = [str(step) for step in loc if isinstance(step, str)]
    field = _short(names[-1]) if names else kind.__name__.lower()
    if names and names[-1] == "evidence" and fault.get("input") == "GK":
        return _GK
    context = fault.get("ctx") or {}
    limit = next((context[key] for key in ("gt", "ge", "lt", "le") if key in context), "")
    allowed = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
    if field == "evidence":
        allowed = ", ".join(Evidence.__args__)  # type: ignore[attr-defined]
    return _SENTENCES.get(fault["type"], _OTHER).format(
        field=field, value=_short(fault.get("input")), allowed=allowed, limit=limit
    )


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "…"
