"""HTTP: the ledger of missed callers, claims, attempts to call back, and the share recovered."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Header, Path, Query
from pydantic import AwareDatetime, BaseModel

from callcenter.accounts.web import permitted
from callcenter.calls import calling_back
from callcenter.calls.models import CallbackState, TryResult
from callcenter.calls.routes import TelephonyDep
from callcenter.calls.schemas import Text
from callcenter.calls.service import callbacks
from callcenter.core import db
from callcenter.core.clock import local
from callcenter.core.masking import mask_number, mask_text
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.duty.missed import REASON_NAMES, TRY_NAMES, Entry, Reason
from callcenter.duty.service import ledger
from callcenter.reports.routes import Part, keys_of
from callcenter.reports.schemas import BehindOut, RateOut
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/missed", tags=["missed"])

Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
Caller = Annotated[Actor, Depends(permitted(Permission.CALL_CONTROL))]
KeyPath = Annotated[Key, Path()]
IdempotencyKey = Annotated[str, Header(min_length=8, max_length=100)]


class CallbackTryIn(BaseModel, extra="forbid"):
    """How the attempt went."""

    result: TryResult
    note: Text = ""


class AttemptOut(BaseModel):
    """A call of theirs that nobody answered."""

    callback_id: int
    call_id: str
    at: datetime
    reason: Reason
    reason_name: str
    waited_seconds: float
    has_message: bool


class CallbackTryOut(BaseModel):
    """A call of ours to them."""

    at: datetime
    by: str
    result: TryResult
    result_name: str
    note: str
    call_id: str | None


class MissedOut(BaseModel):
    """One caller until somebody has spoken with them."""

    id: int
    number: str
    number_withheld: bool
    first_at: datetime
    attempts: list[AttemptOut]
    tries: list[CallbackTryOut]
    claimed_by: str
    claimed_at: datetime | None
    is_being_dialled: bool
    done_by: str
    done_at: datetime | None
    note: str
    answered_call_id: str | None
    answered_at: datetime | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            id=entry.key,
            number=mask_number(entry.number),
            number_withheld=entry.number is None,
            first_at=local(entry.attempts[0].at),
            attempts=[
                AttemptOut(
                    callback_id=one.callback_id,
                    call_id=one.call_id,
                    at=local(one.at),
                    reason=one.reason,
                    reason_name=REASON_NAMES[one.reason],
                    waited_seconds=one.waited_seconds,
                    has_message=one.has_message,
                )
                for one in entry.attempts
            ],
            tries=[
                CallbackTryOut(
                    at=local(one.at),
                    by=one.by,
                    result=one.result,
                    result_name=TRY_NAMES[one.result],
                    note=mask_text(one.note),
                    call_id=one.call_id,
                )
                for one in entry.tries
            ],
            claimed_by=entry.claimed_by,
            claimed_at=entry.claimed_at,
            is_being_dialled=entry.is_being_dialled,
            done_by=entry.done_by,
            done_at=entry.done_at,
            note=mask_text(entry.note),
            answered_call_id=entry.answered_call_id,
            answered_at=entry.answered_at,
        )


class MissedPageOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[MissedOut]
    next: int | None


@router.get("")
def missed(
    _user: Reader,
    session: ReadingDep,
    state: CallbackState = CallbackState.OPEN,
    before: Key | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MissedPageOut:
    """Open: every caller, oldest first. Done: newest first."""
    found = ledger.entries(session, state=state, before=before, limit=limit)
    more = state is CallbackState.DONE and sum(len(one.attempts) for one in found) == limit
    following = min(one.key for one in found) if more else None
    return MissedPageOut(items=[MissedOut.of(one) for one in found], next=following)


@router.get("/rates")
def rates(_user: Reader, session: ReadingDep, since: AwareDatetime, until: AwareDatetime) -> list[RateOut]:
    """Of the callers missed in [since, until), as things stand now."""
    return [RateOut.of(counted) for counted in ledger.rates(session, since=since, until=until)]


@router.get("/rates/{code}/behind")
def behind(
    _user: Reader,
    session: ReadingDep,
    code: str,
    since: AwareDatetime,
    until: AwareDatetime,
    part: Part = Part.MISSING,
) -> BehindOut:
    """Ids of the callers behind a rate: those of their first request."""
    counted = ledger.rate(session, since=since, until=until, code=code)
    keys = keys_of(counted, part)
    return BehindOut(about=counted.about, total=len(keys), keys=list(keys))


@router.get("/{callback_id}")
def one_missed(_user: Reader, session: ReadingDep, callback_id: KeyPath) -> MissedOut:
    """The caller of this request."""
    return MissedOut.of(ledger.entry(session, callback_id))


@router.post("/{callback_id}/claim")
def claim(user: Caller, session: SessionDep, callback_id: KeyPath) -> MissedOut:
    """Call them back oneself; 409 when a colleague does. A claim ends by itself after half an hour."""
    callbacks.claim(session, callback_id=callback_id, by=user)
    return MissedOut.of(ledger.entry(session, callback_id))


@router.post("/{callback_id}/release")
def release(user: Caller, session: SessionDep, callback_id: KeyPath) -> MissedOut:
    """Leave them to others after all."""
    callbacks.release(session, callback_id=callback_id, by=user)
    return MissedOut.of(ledger.entry(session, callback_id))


@router.post("/{callback_id}/dial", status_code=202)
def dial(user: Caller, telephony: TelephonyDep, callback_id: KeyPath, idempotency_key: IdempotencyKey) -> MissedOut:
    """One's own phone rings, then the caller's, who sees 12345. Claim first; the same key again dials nothing."""
    calling_back.dial(telephony, callback_id=callback_id, by=user, key=idempotency_key)
    with db.reading() as session:
        return MissedOut.of(ledger.entry(session, callback_id))


@router.post("/{callback_id}/tries")
def tried(user: Caller, session: SessionDep, callback_id: KeyPath, body: CallbackTryIn) -> MissedOut:
    """What became of the attempt."""
    callbacks.tried(session, callback_id=callback_id, result=body.result, note=body.note, by=user)
    return MissedOut.of(ledger.entry(session, callback_id))
