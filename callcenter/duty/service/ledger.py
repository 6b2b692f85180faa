"""The ledger of missed callers, from requests for a callback: one entry a caller, oldest first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from callcenter.accounts.models import User
from callcenter.calls.arrival import line_of
from callcenter.calls.models import Call, CallbackRequest, CallbackState, TimelineEntry
from callcenter.calls.queries import INCOMING
from callcenter.calls.service.ending import claimant
from callcenter.citizens.service import normal
from callcenter.core.clock import now
from callcenter.core.errors import Invalid, NotFound
from callcenter.duty.missed import BY_CODE, RATES, Attempt, Entry, Try, reason
from callcenter.reports.rate import Counted, count

_QUEUED = "QueueJoined"
"""The line's fact that a caller entered a queue, as the timeline keeps it."""


def entries(session: Session, *, state: CallbackState, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Open: oldest first, all callers. Done: newest first, by pages of requests."""
    query = select(CallbackRequest).where(CallbackRequest.state == state)
    if state is CallbackState.OPEN:
        return _entries(session, session.scalars(query.order_by(CallbackRequest.id).options(*_WITH)))
    if before is not None:
        query = query.where(CallbackRequest.id < before)
    newest = session.scalars(query.order_by(CallbackRequest.id.desc()).limit(limit).options(*_WITH)).all()
    return sorted(_entries(session, reversed(newest)), key=lambda entry: entry.key, reverse=True)


def entry(session: Session, callback_id: int) -> Entry:
    """The caller of this request."""
    request = session.get(CallbackRequest, callback_id)
    if request is None:
        raise NotFound("没有找到这条回呼记录，请刷新列表。", code="callback_not_found")
    same = select(CallbackRequest).where(CallbackRequest.state == request.state)
    if request.number is None:
        same = same.where(CallbackRequest.id == callback_id)
    found = [
        one
        for one in session.scalars(same.order_by(CallbackRequest.id).options(*_WITH))
        if one.id == callback_id or (one.number and normal(one.number) == normal(request.number or ""))
    ]
    return next(
        one for one in _entries(session, found) if callback_id in {attempt.callback_id for attempt in one.attempts}
    )


def rates(session: Session, *, since: datetime, until: datetime) -> list[Counted]:
    """Of the callers first missed in [since, until)."""
    found = _missed_in(session, since, until)
    return [count(rate, found) for rate in RATES]


def rate(session: Session, *, since: datetime, until: datetime, code: str) -> Counted:
    if code not in BY_CODE:
        raise NotFound(f"没有代码为“{code}”的指标，可用：{'、'.join(BY_CODE)}。", code="rate_not_found")
    return count(BY_CODE[code], _missed_in(session, since, until))


def _missed_in(session: Session, since: datetime, until: datetime) -> list[Entry]:
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
    query = (
        select(CallbackRequest)
        .where(CallbackRequest.requested_at >= since, CallbackRequest.requested_at < until)
        .order_by(CallbackRequest.id)
        .options(*_WITH)
    )
    return _entries(session, session.scalars(query))


_WITH = (selectinload(CallbackRequest.call), selectinload(CallbackRequest.tries))


def _entries(session: Session, requests: Iterable[CallbackRequest]) -> list[Entry]:
    """Requests of one number that were done together, or are all open, are one caller."""
    groups: dict[tuple[object, ...], list[CallbackRequest]] = defaultdict(list)
    for request in requests:
        number = normal(request.number) if request.number else None
        groups[(number, request.done_at) if number else (request.id,)].append(request)
    names = dict(session.execute(select(User.id, User.name)).all())
    queues = _queues(session, [one.call_id for group in groups.values() for one in group])
    return [_entry(session, group, names, queues) for group in groups.values()]


def _entry(session: Session, group: Sequence[CallbackRequest], names: dict[int, str], queues: dict[str, int]) -> Entry:
    last, at = group[-1], now()
    claimed = next((one for one in group if one.done_at is None and claimant(one, at) is not None), None)
    answered = _answered_later(session, last)
    return Entry(
        number=last.number,
        attempts=tuple(_attempt(one, queues.get(one.call_id, 0)) for one in group),
        tries=tuple(
            Try(one.at, names.get(one.by or 0, ""), one.result, one.note, one.call_id) for one in _longest(group).tries
        ),
        claimed_by=names.get(claimed.claimed_by or 0, "") if claimed else "",
        claimed_at=claimed.claimed_at if claimed else None,
        done_by=names.get(last.done_by or 0, ""),
        done_at=last.done_at,
        note=last.note,
        answered_call_id=answered.id if answered else None,
        answered_at=answered.answered_at if answered else None,
    )


def _longest(group: Sequence[CallbackRequest]) -> CallbackRequest:
    """An attempt of ours stands on every request that was open then, so the oldest has all."""
    return max(group, key=lambda one: len(one.tries))


def _attempt(request: CallbackRequest, queues: int) -> Attempt:
    call = request.call
    line = line_of(call.did)
    waited = (call.ended_at - call.queued_at).total_seconds() if call.ended_at and call.queued_at else 0.0
    return Attempt(
        callback_id=request.id,
        call_id=call.id,
        at=call.started_at,
        reason=reason(kind=request.kind, stage=call.end_stage, is_open=line.is_open_at(call.started_at), queues=queues),
        waited_seconds=max(0.0, waited),
        has_message=bool(request.file),
    )


def _answered_later(session: Session, request: CallbackRequest) -> Call | None:
    """The first answered call from the same number after this one."""
    if not request.number:
        return None
    chosen = select(Call).where(
        Call.caller_number.in_({request.number, normal(request.number)}),
        Call.started_at > request.call.started_at,
        Call.answered_at.is_not(None),
        INCOMING,
    )
    return session.scalars(chosen.order_by(Call.started_at).limit(1)).first()


def _queues(session: Session, call_ids: list[str]) -> dict[str, int]:
    chosen = (
        select(TimelineEntry.call_id, func.count())
        .where(TimelineEntry.call_id.in_(call_ids), TimelineEntry.fact == _QUEUED)
        .group_by(TimelineEntry.call_id)
    )
    return dict(session.execute(chosen).all())
