"""What the API takes and says of leaders' calls and instructions. Numbers are masked."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.calls.lifecycle import CallState
from callcenter.calls.models import Call
from callcenter.core.clock import local
from callcenter.core.masking import mask_number, mask_text
from callcenter.duty.lifecycle import STAGE_NAMES, Stage
from callcenter.duty.models import ContactResult, ContactSource, DutyContact, DutyInstruction
from callcenter.duty.schemas import Named, ShiftOut
from callcenter.duty.service.contacts import Brief, Seen
from callcenter.duty.service.figures import Figures, Report
from callcenter.duty.service.instructions import Draft, Tracked
from callcenter.reports.schemas import RateOut
from callcenter.tickets.schemas import Key, Line, Prose, TicketLineOut

SOURCE_NAMES = {ContactSource.HANDOVER: "话务员转接", ContactSource.DIRECT: "直接接听", ContactSource.VISIT: "窗口来访"}
RESULT_NAMES = {
    ContactResult.SOLVED: "当场解决",
    ContactResult.INSTRUCTED: "批示交办",
    ContactResult.NOTED: "已听取，另行研究",
    ContactResult.RETURNED: "转回话务员",
}


class BriefIn(BaseModel, extra="forbid"):
    """What was found out before; the page fills it from the suggestion."""

    matter: Named
    kind: Named
    topic: Named
    urgency: Named = "一般"
    brief: Prose = ""
    town: Line = ""
    place: Line = ""
    scope_note: Line = ""

    def brief_of(self) -> Brief:
        return Brief(**{name: getattr(self, name) for name in BriefIn.model_fields})


class HandOverIn(BriefIn):
    """To whom."""

    shift_id: Key


class OpenIn(BriefIn):
    """A caller straight from the queue, or a visitor when there is no call."""

    call_id: Line | None = None


class ConcludeIn(BaseModel, extra="forbid"):
    """What came of it."""

    result: Literal[ContactResult.SOLVED, ContactResult.NOTED]
    note: Annotated[Prose, Field(min_length=2)]


class InstructionIn(BaseModel, extra="forbid"):
    """The instruction on the version the writer saw."""

    text: Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
    version: int = Field(ge=0)
    urgency: Line = "一般"
    lead_unit_id: Line | None = None

    def draft(self) -> Draft:
        return Draft(**self.model_dump())


class InstructionOut(BaseModel, from_attributes=True):
    """The instruction as it is written now."""

    text: str = ""
    version: int = 0
    urgency: str = "一般"
    lead_unit_id: str | None = None
    written_by: int | None = None


class ContactOut(BaseModel):
    """A citizen's matter before somebody on shift."""

    id: int
    shift_id: int
    source: ContactSource
    source_name: str
    call_id: str | None
    matter: str
    brief: str
    kind: str
    topic: str
    urgency: str
    town: str
    place: str
    scope_note: str
    at: datetime
    result: ContactResult | None
    result_name: str
    result_note: str

    @classmethod
    def of(cls, contact: DutyContact) -> Self:
        names = ("id", "shift_id", "source", "call_id", "kind", "topic", "urgency", "town", "place")
        return cls.model_validate(
            {
                **{name: getattr(contact, name) for name in (*names, "scope_note", "result")},
                "source_name": SOURCE_NAMES[contact.source],
                "matter": mask_text(contact.matter),
                "brief": mask_text(contact.brief),
                "result_name": RESULT_NAMES[contact.result] if contact.result else "",
                "result_note": mask_text(contact.result_note),
                "at": local(contact.at),
            }
        )


class DeskCallerOut(BaseModel):
    """Who is on the line, masked."""

    call_id: str
    number: str
    withheld: bool
    state: CallState
    started_at: datetime
    answered_at: datetime | None
    repeat_count: int

    @classmethod
    def of(cls, call: Call) -> Self:
        names = ("state", "started_at", "answered_at", "repeat_count")
        return cls(
            call_id=call.id,
            number=mask_number(call.caller_number),
            withheld=call.caller_number is None,
            **{name: getattr(call, name) for name in names},
        )


class DeskOut(BaseModel):
    """What lies before the person on shift."""

    shift: ShiftOut
    contact: ContactOut | None
    stage: Stage | None
    stage_name: str
    caller: DeskCallerOut | None
    """Also of a call that came straight from the queue, with no contact yet."""
    decision: dict[str, Any] | None
    """The rules' suggestion, for a call of which nothing is written yet."""
    earlier: list[TicketLineOut]
    draft: InstructionOut | None
    issued: list["TrackedOut"]

    @staticmethod
    def stage_of(seen: Seen | None) -> tuple[Stage | None, str]:
        return (seen.stage, STAGE_NAMES[seen.stage]) if seen else (None, "")


class TrackedOut(BaseModel):
    """An instruction and its ticket."""

    id: int
    contact_id: int
    text: str
    leader: str
    issued_at: datetime
    callback_team: str
    ticket: TicketLineOut

    @classmethod
    def of(cls, tracked: Tracked) -> Self:
        row = tracked.instruction
        assert row.issued_at is not None
        return cls(
            id=row.id,
            contact_id=row.contact_id,
            text=mask_text(row.text),
            leader=row.contact.shift.user.name,
            issued_at=local(row.issued_at),
            callback_team=row.callback_team,
            ticket=TicketLineOut.of(tracked.ticket),
        )


class TrackedPageOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[TrackedOut]
    next: int | None


class IssuedOut(BaseModel):
    """The ticket that an instruction has become."""

    instruction_id: int
    ticket_id: int
    ticket_number: str
    profile_code: str
    callback_team: str

    @classmethod
    def of(cls, row: DutyInstruction, number: str) -> Self:
        assert row.ticket_id is not None
        ways = {"profile_code": row.profile_code, "callback_team": row.callback_team}
        return cls(instruction_id=row.id, ticket_id=row.ticket_id, ticket_number=number, **ways)


class DutyFiguresOut(BaseModel):
    """Of one person on shift."""

    user_id: int
    name: str
    shifts: int
    figures: list[RateOut]

    @classmethod
    def of(cls, figures: Figures) -> Self:
        rates = [RateOut.of(counted) for counted in figures.counted]
        return cls(user_id=figures.user_id, name=figures.name, shifts=figures.shifts, figures=rates)


class ShiftReportOut(BaseModel):
    """The report of a shift."""

    shift: ShiftOut
    figures: list[RateOut]
    contacts: list[ContactOut]
    instructions: list[TrackedOut]
    unwritten: list[str]

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls(
            shift=ShiftOut.of(report.shift),
            figures=[RateOut.of(counted) for counted in report.figures],
            contacts=[ContactOut.of(contact) for contact in report.contacts],
            instructions=[TrackedOut.of(tracked) for tracked in report.tracked],
            unwritten=report.unwritten,
        )
