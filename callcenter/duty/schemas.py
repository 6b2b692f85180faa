"""What the API takes and says of shifts."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.core.clock import local, now
from callcenter.directory.models import Unit
from callcenter.duty.lifecycle import PHASE_NAMES, Phase, announcement, phase
from callcenter.duty.models import DutyKind, DutyShift
from callcenter.duty.service.fitting import Break, Plan
from callcenter.duty.service.roster import breaks_of
from callcenter.operators.lifecycle import STATE_NAMES, SeatState
from callcenter.tickets.schemas import Key, Line

Named = Annotated[Line, Field(min_length=1)]
KIND_NAMES = {DutyKind.LEADER: "领导值机", DutyKind.OFFICE: "一线接处访", DutyKind.SEAT: "话务排班"}


class BreakIn(BaseModel, extra="forbid"):
    """A planned pause."""

    begins: AwareDatetime
    ends: AwareDatetime
    reason: Line = ""


class BreakOut(BaseModel):
    """A planned pause."""

    begins: datetime
    ends: datetime
    reason: str


class ShiftIn(BaseModel, extra="forbid"):
    """A shift to be planned."""

    kind: DutyKind
    user_id: Key
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    unit_id: Line | None = None
    place: Line = ""
    topics: list[Named] = Field(default=[], max_length=50)
    towns: list[Named] = Field(default=[], max_length=50)
    scope: Line = ""
    announcement: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    breaks: list[BreakIn] = Field(default=[], max_length=10)

    def plan(self) -> Plan:
        fields = self.model_dump(exclude={"topics", "towns", "breaks"})
        breaks = tuple(Break(pause.begins, pause.ends, pause.reason) for pause in self.breaks)
        return Plan(**fields, topics=tuple(self.topics), towns=tuple(self.towns), breaks=breaks)


class CopyIn(BaseModel, extra="forbid"):
    """Shifts that start in [since, until) once more, `days` later."""

    kind: DutyKind
    since: AwareDatetime
    until: AwareDatetime
    days: int = Field(ge=1, le=366)


class DutyReasonIn(BaseModel, extra="forbid"):
    """Why."""

    reason: Annotated[Line, Field(min_length=2)]


class ShiftOut(BaseModel):
    """A shift as planners and colleagues see it."""

    id: int
    kind: DutyKind
    kind_name: str
    user_id: int
    name: str
    unit_id: str | None
    starts_at: datetime
    ends_at: datetime
    phase: Phase
    phase_name: str
    place: str
    topics: list[str]
    towns: list[str]
    scope: str
    announcement: str
    breaks: list[BreakOut]
    media: str
    """The journalist admitted; empty: none."""
    cancel_reason: str

    @classmethod
    def of(cls, shift: DutyShift) -> Self:
        names = ("id", "kind", "user_id", "unit_id", "place", "topics", "towns", "scope", "cancel_reason")
        now_in = phase(shift.starts_at, shift.ends_at, shift.cancelled_at, now())
        return cls.model_validate(
            {
                **{name: getattr(shift, name) for name in (*names, "announcement")},
                "kind_name": KIND_NAMES[shift.kind],
                "name": shift.user.name,
                "media": shift.media.name if shift.media else "",
                "starts_at": local(shift.starts_at),
                "ends_at": local(shift.ends_at),
                "phase": now_in,
                "phase_name": PHASE_NAMES[now_in],
                "breaks": [
                    BreakOut(begins=local(b.begins), ends=local(b.ends), reason=b.reason) for b in breaks_of(shift)
                ],
            }
        )


class CopiedOut(BaseModel):
    """What was made, and what could not be."""

    made: list[ShiftOut]
    refused: list[str]


class OnNowOut(ShiftOut):
    """Somebody on shift, and whether their phone can be rung."""

    seat_state: SeatState | None
    seat_state_name: str

    @classmethod
    def now(cls, shift: DutyShift, state: SeatState | None) -> Self:
        name = STATE_NAMES[state] if state else "没有席位"
        return cls(**ShiftOut.of(shift).model_dump(), seat_state=state, seat_state_name=name)


class PersonOut(BaseModel, from_attributes=True):
    """Somebody who may be planned."""

    id: int
    name: str
    unit_id: str | None


class PublicShiftOut(BaseModel):
    """What is announced to the public."""

    name: str
    unit: str
    starts_at: datetime
    ends_at: datetime
    scope: str
    text: str

    @classmethod
    def of(cls, shift: DutyShift, unit: Unit | None) -> Self:
        name, unit_name = shift.user.name, unit.name if unit else ""
        begins, ends = local(shift.starts_at), local(shift.ends_at)
        text = announcement(name=name, unit=unit_name, starts_at=begins, ends_at=ends, scope=shift.scope)
        return cls(
            name=name,
            unit=unit_name,
            starts_at=begins,
            ends_at=ends,
            scope=shift.scope,
            text=shift.announcement or text,
        )
