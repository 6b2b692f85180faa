"""A leader's instruction: written by leader and note-taker together, then issued as a ticket of its own clock."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit, bus
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict, Forbidden, Invalid
from callcenter.core.security import Actor, Permission, require
from callcenter.directory import service as directory
from callcenter.duty import rules
from callcenter.duty.models import ContactResult, DutyContact, DutyInstruction, DutyShift, InstructionState
from callcenter.duty.service import contacts, roster
from callcenter.followups import tasks
from callcenter.settings import get_settings
from callcenter.tickets.lifecycle import FINAL, TicketAction, TicketStatus
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision

OUTCOME = "CASE"
"""Code of `outcomes.tsv` under which a leader's matter is written."""


@dataclass(frozen=True)
class Draft:
    """The instruction as somebody wrote it, on the version they saw."""

    text: str
    version: int
    urgency: str
    lead_unit_id: str | None = None


@dataclass(frozen=True)
class Changes:
    """What a leader may have asked for on the tickets made of instructions; empty fields do not narrow."""

    leader_id: int | None = None
    shift_id: int | None = None
    open_only: bool = False


@dataclass(frozen=True)
class Tracked:
    """An issued instruction with its ticket."""

    instruction: DutyInstruction
    ticket: Ticket = field(repr=False)


def draft_of(session: Session, contact_id: int) -> DutyInstruction | None:
    """What is being written now."""
    chosen = select(DutyInstruction).where(
        DutyInstruction.contact_id == contact_id, DutyInstruction.state == InstructionState.DRAFT
    )
    return session.scalar(chosen)


def write(session: Session, *, contact_id: int, draft: Draft, by: Actor) -> DutyInstruction:
    """Keep what was written and show it on the other desk; Conflict with the present text when it is newer.

    Saved with every pause of the pen, so it is not an act for the audit: `issue` is.
    """
    require(by, Permission.TICKET_CREATE)
    contact = contacts.find(session, contact_id)
    contacts.require_desk(contact.shift, by)
    _lock(session, contact)
    row = _draft(session, contact)
    if draft.version != row.version:
        raise Conflict(
            "批示刚被另一席改过，已显示最新内容，请在此基础上修改。",
            code="stale_version",
            details={"text": row.text, "version": row.version},
        )
    _put(session, row, draft, by)
    said = {"contact_id": contact.id, "text": row.text, "version": row.version, "by": by.user_id, "name": by.name}
    bus.publish(session, f"duty:{contact.shift_id}", "duty.drafted", said)
    return row


def issue(session: Session, *, contact_id: int, draft: Draft, by: Actor) -> DutyInstruction:
    """The leader's word: a ticket is registered and, with a unit, dispatched. Issuing it twice gives the first."""
    require(by, Permission.TICKET_SUPERVISE)
    contact = contacts.find(session, contact_id)
    if by.user_id != contact.shift.user_id and not by.may(Permission.DUTY_PLAN):
        raise Forbidden("批示由值机领导本人下达，班长可以代为下达。", code="not_your_shift")
    if contact.result is ContactResult.RETURNED:
        raise Conflict("这通来电已转回话务员，不能再下达批示。", code="already_concluded")
    _lock(session, contact)
    if again := _issued_from(contact, draft):
        return again
    row = _draft(session, contact)
    if draft.version != row.version:
        raise Conflict(
            "批示刚被另一席改过，请核对最新内容后再下达。",
            code="stale_version",
            details={"text": row.text, "version": row.version},
        )
    if not draft.text.strip():
        raise Invalid("请先写明批示内容。", code="text_missing")
    way = rules.way(get_settings().rules_dir / rules.RULES_FILE, draft.urgency)
    _put(session, row, draft, by)
    row.profile_code, row.callback_team = way.profile, way.callback_team
    row.state, row.issued_by, row.issued_at = InstructionState.ISSUED, by.user_id, now()
    row.ticket_id = _register(session, contact, row, by).id
    tasks.for_leaders(session, ticket_id=row.ticket_id, team_name=row.callback_team)
    contact.result, contact.concluded_by, contact.concluded_at = ContactResult.INSTRUCTED, by.user_id, now()
    session.flush()
    audit.record(session, by, "duty.issue", f"ticket:{row.ticket_id}", details={"contact": contact.id})
    roster.changed(session, contact.shift)
    return row


def tracked(session: Session, *, where: Changes, before: int | None = None, limit: int = 50) -> list[Tracked]:
    """Issued instructions with their tickets, newest first."""
    chosen = (
        select(DutyInstruction, Ticket)
        .join(Ticket, Ticket.id == DutyInstruction.ticket_id)
        .join(DutyContact, DutyContact.id == DutyInstruction.contact_id)
        .join(DutyShift, DutyShift.id == DutyContact.shift_id)
        .order_by(DutyInstruction.id.desc())
        .limit(limit)
    )
    if where.leader_id is not None:
        chosen = chosen.where(DutyShift.user_id == where.leader_id)
    if where.shift_id is not None:
        chosen = chosen.where(DutyShift.id == where.shift_id)
    if where.open_only:
        chosen = chosen.where(Ticket.status.not_in(FINAL))
    if before is not None:
        chosen = chosen.where(DutyInstruction.id < before)
    return [Tracked(instruction, ticket) for instruction, ticket in session.execute(chosen)]


def _lock(session: Session, contact: DutyContact) -> None:
    """Two desks write one draft: one after the other, and neither makes a second."""
    session.execute(select(DutyContact.id).where(DutyContact.id == contact.id).with_for_update())
    session.refresh(contact)
    for row in contact.instructions:
        session.refresh(row)


def _draft(session: Session, contact: DutyContact) -> DutyInstruction:
    """The contact's one draft, made where it is missing."""
    row = draft_of(session, contact.id)
    if row is None:
        row = DutyInstruction(contact=contact, urgency=contact.urgency, version=0, written_at=now())
        session.add(row)
        session.flush()
    return row


def _put(session: Session, row: DutyInstruction, draft: Draft, by: Actor) -> None:
    if draft.lead_unit_id:
        directory.unit(session, unit_id=draft.lead_unit_id)
    row.text, row.urgency, row.lead_unit_id = draft.text.strip(), draft.urgency, draft.lead_unit_id or None
    row.version += 1
    row.written_by, row.written_at = by.user_id, now()
    session.flush()


def _issued_from(contact: DutyContact, draft: Draft) -> DutyInstruction | None:
    """The instruction that this very draft has become: a repeated click."""
    return next(
        (
            row
            for row in contact.instructions
            if row.state is InstructionState.ISSUED
            and (row.text, row.version) == (draft.text.strip(), draft.version + 1)
        ),
        None,
    )


def _register(session: Session, contact: DutyContact, row: DutyInstruction, by: Actor) -> Ticket:
    leader = contact.shift.user.name
    said = f"领导批示（{leader}，{local(now()):%Y-%m-%d %H:%M}）：{row.text}"
    ticket = register_from_decision(
        session,
        matter=Matter(
            kind=contact.kind,
            topic=contact.topic,
            urgency=row.urgency,
            outcome=OUTCOME,
            title=contact.matter,
            content="\n".join(part for part in (contact.brief or contact.matter, said) if part),
            place=contact.place,
            town=contact.town,
            lead_unit_id=row.lead_unit_id,
            profile_code=row.profile_code,
            call_id=contact.call_id,
        ),
        by=by,
        idempotency_key=f"duty-instruction-{row.id}",
    )
    if row.lead_unit_id and ticket.status is TicketStatus.REGISTERED:
        ticket = act(
            session,
            ticket_id=ticket.id,
            action=TicketAction.DISPATCH,
            order=Order(version=ticket.version),
            by=by,
        )
    return ticket
