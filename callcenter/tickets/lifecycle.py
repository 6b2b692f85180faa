"""The life of a ticket: one table of what may happen in which state, and who may do it. Pure."""

from enum import StrEnum

from callcenter.core.errors import Conflict
from callcenter.core.security import Permission


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    OBJECTED = "objected"
    RETURNED = "returned"
    HANDLING = "handling"
    PAUSED = "paused"
    PARKED = "parked"
    REPLIED = "replied"
    CALLBACK = "callback"
    CLOSED = "closed"
    MERGED = "merged"
    TERMINATED = "terminated"
    TRANSFERRED = "transferred"


class TicketAction(StrEnum):
    """What can be done to a ticket after its registration."""

    ANSWER = "answer"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    OBJECT = "object"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    REDISPATCH = "redispatch"
    DESIGNATE = "designate"
    ASSIGN = "assign"
    CO_REPORT = "co_report"
    CONTACT = "contact"
    FIRST_RESULT = "first_result"
    ASK = "ask"
    REFUSE = "refuse"
    EXTEND = "extend"
    PAUSE = "pause"
    COMMIT = "commit"
    MILESTONE = "milestone"
    PARK = "park"
    RECHECK = "recheck"
    RESUME = "resume"
    REPLY = "reply"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    SPLIT = "split"
    LINK = "link"
    CONVERT = "convert"
    TERMINATE = "terminate"
    TRANSFER_AWAY = "transfer_away"


_S, _A = TicketStatus, TicketAction

TRANSITIONS: dict[tuple[TicketStatus, TicketAction], TicketStatus] = {
    (_S.REGISTERED, _A.ANSWER): _S.CLOSED,
    (_S.REGISTERED, _A.DISPATCH): _S.DISPATCHED,
    (_S.REGISTERED, _A.TRANSFER_AWAY): _S.TRANSFERRED,
    (_S.DISPATCHED, _A.SIGN): _S.HANDLING,
    (_S.DISPATCHED, _A.RETURN): _S.RETURNED,
    (_S.DISPATCHED, _A.OBJECT): _S.OBJECTED,
    (_S.OBJECTED, _A.UPHOLD): _S.RETURNED,
    (_S.OBJECTED, _A.OVERTURN): _S.DISPATCHED,
    (_S.RETURNED, _A.REDISPATCH): _S.DISPATCHED,
    (_S.RETURNED, _A.DESIGNATE): _S.DISPATCHED,
    (_S.RETURNED, _A.TRANSFER_AWAY): _S.TRANSFERRED,
    (_S.HANDLING, _A.RETURN): _S.RETURNED,
    (_S.HANDLING, _A.OBJECT): _S.OBJECTED,
    (_S.HANDLING, _A.ASSIGN): _S.HANDLING,
    (_S.HANDLING, _A.CONTACT): _S.HANDLING,
    (_S.HANDLING, _A.FIRST_RESULT): _S.HANDLING,
    (_S.HANDLING, _A.ASK): _S.HANDLING,
    (_S.HANDLING, _A.REFUSE): _S.HANDLING,
    (_S.HANDLING, _A.EXTEND): _S.HANDLING,
    (_S.HANDLING, _A.COMMIT): _S.HANDLING,
    (_S.HANDLING, _A.MILESTONE): _S.HANDLING,
    (_S.HANDLING, _A.PAUSE): _S.PAUSED,
    (_S.PAUSED, _A.RESUME): _S.HANDLING,
    (_S.HANDLING, _A.PARK): _S.PARKED,
    (_S.PARKED, _A.RECHECK): _S.PARKED,
    (_S.PARKED, _A.RESUME): _S.HANDLING,
    (_S.HANDLING, _A.REPLY): _S.REPLIED,
    (_S.HANDLING, _A.TERMINATE): _S.TERMINATED,
    (_S.REPLIED, _A.SEND_BACK): _S.HANDLING,
    (_S.REPLIED, _A.APPROVE): _S.CALLBACK,
    (_S.CALLBACK, _A.SEND_BACK): _S.HANDLING,
    (_S.CALLBACK, _A.CLOSE): _S.CLOSED,
    (_S.CLOSED, _A.REOPEN): _S.REGISTERED,
    **{(state, _A.MERGE): _S.MERGED for state in (_S.REGISTERED, _S.DISPATCHED, _S.RETURNED, _S.HANDLING)},
    # What changes no state: the helpers' reports, and how tickets hang together.
    **{(state, _A.CO_REPORT): state for state in (_S.DISPATCHED, _S.HANDLING, _S.PAUSED, _S.PARKED)},
    **{(state, _A.SPLIT): state for state in (_S.REGISTERED, _S.RETURNED)},
    **{(state, _A.CONVERT): state for state in (_S.REGISTERED, _S.RETURNED, _S.HANDLING)},
    **{(state, _A.LINK): state for state in _S if state not in (_S.MERGED, _S.TERMINATED, _S.TRANSFERRED)},
}

FINAL = (_S.CLOSED, _S.MERGED, _S.TERMINATED, _S.TRANSFERRED)
"""Nothing more is owed; a closed ticket may still be opened again."""

PERMISSIONS: dict[TicketAction, Permission] = {
    _A.ANSWER: Permission.TICKET_CREATE,
    **dict.fromkeys((_A.DISPATCH, _A.REDISPATCH, _A.MERGE, _A.TRANSFER_AWAY), Permission.TICKET_DISPATCH),
    **dict.fromkeys((_A.SPLIT, _A.LINK), Permission.TICKET_DISPATCH),
    **dict.fromkeys((_A.SIGN, _A.RETURN, _A.OBJECT, _A.ASSIGN, _A.CO_REPORT), Permission.TICKET_HANDLE),
    **dict.fromkeys((_A.CONTACT, _A.FIRST_RESULT, _A.ASK, _A.MILESTONE, _A.REPLY), Permission.TICKET_HANDLE),
    **dict.fromkeys((_A.UPHOLD, _A.OVERTURN, _A.DESIGNATE, _A.CONVERT), Permission.TICKET_SUPERVISE),
    **dict.fromkeys((_A.REFUSE, _A.EXTEND, _A.PAUSE, _A.COMMIT, _A.PARK, _A.RECHECK), Permission.TICKET_REVIEW),
    **dict.fromkeys((_A.RESUME, _A.SEND_BACK, _A.APPROVE), Permission.TICKET_REVIEW),
    **dict.fromkeys((_A.CLOSE, _A.REOPEN, _A.TERMINATE), Permission.TICKET_REVIEW),
}

ASKABLE = (_A.EXTEND, _A.PAUSE, _A.COMMIT, _A.PARK, _A.TERMINATE, _A.CONVERT)
"""What a unit may ask for; the hotline grants it by doing it, or refuses it."""

STATUS_NAMES = {
    _S.REGISTERED: "已受理待派单",
    _S.DISPATCHED: "已派单待签收",
    _S.OBJECTED: "异议待裁定",
    _S.RETURNED: "已退单待改派",
    _S.HANDLING: "办理中",
    _S.PAUSED: "暂停计时",
    _S.PARKED: "挂账待复查",
    _S.REPLIED: "已答复待审核",
    _S.CALLBACK: "待回访",
    _S.CLOSED: "已办结",
    _S.MERGED: "已并单",
    _S.TERMINATED: "已终止",
    _S.TRANSFERRED: "已移交",
}
ACTION_NAMES = {
    _A.ANSWER: "当场答复",
    _A.DISPATCH: "派单",
    _A.SIGN: "签收",
    _A.RETURN: "退单",
    _A.OBJECT: "提出异议",
    _A.UPHOLD: "异议成立",
    _A.OVERTURN: "异议不成立",
    _A.REDISPATCH: "改派",
    _A.DESIGNATE: "指定承办",
    _A.ASSIGN: "内部加派",
    _A.CO_REPORT: "协办反馈",
    _A.CONTACT: "登记联系",
    _A.FIRST_RESULT: "报首次结果",
    _A.ASK: "提出申请",
    _A.REFUSE: "不同意申请",
    _A.EXTEND: "延期",
    _A.PAUSE: "暂停",
    _A.COMMIT: "承诺办理",
    _A.MILESTONE: "完成节点",
    _A.PARK: "挂账",
    _A.RECHECK: "挂账复查",
    _A.RESUME: "恢复",
    _A.REPLY: "答复",
    _A.SEND_BACK: "退回重办",
    _A.APPROVE: "审核通过",
    _A.CLOSE: "办结",
    _A.REOPEN: "重新办理",
    _A.MERGE: "并单",
    _A.SPLIT: "拆单",
    _A.LINK: "关联工单",
    _A.CONVERT: "转信访事项",
    _A.TERMINATE: "同意终止",
    _A.TRANSFER_AWAY: "移交",
}


def next_status(status: TicketStatus, action: TicketAction) -> TicketStatus:
    """The state after the action; Conflict when the table does not allow it."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise Conflict(
            f"工单现在是“{STATUS_NAMES[status]}”，不能{ACTION_NAMES[action]}，请刷新后按可用操作办理。",
            code="invalid_transition",
        ) from None


def allowed_actions(status: TicketStatus) -> list[TicketAction]:
    """What the state allows, in the order of the table."""
    return [action for state, action in TRANSITIONS if state is status]
