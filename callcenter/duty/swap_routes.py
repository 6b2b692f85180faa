"""HTTP: swapping shifts."""

from datetime import datetime
from typing import Self

from fastapi import APIRouter
from pydantic import BaseModel

from callcenter.core.clock import local
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.duty.models import DutyKind, DutyShift, DutySwap, SwapState
from callcenter.duty.routes import KeyPath, Planner, Reader
from callcenter.duty.service import swaps
from callcenter.tickets.schemas import Key, Line

router = APIRouter(prefix="/api/duty/swaps", tags=["duty"])


class SwapIn(BaseModel, extra="forbid"):
    """Whom to ask, and for which of their shifts; none: they only stand in."""

    shift_id: Key
    other_user_id: Key
    other_shift_id: Key | None = None
    note: Line = ""


class AnswerIn(BaseModel, extra="forbid"):
    """The colleague's word."""

    accept: bool


class RulingIn(BaseModel, extra="forbid"):
    """The supervisor's; a refusal has a reason."""

    approve: bool
    reason: Line = ""


class SwapOut(BaseModel):
    """A request and how far it has come."""

    id: int
    shift_id: int
    asked_by: int
    asker: str
    starts_at: datetime
    ends_at: datetime
    other_user_id: int
    other: str
    other_starts_at: datetime | None
    other_ends_at: datetime | None
    note: str
    state: SwapState
    state_name: str
    reason: str

    @classmethod
    def of(cls, swap: DutySwap) -> Self:
        names = ("id", "shift_id", "asked_by", "other_user_id", "note", "state", "reason")
        begins, ends = _times(swap.shift)
        other_begins, other_ends = _times(swap.other_shift)
        return cls.model_validate(
            {
                **{name: getattr(swap, name) for name in names},
                "asker": swap.asker.name,
                "other": swap.other.name,
                "starts_at": begins,
                "ends_at": ends,
                "other_starts_at": other_begins,
                "other_ends_at": other_ends,
                "state_name": swaps.SWAP_STATE_NAMES[swap.state],
            }
        )


def _times(shift: DutyShift | None) -> tuple[datetime | None, datetime | None]:
    return (local(shift.starts_at), local(shift.ends_at)) if shift else (None, None)


@router.get("")
def page(user: Reader, session: ReadingDep, kind: DutyKind) -> list[SwapOut]:
    """Of coming shifts, newest first: a planner sees all, everybody else their own."""
    return [SwapOut.of(swap) for swap in swaps.page(session, kind=kind, by=user)]


@router.post("", status_code=201)
def ask(user: Reader, session: SessionDep, body: SwapIn) -> SwapOut:
    """Ask a colleague to take one's own shift."""
    return SwapOut.of(swaps.ask(session, by=user, **body.model_dump()))


@router.post("/{swap_id}/answer")
def answer(user: Reader, session: SessionDep, swap_id: KeyPath, body: AnswerIn) -> SwapOut:
    """By whoever was asked."""
    return SwapOut.of(swaps.answer(session, swap_id=swap_id, accept=body.accept, by=user))


@router.post("/{swap_id}/withdraw")
def withdraw(user: Reader, session: SessionDep, swap_id: KeyPath) -> SwapOut:
    """By whoever asked."""
    return SwapOut.of(swaps.withdraw(session, swap_id=swap_id, by=user))


@router.post("/{swap_id}/rule")
def rule(user: Planner, session: SessionDep, swap_id: KeyPath, body: RulingIn) -> SwapOut:
    """Approved, the two change places on the roster."""
    return SwapOut.of(swaps.rule(session, swap_id=swap_id, approve=body.approve, reason=body.reason, by=user))
