"""What the line reports of a notice, in the line's own words; every report may come twice or late."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from callcenter.calls.telephony import Cause
from callcenter.core.log import get_logger
from callcenter.supervision import calling
from callcenter.supervision.models import CallOutcome, NoticeCall

log = get_logger(__name__)


class NoticeState(StrEnum):
    """How far the call has come."""

    DIALLING = "dialling"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    HUNG_UP = "hung_up"
    FAILED = "failed"


_BY_CAUSE = {
    Cause.BUSY: CallOutcome.BUSY,
    Cause.NO_ANSWER: CallOutcome.NO_ANSWER,
    Cause.REJECTED: CallOutcome.REJECTED,
    Cause.UNKNOWN_NUMBER: CallOutcome.WRONG_NUMBER,
    Cause.UNREACHABLE: CallOutcome.UNREACHABLE,
    Cause.CONGESTED: CallOutcome.CONGESTED,
}


def report(
    session: Session, *, call_id: str, state: NoticeState, at: datetime, cause: Cause = Cause.HUNG_UP, key: str = ""
) -> None:
    """One step of the call."""
    call = session.get(NoticeCall, call_id)
    if call is None:
        log.warning("report on an unknown notice", call=call_id)
        return
    match state:
        case NoticeState.DIALLING:
            call.dialled_at = call.dialled_at or at
        case NoticeState.ANSWERED:
            call.answered_at = call.answered_at or at
        case NoticeState.FAILED:
            calling.settle(session, call_id=call_id, outcome=_BY_CAUSE.get(cause, CallOutcome.FAILED), at=at)
        case _:
            calling.settle(session, call_id=call_id, outcome=CallOutcome(state.value), at=at, key=key)
