"""What the API takes and says of calls. Numbers are masked; the full one is revealed as an act of its own."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, model_validator

from callcenter.calls.legs import LegOut
from callcenter.calls.lifecycle import CallOutcome, CallState
from callcenter.calls.lookup import CallFilter
from callcenter.calls.models import Call, CallbackKind, CallbackRequest, CallbackState, HandOver, How, Party
from callcenter.calls.slips import Slip
from callcenter.calls.telephony import MonitorMode
from callcenter.core.masking import mask_number, mask_text

Number = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9]{3,18}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class SlipIn(BaseModel, extra="forbid"):
    """A hand-over slip: what was said, where, who."""

    said: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""
    place: Text = ""
    person: Text = ""

    def slip(self) -> Slip:
        return Slip(**self.model_dump())


class ConsultIn(BaseModel, extra="forbid"):
    """Whom to call in: a unit by its duty number, a colleague, or any number; with a slip for them."""

    unit_id: str | None = Field(default=None, min_length=1, max_length=64)
    user_id: int | None = None
    number: Number | None = None
    together: bool = False
    """With the caller from the first word; for a unit or a number."""
    slip: SlipIn | None = None

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.unit_id is None and self.number is None and self.user_id is None:
            raise ValueError("请选择承办单位、同事或输入号码")
        return self


class ConsultOut(BaseModel):
    """The slip that was written, to write on."""

    slip_id: int | None


class RequeueIn(BaseModel, extra="forbid"):
    """To which queue; empty: the one the caller came from."""

    queue: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{0,40}$")] = ""
    slip: SlipIn | None = None


class MonitorIn(BaseModel, extra="forbid"):
    """How to be on the call, and why."""

    mode: MonitorMode = MonitorMode.LISTEN
    reason: Annotated[Text, Field(min_length=2)]


class ReasonIn(BaseModel, extra="forbid"):
    """Why it is done: it stands in the audit log."""

    reason: Annotated[Text, Field(min_length=2)]


class RevealOut(BaseModel):
    """The full number."""

    number: str


class DoneIn(BaseModel, extra="forbid"):
    """What became of the callback."""

    note: Text = ""


class PageIn(BaseModel, extra="forbid"):
    """Which calls to list, newest first; what is left out does not narrow."""

    state: CallState | None = None
    outcome: CallOutcome | None = None
    living: bool | None = None
    operator_id: int | None = None
    citizen_id: int | None = None
    number: Number | None = None
    line: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: str | None = None
    """Id of the last call of the page before."""
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    def filter(self) -> CallFilter:
        return CallFilter(**self.model_dump(exclude={"before", "limit"}))


class CallLineOut(BaseModel, from_attributes=True):
    """A call in a list."""

    id: str
    did: str
    line: str
    caller_number: str
    """Masked."""
    caller_withheld: bool
    is_outgoing: bool
    """We called them back."""
    citizen_id: int | None
    queue: str
    priority: int
    repeat_count: int
    state: CallState
    outcome: CallOutcome | None
    operator_id: int | None
    started_at: datetime
    queued_at: datetime | None
    rang_at: datetime | None
    answered_at: datetime | None
    operator_left_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    end_stage: str
    seen_late: bool
    route_failed: bool

    @classmethod
    def of(cls, call: Call) -> Self:
        return cls.model_validate(_masked(call))


class HandOverOut(BaseModel, from_attributes=True):
    """A hand-over slip and what became of it."""

    id: int
    leg_id: int | None
    queue: str
    said: str
    place: str
    person: str
    made_at: datetime
    made_by_name: str

    @classmethod
    def of(cls, made: HandOver) -> Self:
        known = {name: getattr(made, name) for name in cls.model_fields}
        return cls.model_validate({**known, "said": mask_text(made.said), "person": mask_text(made.person)})


class PresenceOut(BaseModel, from_attributes=True):
    """A stretch of the recording: who was on, and how; seconds from its start."""

    leg_id: int
    party: Party
    how: How
    from_at: datetime
    to_at: datetime | None
    from_seconds: float | None
    to_seconds: float | None


class RecordingOut(BaseModel):
    """The whole call in one file; private talk with a department beside it."""

    started_at: datetime | None
    url: str
    private_urls: list[str]


class CallOut(CallLineOut):
    """A call with its legs, the map of who was on when, and its recording."""

    legs: list[LegOut]
    hand_overs: list[HandOverOut]
    presences: list[PresenceOut]
    recording: RecordingOut | None
    timeline: list[dict[str, Any]]

    @classmethod
    def of(cls, call: Call) -> Self:
        return cls.model_validate(
            {
                **_masked(call),
                "legs": [LegOut.of(leg) for leg in call.legs],
                "hand_overs": [HandOverOut.of(made) for made in call.hand_overs],
                "presences": _presences(call),
                "recording": _recording(call),
                "timeline": [{"at": entry.at, "fact": entry.fact} for entry in call.timeline],
            }
        )


class CallsOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[CallLineOut]
    next: str | None


class CallbackOut(BaseModel, from_attributes=True):
    """Somebody to call back."""

    id: int
    call_id: str
    kind: CallbackKind
    number: str
    number_withheld: bool
    has_message: bool
    state: CallbackState
    requested_at: datetime
    done_at: datetime | None
    done_by: int | None
    note: str

    @classmethod
    def of(cls, request: CallbackRequest) -> Self:
        known = {name: getattr(request, name) for name in cls.model_fields if hasattr(request, name)}
        shown = {"number": mask_number(request.number), "number_withheld": request.number is None}
        return cls.model_validate({**known, **shown, "has_message": bool(request.file)})


class CallbacksOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[CallbackOut]
    next: int | None


def _masked(call: Call) -> dict[str, Any]:
    known = {name: getattr(call, name) for name in CallLineOut.model_fields if hasattr(call, name)}
    return {**known, "caller_number": mask_number(call.caller_number), "caller_withheld": call.caller_number is None}


def _presences(call: Call) -> list[PresenceOut]:
    start = call.recording_started_at

    def seconds(at: datetime | None) -> float | None:
        return round((at - start).total_seconds(), 3) if at and start else None

    return [
        PresenceOut(
            leg_id=presence.leg_id,
            party=presence.leg.party,
            how=presence.how,
            from_at=presence.from_at,
            to_at=presence.to_at,
            from_seconds=seconds(presence.from_at),
            to_seconds=seconds(presence.to_at),
        )
        for presence in call.presences
    ]


def _recording(call: Call) -> RecordingOut | None:
    if not call.recording_file:
        return None
    base = f"/api/calls/{call.id}/recording"
    private = [f"{base}/private/{number}" for number in range(len(call.private_recordings))]
    return RecordingOut(started_at=call.recording_started_at, url=base, private_urls=private)
