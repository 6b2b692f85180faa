"""What the API takes and says of disputes and precedents."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.core.masking import mask_text
from callcenter.tickets.dispute_models import DISPUTE_STATE_NAMES, Dispute, DisputeState
from callcenter.tickets.disputes import Precedent

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1000, pattern=r"^[^\x00]*$")]


class DisputeOut(BaseModel, from_attributes=True):
    """A case with its parties, its grounds, its ruling, and whether that still stands."""

    id: int
    ticket_id: int
    ticket_number: str = ""
    ticket_title: str = ""
    topic: str
    town: str
    state: DisputeState
    state_name: str = ""
    objector_id: str
    proposed_unit_id: str | None
    grounds: str
    opened_at: datetime
    ruled_unit_id: str | None
    basis: str
    ruled_at: datetime | None
    ruled_by_name: str
    withdrawn_at: datetime | None
    withdrawn_by_name: str
    withdrawn_because: str
    superseded_by_id: int | None
    is_precedent: bool

    @classmethod
    def of(cls, case: Dispute) -> Self:
        """Free text with numbers masked: a case is read by more people than its ticket."""
        return cls.model_validate(case).model_copy(update=_shown(case))


class PrecedentOut(DisputeOut):
    """A ruling that may hold for another ticket, and why it is shown there."""

    why: str = ""

    @classmethod
    def of_precedent(cls, found: Precedent) -> Self:
        shown = {**_shown(found.dispute), "why": found.why}
        return cls.model_validate(found.dispute).model_copy(update=shown)


class DisputePageOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[DisputeOut]
    next: int | None


class TicketDisputesOut(BaseModel):
    """A ticket's own cases, and the rulings on alike matters."""

    cases: list[DisputeOut]
    precedents: list[PrecedentOut]


class WithdrawIn(BaseModel, extra="forbid"):
    """Why a ruling is no precedent any more, and which one takes its place."""

    reason: Reason
    superseded_by_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


def _shown(case: Dispute) -> dict[str, str]:
    return {
        "ticket_number": case.ticket.number,
        "ticket_title": mask_text(case.ticket.title),
        "state_name": DISPUTE_STATE_NAMES[case.state],
        "grounds": mask_text(case.grounds),
        "basis": mask_text(case.basis),
    }
