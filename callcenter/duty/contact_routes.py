"""HTTP: a leader's calls, instructions, figures and the report of a shift."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from callcenter.accounts.web import permitted
from callcenter.calls.models import Call
from callcenter.calls.telephony import Telephony
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.duty.contact_schemas import (
    ConcludeIn,
    ContactOut,
    DeskCallerOut,
    DeskOut,
    DutyFiguresOut,
    HandOverIn,
    InstructionIn,
    InstructionOut,
    IssuedOut,
    OpenIn,
    ShiftReportOut,
    TrackedOut,
    TrackedPageOut,
)
from callcenter.duty.models import DutyKind
from callcenter.duty.routes import IdempotencyKey, KeyPath
from callcenter.duty.schemas import DutyReasonIn, ShiftOut
from callcenter.duty.service import contacts, figures, instructions, roster
from callcenter.duty.service.instructions import Changes
from callcenter.operators.web import SeatTelephonyDep
from callcenter.reports.routes import Part, keys_of
from callcenter.reports.schemas import BehindOut
from callcenter.routing import service as routing
from callcenter.tickets import queries as tickets
from callcenter.tickets.models import Ticket
from callcenter.tickets.schemas import Key, TicketLineOut

router = APIRouter(prefix="/api/duty", tags=["duty"])

Reader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
Steerer = Annotated[Actor, Depends(permitted(Permission.CALL_CONTROL))]
Writer = Annotated[Actor, Depends(permitted(Permission.TICKET_CREATE))]
Leader = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
EARLIER = 8


def _telephony(seats: SeatTelephonyDep) -> Telephony:
    return cast(Telephony, seats)


TelephonyDep = Annotated[Telephony, Depends(_telephony)]


@router.post("/calls/{call_id}/hand-over", status_code=202)
def hand_over(user: Steerer, telephony: TelephonyDep, call_id: str, body: HandOverIn) -> ContactOut:
    """Caller on music, the leader rung; the brief is on their page. Then merge and leave, as with a department."""
    brief = body.brief_of()
    return ContactOut.of(contacts.hand_over(telephony, call_id=call_id, shift_id=body.shift_id, brief=brief, by=user))


@router.get("/shifts/{shift_id}/desk")
def desk(user: Reader, session: ReadingDep, shift_id: KeyPath) -> DeskOut:
    """What lies before the person on shift now, the same for leader and note-taker."""
    shift = roster.find(session, shift_id)
    seen, bare = contacts.at_hand(session, shift)
    call = seen.call if seen else bare
    stage, name = DeskOut.stage_of(seen)
    draft = instructions.draft_of(session, seen.contact.id) if seen else None
    decision = routing.latest(session, call_id=call.id) if call and not seen else None
    issued = instructions.tracked(session, where=Changes(shift_id=shift.id))
    return DeskOut(
        shift=ShiftOut.of(shift),
        contact=ContactOut.of(seen.contact) if seen else None,
        stage=stage,
        stage_name=name,
        caller=DeskCallerOut.of(call) if call else None,
        decision=decision.decision if decision else None,
        earlier=[TicketLineOut.of(ticket) for ticket in _earlier(session, call, user)] if call else [],
        draft=InstructionOut.model_validate(draft) if draft else None,
        issued=[TrackedOut.of(tracked) for tracked in issued],
    )


@router.post("/shifts/{shift_id}/contacts", status_code=201)
def open_contact(
    user: Writer, session: SessionDep, shift_id: KeyPath, body: OpenIn, idempotency_key: IdempotencyKey = None
) -> ContactOut:
    """Write down a caller who came straight from the queue, or a visitor at the window."""
    return ContactOut.of(
        contacts.open_contact(
            session,
            shift_id=shift_id,
            call_id=body.call_id,
            brief=body.brief_of(),
            by=user,
            idempotency_key=idempotency_key,
        )
    )


@router.post("/contacts/{contact_id}/give-back", status_code=202)
def give_back(user: Steerer, telephony: TelephonyDep, contact_id: KeyPath, body: DutyReasonIn) -> ContactOut:
    """Out of scope: back to the operators."""
    return ContactOut.of(contacts.give_back(telephony, contact_id=contact_id, reason=body.reason, by=user))


@router.post("/contacts/{contact_id}/conclude")
def conclude(user: Writer, session: SessionDep, contact_id: KeyPath, body: ConcludeIn) -> ContactOut:
    """Solved on the line, or heard and to be looked into."""
    return ContactOut.of(contacts.conclude(session, contact_id=contact_id, result=body.result, note=body.note, by=user))


@router.put("/contacts/{contact_id}/draft")
def write(user: Writer, session: SessionDep, contact_id: KeyPath, body: InstructionIn) -> InstructionOut:
    """Write the instruction; the other desk sees it at once. 409 with the newest text when it was older."""
    row = instructions.write(session, contact_id=contact_id, draft=body.draft(), by=user)
    return InstructionOut.model_validate(row)


@router.post("/contacts/{contact_id}/issue")
def issue(user: Leader, session: SessionDep, contact_id: KeyPath, body: InstructionIn) -> IssuedOut:
    """The leader's word: a ticket with its own clock and callback team, dispatched when a unit is named."""
    row = instructions.issue(session, contact_id=contact_id, draft=body.draft(), by=user)
    return IssuedOut.of(row, session.get_one(Ticket, row.ticket_id).number)


@router.get("/instructions")
def tracked(
    _user: Reader,
    session: ReadingDep,
    leader_id: Key | None = None,
    open_only: bool = False,
    before: Key | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TrackedPageOut:
    """Instructions and where their tickets stand, newest first."""
    where = Changes(leader_id=leader_id, open_only=open_only)
    found = instructions.tracked(session, where=where, before=before, limit=limit)
    following = found[-1].instruction.id if len(found) == limit else None
    return TrackedPageOut(items=[TrackedOut.of(one) for one in found], next=following)


@router.get("/figures")
def read_figures(
    _user: Reader, session: ReadingDep, since: AwareDatetime, until: AwareDatetime, kind: DutyKind = DutyKind.LEADER
) -> list[DutyFiguresOut]:
    """Person by person, of the shifts that began in [since, until)."""
    return [DutyFiguresOut.of(one) for one in figures.by_person(session, kind=kind, since=since, until=until)]


@router.get("/figures/{user_id}/{code}/behind")
def behind(
    _user: Reader,
    session: ReadingDep,
    user_id: KeyPath,
    code: str,
    since: AwareDatetime,
    until: AwareDatetime,
    kind: DutyKind = DutyKind.LEADER,
    part: Part = Part.NUMERATOR,
) -> BehindOut:
    """Calls and visits, or tickets, behind one figure of one person."""
    counted = figures.behind(session, kind=kind, since=since, until=until, user_id=user_id, code=code)
    keys = keys_of(counted, part)
    return BehindOut(about=counted.about, total=len(keys), keys=list(keys))


@router.get("/shifts/{shift_id}/report")
def report(_user: Reader, session: ReadingDep, shift_id: KeyPath) -> ShiftReportOut:
    """The report of a shift."""
    return ShiftReportOut.of(figures.report(session, shift_id=shift_id))


def _earlier(session: Session, call: Call, by: Actor) -> list[Ticket]:
    """The caller's tickets, newest first; a withheld number has none but this call's."""
    if call.citizen_id is None:
        return tickets.page(session, by=by, where=tickets.Filter(call_id=call.id), limit=EARLIER)
    return tickets.of_caller(session, citizen_id=call.citizen_id, limit=EARLIER, by=by)
