"""Calling back people nobody answered: one colleague at a time for one citizen, every attempt kept."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import CallbackRequest, CallbackState, CallbackTry, TryResult
from callcenter.calls.service.ending import callback_done, claimant, require_unclaimed
from callcenter.citizens.service import normal
from callcenter.core import audit, bus
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require

TRIES_BEFORE_GIVING_UP = 3
CLOSING = (TryResult.REACHED, TryResult.WRONG_NUMBER, TryResult.NOT_NEEDED, TryResult.GIVEN_UP)
BY_PEOPLE = (*CLOSING, TryResult.NO_ANSWER, TryResult.BUSY, TryResult.REFUSED)
"""What a colleague may write down; the rest only the line knows."""
UNREACHED = (TryResult.NO_ANSWER, TryResult.BUSY, TryResult.REFUSED, TryResult.UNREACHABLE)
_ANSWERED = (TryResult.REACHED, TryResult.WRONG_NUMBER)


def claim(session: Session, *, callback_id: int, by: Actor, at: datetime | None = None) -> list[CallbackRequest]:
    """Take a caller with all their open requests; taking them twice is fine, taking a colleague's is refused."""
    require(by, Permission.CALL_CONTROL)
    at = at or now()
    requests = open_of_caller(session, callback_id)
    if requests[0].number is None:
        raise Conflict("来电人没有显示号码，无法回拨，请直接登记结果。", code="number_withheld")
    for request in requests:
        require_unclaimed(request, by, at)
    for request in requests:
        request.claimed_by, request.claimed_at = by.user_id, at
    audit.record(session, by, "callback.claim", f"callback:{callback_id}")
    told(session, "callback.claimed", [request.id for request in requests])
    return requests


def release(session: Session, *, callback_id: int, by: Actor) -> list[CallbackRequest]:
    """Give the caller back to the list; who has not claimed changes nothing."""
    require(by, Permission.CALL_CONTROL)
    requests = open_of_caller(session, callback_id)
    own = [request for request in requests if request.claimed_by == by.user_id]
    for request in own:
        request.claimed_by = request.claimed_at = None
    if own:
        audit.record(session, by, "callback.release", f"callback:{callback_id}")
        told(session, "callback.claimed", [request.id for request in requests])
    return requests


def tried(
    session: Session, *, callback_id: int, result: TryResult, note: str, by: Actor, at: datetime | None = None
) -> list[CallbackRequest]:
    """Keep an attempt. Reached, or not to be reached: all requests of the caller are done; else the caller waits on.

    What was said in a call that the line reported as answered is written to that attempt.
    """
    require(by, Permission.CALL_CONTROL)
    at = at or now()
    if result not in BY_PEOPLE:
        raise Invalid("这个结果由线路自动记录，请从列表中选择。", code="not_by_people")
    requests = open_of_caller(session, callback_id)
    if any(one.result is TryResult.DIALLING for request in requests for one in request.tries):
        raise Conflict("正在拨打这位来电人，请等这次拨打有了结果再登记。", code="being_dialled")
    withheld = requests[0].number is None
    if not withheld and any(claimant(request, at) != by.user_id for request in requests):
        raise Conflict("请先认领这位来电人再登记回拨结果；若已被同事认领，请换一位。", code="not_claimed")
    if result in CLOSING and len(note.strip()) < 2:
        raise Invalid("请写明回拨结果。", code="note_missing")
    unreached = max(sum(one.result in UNREACHED for one in request.tries) for request in requests)
    if result is TryResult.GIVEN_UP and not withheld and unreached < TRIES_BEFORE_GIVING_UP:
        raise Conflict(f"未接通满{TRIES_BEFORE_GIVING_UP}次才能结束回拨，现在是{unreached}次。", code="too_few_tries")
    for request in requests:
        last = request.tries[-1] if request.tries else None
        if last and last.call_id and last.by == by.user_id and last.result in _ANSWERED and result in _ANSWERED:
            last.result, last.note = result, note.strip()
        else:
            request.tries.append(CallbackTry(at=at, by=by.user_id, result=result, note=note.strip()))
    session.flush()
    audit.record(session, by, f"callback.{result}", f"callback:{callback_id}", reason=note.strip())
    for request in requests:
        if result in CLOSING:
            callback_done(session, callback_id=request.id, note=note.strip(), by=by, at=at)
        request.claimed_by = request.claimed_at = None
    told(session, "callback.claimed", [request.id for request in requests])
    return requests


def open_of_caller(session: Session, callback_id: int) -> list[CallbackRequest]:
    """The open requests of this request's caller, locked, oldest first; a withheld caller has this one only."""
    first = session.get(CallbackRequest, callback_id)
    if first is None:
        raise NotFound("没有找到这条回呼记录，可能已被处理，请刷新列表。", code="callback_not_found")
    is_open = CallbackRequest.state == CallbackState.OPEN
    ids = {callback_id}
    if first.number is not None:
        rows = session.execute(select(CallbackRequest.id, CallbackRequest.number).where(is_open))
        ids |= {found for found, number in rows if number and normal(number) == normal(first.number)}
    query = select(CallbackRequest).where(is_open, CallbackRequest.id.in_(ids)).order_by(CallbackRequest.id)
    locked = list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    if callback_id not in {request.id for request in locked}:
        raise Conflict("这位来电人已经有人回拨并登记了结果，请刷新列表。", code="callback_done")
    return locked


def told(session: Session, event: str, callback_ids: list[int]) -> None:
    """Say to those who watch the ledger that these requests changed."""
    session.flush()
    bus.publish(session, "calls", event, {"callback_ids": callback_ids})
