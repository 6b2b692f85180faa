"""What the user says with an action, and which part of it each action needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from callcenter.core.errors import Invalid
from callcenter.tickets.lifecycle import ACTION_NAMES, TicketAction


class Party(StrEnum):
    """On whose account the clocks stand still."""

    CALLER = "caller"
    EXPERT = "expert"
    COURT = "court"
    NATURE = "nature"


PARTY_NAMES = {
    Party.CALLER: "等诉求人补充材料或配合",
    Party.EXPERT: "等检测、鉴定、评估结果",
    Party.COURT: "等司法、仲裁、复议结论",
    Party.NATURE: "天气等不可抗力",
}


class Relation(StrEnum):
    """How one ticket hangs together with another."""

    REPEAT = "repeat"
    RELATED = "related"
    SAME_CALLER = "same_caller"


RELATION_NAMES = {Relation.REPEAT: "重复反映", Relation.RELATED: "相关事项", Relation.SAME_CALLER: "同一诉求人"}


@dataclass(frozen=True)
class Milestone:
    """A step of a promised handling and the day it is promised for."""

    due_on: date
    text: str


@dataclass(frozen=True)
class Part:
    """One matter of several in a call, to become a ticket of its own."""

    title: str
    content: str
    topic: str
    kind: str = ""
    lead_unit_id: str | None = None
    """Empty kind or unit: as in the ticket it comes from; the unit may still be unknown."""


@dataclass(frozen=True)
class Order:
    """What the user says with an action; each action needs its own part of it (`NEEDS`)."""

    version: int
    reason: str = ""
    text: str = ""
    """Answer, result of a contact, first result, report, public reply, or result of the callback."""
    internal_note: str = ""
    lead_unit_id: str | None = None
    co_unit_ids: Sequence[str] | None = None
    number: str = ""
    """Number that was called."""
    contacted_at: datetime | None = None
    days: int = 0
    into: str = ""
    """Number of the ticket to merge into, or to link with."""
    relation: Relation | None = None
    waiver: str = ""
    """Why no callback is made."""
    ask_for: TicketAction | None = None
    """What the unit asks for, or what is refused."""
    party: Party | None = None
    until: date | None = None
    """The promised day, or the day of the next check of a parked ticket."""
    milestones: Sequence[Milestone] = ()
    milestone: int = 0
    """Which promised step is done, counted from 1."""
    assignee: str = ""
    """Who in the unit, or which office, handles it."""
    unit_id: str | None = None
    """The office below the lead unit that handles it."""
    parts: Sequence[Part] = ()


_A = TicketAction
_REASON = {"reason": "理由"}
NEEDS: dict[TicketAction, dict[str, str]] = {
    _A.ANSWER: {"text": "答复内容"},
    _A.ASSIGN: {"assignee": "经办人或经办部门"},
    _A.CO_REPORT: {"text": "协办情况"},
    _A.CONTACT: {"number": "联系号码", "contacted_at": "联系时间", "text": "联系情况"},
    _A.FIRST_RESULT: {"text": "首次处置结果"},
    _A.ASK: {"ask_for": "申请事项", **_REASON},
    _A.REFUSE: {"ask_for": "申请事项", **_REASON},
    _A.REPLY: {"text": "公开答复内容"},
    _A.REDISPATCH: {"lead_unit_id": "主办单位", **_REASON},
    _A.DESIGNATE: {"lead_unit_id": "主办单位", **_REASON},
    _A.EXTEND: {"days": "延长的天数", **_REASON},
    _A.PAUSE: {"party": "暂停的原因方", **_REASON},
    _A.COMMIT: {"until": "承诺办结日期", "milestones": "办理节点", **_REASON},
    _A.MILESTONE: {"milestone": "节点序号", "text": "完成情况"},
    _A.PARK: {"until": "下次复查日期", **_REASON},
    _A.RECHECK: {"until": "下次复查日期", "text": "复查情况"},
    _A.MERGE: {"into": "并入的工单编号", **_REASON},
    _A.LINK: {"into": "关联的工单编号", "relation": "关联关系"},
    _A.SPLIT: {"parts": "拆出的事项"},
    **dict.fromkeys((_A.RETURN, _A.OBJECT, _A.UPHOLD, _A.OVERTURN, _A.SEND_BACK, _A.REOPEN), _REASON),
    **dict.fromkeys((_A.CONVERT, _A.TERMINATE, _A.TRANSFER_AWAY), _REASON),
}


def check_order(action: TicketAction, order: Order) -> None:
    """Invalid when something the action needs was not said."""
    missing = [label for name, label in NEEDS.get(action, {}).items() if not getattr(order, name)]
    if missing:
        raise Invalid(f"{ACTION_NAMES[action]}时请填写{'、'.join(missing)}。")
