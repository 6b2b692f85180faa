"""Callbacks as the API takes and gives them. Numbers are masked: the surveyor dials with one key and needs none."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.core.masking import mask_name, mask_number, mask_text
from callcenter.core.security import Actor, Permission
from callcenter.followups.ending import Result
from callcenter.followups.lifecycle import (
    EXCLUSION_NAMES,
    OUTCOME_NAMES,
    SATISFACTION_NAMES,
    SOLVED_NAMES,
    STATUS_NAMES,
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    How,
    Outcome,
    Satisfaction,
    Solved,
    Source,
    Team,
)
from callcenter.followups.models import Attempt, FollowUp
from callcenter.followups.rules import ACTION_NAMES, Action, Reason
from callcenter.tickets.schemas import SECRET_CALLER, Prose


class AttemptOut(BaseModel):
    """One try."""

    id: str
    number: int
    how: How
    ordered_at: datetime
    dialled_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    outcome_name: str
    note: str

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        names = ("id", "number", "how", "ordered_at", "dialled_at", "answered_at", "ended_at", "outcome", "note")
        name = OUTCOME_NAMES[attempt.outcome] if attempt.outcome else "拨打中"
        return cls(**{field: getattr(attempt, field) for field in names}, outcome_name=name)


class FollowUpOut(BaseModel):
    """A callback with the ticket it is about."""

    id: int
    ticket_id: int
    ticket_number: str
    title: str
    unit_id: str | None
    kind: str
    round: int
    team: Team
    by_robot: bool
    status: FollowUpStatus
    status_name: str
    created_at: datetime
    next_try_at: datetime | None
    claimed_by: int | None
    attempts: list[AttemptOut]
    unit_satisfaction: Satisfaction | None
    unit_satisfaction_name: str
    hotline_satisfaction: Satisfaction | None
    hotline_satisfaction_name: str
    solved: Solved | None
    solved_name: str
    contacted: bool | None
    reason: str
    verbatim: str
    source: Source | None
    ended_at: datetime | None
    consequence: str
    consequence_name: str
    explanation: str
    exclusion: Exclusion | None
    exclusion_name: str
    exclusion_state: ExclusionState | None
    exclusion_note: str

    @classmethod
    def of(cls, found: FollowUp) -> Self:
        return cls(**_fields(found))

    @classmethod
    def seen_by(cls, found: FollowUp, by: Actor) -> Self:
        """To others than the hotline's own without the words of who asked in secret."""
        shown = cls.of(found)
        if found.ticket.is_secret and not by.may(Permission.FOLLOWUP_WORK):
            return shown.model_copy(update={"verbatim": ""})
        return shown


class WorkOut(FollowUpOut):
    """What the surveyor needs for the talk."""

    caller_name: str
    caller_number: str
    place: str
    content: str
    answer: str
    """What the unit replied."""
    registered_at: datetime
    told: str
    """What the unit wants the citizen to be told, of a callback after an explanation."""
    earlier: list[FollowUpOut]
    talk: list["WordsOut"]


class WordsOut(BaseModel):
    """A sentence of the talk as recognised."""

    by_citizen: bool
    at: datetime
    text: str


class ResultIn(BaseModel, extra="forbid"):
    """The form of a talk."""

    unit_satisfaction: Satisfaction
    hotline_satisfaction: Satisfaction
    solved: Solved
    contacted: bool | None = None
    reason: Annotated[str, StringConstraints(max_length=40)] = ""
    verbatim: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00]*$")] = ""
    exclusion: Exclusion | None = None
    exclusion_note: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""

    def result(self) -> Result:
        return Result(**self.model_dump(exclude={"exclusion", "exclusion_note"}))


class OutcomeIn(BaseModel, extra="forbid"):
    """Who or what answered."""

    outcome: Outcome


class ExplanationIn(BaseModel, extra="forbid"):
    text: Prose


class ExclusionDecisionIn(BaseModel, extra="forbid"):
    approve: bool
    note: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class FollowUpsOut(BaseModel):
    """One page; `next` goes into `before` for the page after it."""

    items: list[FollowUpOut]
    next: int | None


class ChoiceOut(BaseModel):
    code: str
    name: str


class ReasonOut(ChoiceOut):
    subject: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return cls(code=reason.code, name=reason.name, subject=reason.subject)


class FormOut(BaseModel):
    """What the form offers."""

    satisfaction: list[ChoiceOut]
    solved: list[ChoiceOut]
    reasons: list[ReasonOut]
    exclusions: list[ChoiceOut]
    outcomes: list[ChoiceOut]
    hours: str


class TeamIn(BaseModel, extra="forbid"):
    """Who calls back what leaders took."""

    user_ids: list[int] = Field(max_length=200)


class LinkOut(BaseModel):
    """What the page of a link shows: no word of who asked."""

    ticket_number: str
    title: str
    is_open: bool


class LinkIn(BaseModel, extra="forbid"):
    unit_satisfaction: Satisfaction
    hotline_satisfaction: Satisfaction
    solved: Solved
    contacted: bool | None = None
    verbatim: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")] = ""


def work_of(found: FollowUp, *, told: str, earlier: list[FollowUp], talk: list[tuple[bool, datetime, str]]) -> WorkOut:
    """The follow-up as the surveyor works on it."""
    ticket = found.ticket
    secret = ticket.is_secret
    return WorkOut(
        **_fields(found),
        caller_name=SECRET_CALLER if secret else mask_name(ticket.caller.name),
        caller_number=mask_number(ticket.caller.number),
        place=ticket.place,
        content=mask_text(ticket.content),
        answer=ticket.answer,
        registered_at=ticket.registered_at,
        told=told,
        earlier=[FollowUpOut.of(one) for one in earlier],
        talk=[WordsOut(by_citizen=by_citizen, at=at, text=text) for by_citizen, at, text in talk],
    )


def _fields(found: FollowUp) -> dict[str, Any]:
    own = set(FollowUpOut.model_fields) & {column.key for column in FollowUp.__table__.columns}
    action = found.consequence if found.consequence in [*Action] else None
    return {
        **{name: getattr(found, name) for name in own},
        "ticket_number": found.ticket.number,
        "title": found.ticket.title,
        "kind": found.ticket.kind,
        "status_name": STATUS_NAMES[found.status],
        "attempts": [AttemptOut.of(attempt) for attempt in found.attempts],
        "unit_satisfaction_name": SATISFACTION_NAMES[found.unit_satisfaction] if found.unit_satisfaction else "",
        "hotline_satisfaction_name": (
            SATISFACTION_NAMES[found.hotline_satisfaction] if found.hotline_satisfaction else ""
        ),
        "solved_name": SOLVED_NAMES[found.solved] if found.solved else "",
        "consequence_name": ACTION_NAMES[Action(action)] if action else "",
        "exclusion_name": EXCLUSION_NAMES[found.exclusion] if found.exclusion else "",
    }
