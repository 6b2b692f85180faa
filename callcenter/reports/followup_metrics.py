"""Figures of the callback of handled tickets: definition, what counts, what is left out. Pure."""

from collections.abc import Callable

from callcenter.followups.lifecycle import FollowUpStatus, Satisfaction, Solved
from callcenter.reports.call_metrics import SECOND
from callcenter.reports.followup_facts import FollowUpFact
from callcenter.reports.rate import About, Rate

NOT_DRAWN = "抽样未抽中"
EARLIER_ONE = "同一工单较早的回访"
NOT_CALLED = "工单转出，取消回访"
NOT_REACHED = "未联系上"
DECLINED = "拒绝评价"
NOT_RATED = "未评价"
NOT_ASKED = "未问到"
APPROVED = "经审批剔除"
SAMPLE = "只计本期结束的回访，样本按抽样方案产生，同一工单以最后一次为准"


def _followup(
    code: str,
    name: str,
    definition: str,
    counts: Callable[[FollowUpFact], bool],
    excluded: Callable[[FollowUpFact], str | None],
    *,
    basis: str = "",
) -> Rate[FollowUpFact]:
    said = f"{definition}；{SAMPLE}"
    return Rate(code, name, said, lambda fact: fact.number, counts, excluded, About.TICKET, basis, SECOND)


def _not_called_back(fact: FollowUpFact) -> str | None:
    if not fact.is_drawn:
        return NOT_DRAWN
    if not fact.is_latest:
        return EARLIER_ONE
    return NOT_CALLED if fact.status is FollowUpStatus.CANCELLED else None


def _said_nothing(fact: FollowUpFact) -> str | None:
    if why := _not_called_back(fact):
        return why
    if fact.status is FollowUpStatus.UNREACHED:
        return NOT_REACHED
    return DECLINED if fact.status is FollowUpStatus.DECLINED else None


def _not_against_the_unit(fact: FollowUpFact) -> str | None:
    return _said_nothing(fact) or (f"{APPROVED}：{fact.excluded_for}" if fact.excluded_for else None)


FOLLOWUP_RATES: tuple[Rate[FollowUpFact], ...] = (
    _followup(
        "followup_reached",
        "回访联系成功率",
        "联系上来电人的回访（含拒绝评价）÷ 应回访的工单",
        lambda fact: fact.status in (FollowUpStatus.DONE, FollowUpStatus.DECLINED),
        _not_called_back,
    ),
    _followup(
        "followup_responded",
        "响应率",
        "来电人说承办单位联系过自己的 ÷ 问到是否联系的回访",
        lambda fact: bool(fact.contacted),
        lambda fact: _said_nothing(fact) or (NOT_ASKED if fact.contacted is None else None),
    ),
    _followup(
        "followup_solved",
        "解决率（回访）",
        "来电人说已解决的 ÷ 对是否解决作出评价的回访，部分解决不算已解决",
        lambda fact: fact.solved is Solved.SOLVED,
        lambda fact: _not_against_the_unit(fact) or (NOT_RATED if fact.solved is Solved.UNRATED else None),
    ),
    _followup(
        "followup_unit_satisfied",
        "满意率（对承办单位，回访）",
        "对承办单位满意或基本满意的 ÷ 对承办单位作出评价的回访",
        lambda fact: fact.unit_satisfaction.is_favourable,
        lambda fact: (
            _not_against_the_unit(fact) or (NOT_RATED if fact.unit_satisfaction is Satisfaction.UNRATED else None)
        ),
        basis="平湖2021年公布值97.76%（对责任单位）",
    ),
    _followup(
        "followup_hotline_satisfied",
        "满意率（对热线，回访）",
        "对热线满意或基本满意的 ÷ 对热线作出评价的回访",
        lambda fact: fact.hotline_satisfaction.is_favourable,
        lambda fact: _said_nothing(fact) or (NOT_RATED if fact.hotline_satisfaction is Satisfaction.UNRATED else None),
        basis="平湖2021年公布值98.51%（对信访部门）",
    ),
)
