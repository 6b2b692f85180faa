"""HTTP: the roster of leaders, office staff and operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path
from pydantic import AwareDatetime

from callcenter.accounts.web import permitted
from callcenter.core.clock import now
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.directory.models import Unit
from callcenter.duty.models import DutyKind
from callcenter.duty.schemas import (
    CopiedOut,
    CopyIn,
    DutyReasonIn,
    OnNowOut,
    PersonOut,
    PublicShiftOut,
    ShiftIn,
    ShiftOut,
)
from callcenter.duty.service import fitting, roster
from callcenter.knowledge.public_routes import slow_down
from callcenter.operators.models import Operator
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/duty", tags=["duty"])
public_router = APIRouter(tags=["duty"])

Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
Planner = Annotated[Actor, Depends(permitted(Permission.DUTY_PLAN))]
KeyPath = Annotated[Key, Path()]
IdempotencyKey = Annotated[str | None, Header(min_length=8, max_length=100)]


@router.get("/shifts")
def shifts(
    _user: Reader,
    session: ReadingDep,
    since: AwareDatetime,
    until: AwareDatetime,
    kind: DutyKind | None = None,
    user_id: Key | None = None,
    cancelled: bool = False,
) -> list[ShiftOut]:
    """Shifts that touch [since, until), in order."""
    found = roster.page(session, kind=kind, since=since, until=until, user_id=user_id, cancelled=cancelled)
    return [ShiftOut.of(shift) for shift in found]


@router.post("/shifts", status_code=201)
def plan(user: Planner, session: SessionDep, body: ShiftIn, idempotency_key: IdempotencyKey = None) -> ShiftOut:
    """Plan one; 409 when the person has another shift then."""
    return ShiftOut.of(roster.plan(session, plan=body.plan(), by=user, idempotency_key=idempotency_key))


@router.post("/shifts/copy")
def copy(user: Planner, session: SessionDep, body: CopyIn) -> CopiedOut:
    """The same again some days later; what does not fit is named and left out."""
    copied = roster.copy(session, by=user, **body.model_dump())
    return CopiedOut(made=[ShiftOut.of(shift) for shift in copied.made], refused=copied.refused)


@router.put("/shifts/{shift_id}")
def change(user: Planner, session: SessionDep, shift_id: KeyPath, body: ShiftIn) -> ShiftOut:
    """Put it right; of one that runs only what is still to come. Person and kind stay as they are."""
    return ShiftOut.of(roster.change(session, shift_id=shift_id, plan=body.plan(), by=user))


@router.post("/shifts/{shift_id}/cancel")
def cancel(user: Planner, session: SessionDep, shift_id: KeyPath, body: DutyReasonIn) -> ShiftOut:
    """Call it off; one that runs ends now."""
    return ShiftOut.of(roster.cancel(session, shift_id=shift_id, reason=body.reason, by=user))


@router.get("/people")
def people(_user: Reader, session: ReadingDep, kind: DutyKind) -> list[PersonOut]:
    """Who may be planned."""
    return [PersonOut.model_validate(user) for user in fitting.people(session, kind=kind)]


@router.get("/now")
def on_now(_user: Reader, session: ReadingDep, kind: DutyKind = DutyKind.LEADER) -> list[OnNowOut]:
    """Who is on shift, and whether their phone can be rung."""
    found = []
    for shift in roster.on_now(session, kind=kind):
        seat = session.get(Operator, shift.user_id)
        found.append(OnNowOut.now(shift, seat.state if seat else None))
    return found


@public_router.get("/public/duty", dependencies=[Depends(slow_down)])
def announced(session: ReadingDep) -> list[PublicShiftOut]:
    """Leaders' shifts of the next 31 days, for the city's web site."""
    at = now()
    coming = roster.page(session, kind=DutyKind.LEADER, since=at, until=at + roster.LONGEST_COPY)
    return [PublicShiftOut.of(shift, session.get(Unit, shift.unit_id) if shift.unit_id else None) for shift in coming]
