"""HTTP: the systems that are told of steps of tickets."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from callcenter.accounts.web import permitted
from callcenter.core.fields import Key, Line
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.messages import webhooks
from callcenter.messages.models import MESSAGE_STATE_NAMES, Message, MessageState

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])

Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]


class HookIn(BaseModel, extra="forbid"):
    """Whom to tell of what."""

    name: Annotated[Line, Field(min_length=1)]
    url: Annotated[Line, Field(min_length=8)]
    events: list[Line] = Field(default=[], max_length=50)
    """Names such as `ticket.dispatch`; empty: all."""


class SwitchIn(BaseModel, extra="forbid"):
    """Whether it is told."""

    active: bool


class HookOut(BaseModel, from_attributes=True):
    """A system that is told; its secret is not shown."""

    id: int
    name: str
    url: str
    events: list[str]
    is_active: bool
    created_at: datetime


class NewHookOut(HookOut):
    """A new one, with the secret that its requests are signed with; it is shown this once."""

    secret: str


class DeliveryOut(BaseModel):
    """One message to a system and what became of it."""

    id: int
    event: str
    subject: str
    state: MessageState
    state_name: str
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, message: Message) -> Self:
        known = {name: getattr(message, name) for name in cls.model_fields if hasattr(message, name)}
        return cls(**known, event=message.title, state_name=MESSAGE_STATE_NAMES[message.state])


@router.get("")
def hooks(user: Admin, session: ReadingDep) -> list[HookOut]:
    return [HookOut.model_validate(hook) for hook in webhooks.listed(session, by=user)]


@router.post("", status_code=201)
def create(user: Admin, session: SessionDep, body: HookIn) -> NewHookOut:
    hook, secret = webhooks.create(session, name=body.name, url=body.url, events=body.events, by=user)
    return NewHookOut(**HookOut.model_validate(hook).model_dump(), secret=secret)


@router.put("/{hook_id}")
def change(user: Admin, session: SessionDep, hook_id: Annotated[Key, Path()], body: HookIn) -> HookOut:
    """Its secret stays."""
    hook = webhooks.change(session, hook_id=hook_id, name=body.name, url=body.url, events=body.events, by=user)
    return HookOut.model_validate(hook)


@router.get("/{hook_id}/deliveries")
def deliveries(
    user: Admin,
    session: ReadingDep,
    hook_id: Annotated[Key, Path()],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DeliveryOut]:
    """Newest first."""
    found = webhooks.deliveries(session, hook_id=hook_id, limit=limit, by=user)
    return [DeliveryOut.of(message) for message in found]


@router.post("/{hook_id}/test", status_code=202)
def attempt(user: Admin, session: SessionDep, hook_id: Annotated[Key, Path()]) -> None:
    """Send it a message that says nothing; what became of it stands among the deliveries."""
    webhooks.attempt(session, hook_id=hook_id, by=user)


@router.put("/{hook_id}/active")
def switch(user: Admin, session: SessionDep, hook_id: Annotated[Key, Path()], body: SwitchIn) -> HookOut:
    return HookOut.model_validate(webhooks.switch(session, hook_id=hook_id, active=body.active, by=user))
