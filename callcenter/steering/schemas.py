"""What the API takes and says of steering."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.operators.schemas import QueueName
from callcenter.steering.banners import LONGEST_TEXT
from callcenter.steering.models import (
    BANNER_SOUND_NAMES,
    HELP_STATE_NAMES,
    Banner,
    BannerSound,
    HelpNote,
    HelpRequest,
    HelpState,
)
from callcenter.steering.seats import HIGHEST_RANK, Forced

_PLAIN = r"^[^\x00]*$"
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=40, pattern=_PLAIN)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=_PLAIN)]
BannerText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=4, max_length=LONGEST_TEXT, pattern=_PLAIN)
]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,64}$")]


class ForceIn(BaseModel, extra="forbid"):
    """The state to put a seat in, and why."""

    state: Forced
    reason: Reason


class AssignIn(BaseModel, extra="forbid"):
    """Queues to serve with the rank in each: 0 is offered callers first."""

    ranks: dict[QueueName, Annotated[int, Field(ge=0, le=HIGHEST_RANK)]] = Field(max_length=30)
    reason: Reason


class WriteIn(BaseModel, extra="forbid"):
    """A message; without `user_id` to everybody on shift."""

    key: Key
    user_id: int | None = None
    text: Text


class AskIn(BaseModel, extra="forbid"):
    """What help is needed with, or given."""

    text: Text


class BannerIn(BaseModel, extra="forbid"):
    """An incident, the queues whose callers hear of it, and for how long at most."""

    key: Key
    text: BannerText
    queues: list[QueueName] = Field(default=[], max_length=30)
    hours: float = Field(default=4, gt=0, le=72)
    reason: Reason


class TakeDownIn(BaseModel, extra="forbid"):
    """Why the incident is over."""

    reason: Reason


class NoteOut(BaseModel):
    """One line of the written talk."""

    at: datetime
    user_id: int
    name: str
    text: str

    @classmethod
    def of(cls, note: HelpNote) -> Self:
        return cls(at=note.at, user_id=note.user_id, name=note.user.name, text=note.text)


class HelpOut(BaseModel):
    """A request for help with all that was written."""

    id: int
    user_id: int
    name: str
    call_id: str | None
    state: HelpState
    state_name: str
    asked_at: datetime
    answered_at: datetime | None
    notes: list[NoteOut]

    @classmethod
    def of(cls, request: HelpRequest) -> Self:
        return cls(
            id=request.id,
            user_id=request.user_id,
            name=request.user.name,
            call_id=request.call_id,
            state=request.state,
            state_name=HELP_STATE_NAMES[request.state],
            asked_at=request.asked_at,
            answered_at=request.answered_at,
            notes=[NoteOut.of(note) for note in request.notes],
        )


class BannerOut(BaseModel, from_attributes=True):
    """A banner, and what the queues play of it."""

    id: int
    text: str
    queues: list[str]
    reason: str
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    sound: BannerSound
    sound_name: str = ""

    @classmethod
    def of(cls, banner: Banner) -> Self:
        name = BANNER_SOUND_NAMES[banner.sound] if banner.queues else "不在队列播放"
        return cls.model_validate(banner).model_copy(update={"sound_name": name})


class QueueOut(BaseModel, from_attributes=True):
    """A queue that seats can serve."""

    queue: str
    name: str
    skill: str
