"""A rule's condition as a sentence for people. Every part of it is said: two that differ never read the same. Pure."""

from collections.abc import Mapping
from typing import Any

from callcenter.routing.city import PLACE_KINDS
from callcenter.routing.rules import Condition, Range

_LISTS = {
    "topic": "主题 {}",
    "not_topic": "主题不是 {}",
    "kind": "诉求类型 {}",
    "typical_kind": "主题的通常类型 {}",
    "urgency": "紧急程度 {}",
    "outcome": "处理方式 {}",
    "any": "出现 {} 之一",
    "all": "出现 {} 的每一个",
    "none": "不出现 {}",
    "asserted": "出现 {} 之一（不是否定、假设、过去或演练）",
    "sounds_like": "像是正在发生 {}",
    "plainly": "分明就是 {}",
    "flags": "有标记 {} 的每一个",
    "any_flag": "有标记 {} 之一",
    "no_flag": "没有标记 {}",
    "place": "地点说得 {}",
    "place_kind": "地点 {}",
    "town": "镇街道 {}",
    "months": "月份 {}",
    "line": "接入号码 {}",
}
_ONE = {"all": "出现 {}", "any": "出现 {}", "flags": "有标记 {}", "any_flag": "有标记 {}"}
"""How the same is said of a single word."""
_RANGES = {
    "parts": "互不相干的事 {} 件",
    "people": "涉及人数 {}",
    "amount": "涉及金额 {} 元",
    "repeat_calls": "重复来电 {} 次",
}
_EITHER = {
    "onsite": ("现场事项", "不是现场事项"),
    "town_known": ("知道在哪个镇街道", "不知道在哪个镇街道"),
    "outside": ("只说到外地地名", "不是只说到外地地名"),
}
_WRITTEN = {"hours": "时间 {}", "cel": "满足 {}"}
SAID = (*_LISTS, *_RANGES, *_EITHER, *_WRITTEN)
"""The order in which the parts are said."""
_CLEAR = {"exact": "准确", "partial": "不全", "vague": "含糊", "none": "没有"}


def in_words(condition: Condition, *, outcomes: Mapping[str, str]) -> str:
    """All that must hold, as in `主题 城市管理-路灯，出现 大道、马路 之一`; `outcomes` are names by code."""
    given = condition.model_dump(exclude_defaults=True)
    names = {"outcome": outcomes, "place": _CLEAR, "place_kind": PLACE_KINDS}
    said = [_part(name, getattr(condition, name), names.get(name, {})) for name in SAID if name in given]
    return "，".join(said) or "任何情形"


def _part(name: str, value: Any, names: Mapping[str, str]) -> str:
    if name in _LISTS:
        pattern = _ONE.get(name, _LISTS[name]) if len(value) == 1 else _LISTS[name]
        return pattern.format("、".join(names.get(one, str(one)) for one in value))
    if name in _RANGES:
        return _RANGES[name].format(_span(value))
    return _EITHER[name][not value] if name in _EITHER else _WRITTEN[name].format(value)


def _span(span: Range) -> str:
    least = "" if span.min is None else f"至少 {_number(span.min)}"
    most = "" if span.max is None else f"至多 {_number(span.max)}"
    return "、".join(filter(None, (least, most)))


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else str(value)
