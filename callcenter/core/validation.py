"""What is wrong with a request, field by field, in Chinese; pydantic knows it, in English."""

from collections.abc import Mapping, Sequence
from typing import Any

_PROBLEMS = {
    "missing": "没有填",
    "extra_forbidden": "不是这里的内容，请去掉",
    "string_too_short": "太短，至少{min_length}个字",
    "string_too_long": "太长，最多{max_length}个字",
    "string_pattern_mismatch": "格式不对",
    "too_short": "至少要有{min_length}项",
    "too_long": "最多{max_length}项",
    "greater_than": "应大于{gt}",
    "greater_than_equal": "不能小于{ge}",
    "less_than": "应小于{lt}",
    "less_than_equal": "不能大于{le}",
    "enum": "只能是{expected}之一",
    "literal_error": "只能是{expected}之一",
    "int_parsing": "应是整数",
    "int_type": "应是整数",
    "int_from_float": "应是整数",
    "float_parsing": "应是数字",
    "bool_parsing": "应是真或假",
    "string_type": "应是文字",
    "timezone_aware": "时间缺少时区",
    "json_invalid": "不是完整的JSON",
}
_BY_KIND = {"date": "日期写法不对，应像 2026-09-30", "time": "时间写法不对，应像 2026-09-30T16:00+08:00"}
_WHERE = ("body", "query", "path", "header")


def problems(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """One entry a field: its name and what is wrong with it."""
    return [{"field": _field(error["loc"]), "problem": _problem(error)} for error in errors]


def sentence(found: Sequence[Mapping[str, str]]) -> str:
    """All of it in one sentence."""
    said = "；".join(f"{entry['field'] or '内容'} {entry['problem']}" for entry in found)
    return f"提交的内容有误：{said}。请改正后重试。"


def _field(loc: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in (loc[1:] if loc and loc[0] in _WHERE else loc))


def _problem(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if text := _PROBLEMS.get(kind):
        return text.format(**context)
    for part, text in _BY_KIND.items():
        if part in kind:
            return text
    reason = context.get("error")
    # Our own checks already speak Chinese.
    return str(reason) if reason is not None and not str(reason).isascii() else "填写不对"
