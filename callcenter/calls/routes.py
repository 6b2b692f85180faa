"""HTTP: find calls, hear recordings, steer a call in hand, work off callbacks."""

from pathlib import Path
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse

from callcenter.accounts.web import permitted
from callcenter.calls import conference, lookup, monitoring, queries, recordings, slips, transfers, waveform
from callcenter.calls.models import CallbackState
from callcenter.calls.schemas import (
    CallbackOut,
    CallbacksOut,
    CallLineOut,
    CallsOut,
    ConsultIn,
    ConsultOut,
    DoneIn,
    HandOverOut,
    MonitorIn,
    PageIn,
    ReasonIn,
    RequeueIn,
    RevealOut,
    SlipIn,
)
from callcenter.calls.service import ending
from callcenter.calls.targets import TargetsOut
from callcenter.calls.telephony import Telephony
from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.operators import service as operators
from callcenter.operators.web import SeatTelephonyDep

router = APIRouter(prefix="/api", tags=["calls"])

Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
Steerer = Annotated[Actor, Depends(permitted(Permission.CALL_CONTROL))]
Monitor = Annotated[Actor, Depends(permitted(Permission.CALL_MONITOR))]
Listener = Annotated[Actor, Depends(permitted(Permission.RECORDING_PLAY))]
Revealer = Annotated[Actor, Depends(permitted(Permission.PERSON_REVEAL))]


def _telephony(seats: SeatTelephonyDep) -> Telephony:
    return cast(Telephony, seats)


TelephonyDep = Annotated[Telephony, Depends(_telephony)]


@router.get("/calls")
def calls(_user: Reader, session: ReadingDep, where: Annotated[PageIn, Query()]) -> CallsOut:
    """Newest first."""
    found = lookup.page(session, where=where.filter(), before=where.before, limit=where.limit)
    following = found[-1].id if len(found) == where.limit else None
    return CallsOut(items=[CallLineOut.of(call) for call in found], next=following)


# -- a call in hand: 202, because what came of it is reported on the call's events and in its record ------------------


@router.post("/calls/{call_id}/consult", status_code=202)
def consult(user: Steerer, telephony: TelephonyDep, call_id: str, body: ConsultIn) -> ConsultOut:
    """Somebody rung for a private word, or `together` with the caller. A failure shows as a leg with its cause."""
    slip = body.slip.slip() if body.slip else None
    if body.user_id is not None:
        made = transfers.consult_seat(telephony, call_id=call_id, user_id=body.user_id, slip=slip, by=user)
    else:
        made = conference.consult(
            telephony,
            call_id=call_id,
            by=user,
            unit_id=body.unit_id,
            number=body.number,
            together=body.together,
            slip=slip,
        )
    return ConsultOut(slip_id=made.id if made else None)


@router.put("/calls/{call_id}/hand-overs/{slip_id}")
def change_slip(user: Steerer, session: SessionDep, call_id: str, slip_id: int, body: SlipIn) -> HandOverOut:
    """One's own slip, written on while the other side is called."""
    return HandOverOut.of(slips.change_slip(session, call_id=call_id, slip_id=slip_id, slip=body.slip(), by=user))


@router.get("/transfer-targets")
def transfer_targets(_user: Steerer, session: ReadingDep) -> TargetsOut:
    """Where a caller can go just now: colleagues with their state, queues with who sits there."""
    return TargetsOut.of(operators.operators(session))


@router.post("/calls/{call_id}/come-back", status_code=202)
def come_back(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """The operator's page was loaded again: their phone is rung into the call it is on."""
    transfers.come_back(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/merge", status_code=202)
def merge(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """All three together."""
    conference.merge(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/hold", status_code=202)
def hold(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """Caller on music."""
    conference.hold(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/resume", status_code=202)
def resume(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """Caller back with the operator."""
    conference.resume(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/drop-department", status_code=202)
def drop_department(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """Hang up the department."""
    conference.drop_department(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/leave", status_code=202)
def leave(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """The operator drops out; caller and whoever was called in go on."""
    conference.leave(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/hang-up", status_code=202)
def hang_up(user: Steerer, telephony: TelephonyDep, call_id: str) -> None:
    """End the talk; the caller goes on to the survey."""
    conference.hang_up(telephony, call_id=call_id, by=user)


@router.post("/calls/{call_id}/requeue", status_code=202)
def requeue(user: Steerer, telephony: TelephonyDep, call_id: str, body: RequeueIn | None = None) -> None:
    """Give the caller to a queue, ahead of everybody."""
    said = body or RequeueIn()
    slip = said.slip.slip() if said.slip else None
    transfers.requeue(telephony, call_id=call_id, queue=said.queue, slip=slip, by=user)


@router.post("/calls/{call_id}/monitor", status_code=202)
def monitor(user: Monitor, telephony: TelephonyDep, call_id: str, body: MonitorIn) -> None:
    """Listen, whisper or barge in with one's own phone; again with another mode to change it."""
    monitoring.monitor(telephony, call_id=call_id, mode=body.mode, reason=body.reason, by=user)


@router.post("/calls/{call_id}/take-over", status_code=202)
def take_over(user: Monitor, telephony: TelephonyDep, call_id: str, body: ReasonIn) -> None:
    """One's own phone rings; once answered, one has the caller and the operator is off."""
    monitoring.take_over(telephony, call_id=call_id, reason=body.reason, by=user)


@router.delete("/calls/{call_id}/monitor", status_code=204)
def stop_monitoring(user: Monitor, telephony: TelephonyDep, call_id: str) -> None:
    """Leave the call again."""
    monitoring.stop(telephony, call_id=call_id, by=user)


# -- recordings and numbers -------------------------------------------------------------------------------------------


@router.get("/calls/{call_id}/recording")
def recording(user: Listener, session: SessionDep, call_id: str) -> FileResponse:
    """The whole call; range requests are answered with pieces."""
    call = queries.call(session, call_id)
    return _sound(recordings.play(session, file=call.recording_file, subject=f"call:{call_id}", by=user))


@router.get("/calls/{call_id}/waveform")
def recording_shape(
    user: Listener, session: SessionDep, call_id: str, count: Annotated[int, Query(ge=10, le=2000)] = 400
) -> list[float]:
    """Loudness of the whole recording in equal stretches, 0 to 1."""
    call = queries.call(session, call_id)
    return waveform.peaks(recordings.play(session, file=call.recording_file, subject=f"call:{call_id}", by=user), count)


@router.get("/calls/{call_id}/recording/private/{number}")
def private_recording(user: Listener, session: SessionDep, call_id: str, number: int) -> FileResponse:
    """A private talk between operator and department."""
    files = queries.call(session, call_id).private_recordings
    if not 0 <= number < len(files):
        raise NotFound("没有这段录音。", code="recording_not_found")
    return _sound(recordings.play(session, file=files[number], subject=f"call:{call_id}", by=user))


@router.post("/calls/{call_id}/reveal-number")
def reveal_number(user: Revealer, session: SessionDep, call_id: str, body: ReasonIn) -> RevealOut:
    """The caller's full number; on record with its reason."""
    number = queries.call(session, call_id).caller_number
    return RevealOut(
        number=lookup.reveal_number(session, number=number, subject=f"call:{call_id}", reason=body.reason, by=user)
    )


# -- callbacks --------------------------------------------------------------------------------------------------------


@router.get("/callbacks")
def callbacks(
    _user: Reader,
    session: ReadingDep,
    state: CallbackState | None = None,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CallbacksOut:
    """Open ones oldest first; `before` is the id of the last one of the page before."""
    found = lookup.callbacks(session, state=state, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return CallbacksOut(items=[CallbackOut.of(request) for request in found], next=following)


@router.post("/callbacks/{callback_id}/done")
def callback_done(user: Steerer, session: SessionDep, callback_id: int, body: DoneIn) -> CallbackOut:
    """Somebody has called back, or it is not needed."""
    return CallbackOut.of(ending.callback_done(session, callback_id=callback_id, note=body.note, by=user))


@router.post("/callbacks/{callback_id}/reveal-number")
def reveal_callback_number(user: Revealer, session: SessionDep, callback_id: int, body: ReasonIn) -> RevealOut:
    """The full number to call back; on record with its reason."""
    request = lookup.callback(session, callback_id)
    ending.require_unclaimed(request, user, now())
    subject = f"callback:{callback_id}"
    return RevealOut(
        number=lookup.reveal_number(session, number=request.number, subject=subject, reason=body.reason, by=user)
    )


@router.get("/callbacks/{callback_id}/recording")
def message(user: Listener, session: SessionDep, callback_id: int) -> FileResponse:
    """The voice message."""
    request = lookup.callback(session, callback_id)
    return _sound(recordings.play(session, file=request.file, subject=f"callback:{callback_id}", by=user))


def _sound(path: Path) -> FileResponse:
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})
