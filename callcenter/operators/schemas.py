"""What the API takes and says of seats."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from callcenter.operators.lifecycle import STATE_NAMES, SeatAction, SeatState, allowed_actions
from callcenter.operators.models import Operator, SeatPeriod
from callcenter.operators.telephony import PhoneKind
from callcenter.settings import get_settings

Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,8}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]


class LoginIn(BaseModel, extra="forbid"):
    """`extension` only checks that the operator sits at their own phone; `phone` left out: as before."""

    extension: Extension | None = None
    phone: PhoneKind | None = None
    page: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,64}$")] | None = None
    """Name the page gave itself; its phone answers from now on."""
    take_over: bool = False
    """Also when another page holds the seat."""


class PauseIn(BaseModel, extra="forbid"):
    """Why: one of the usual reasons or the operator's own words."""

    reason: Annotated[Reason, Field(min_length=1)]


class OperatorIn(BaseModel, extra="forbid"):
    """A seat for a user."""

    user_id: int
    extension: Extension
    queues: list[QueueName] = Field(default=["q12345"], min_length=1, max_length=20)


class OperatorOut(BaseModel):
    """A seat as others see it."""

    user_id: int
    name: str
    extension: str
    phone: PhoneKind
    queues: list[str]
    ranks: dict[str, int]
    state: SeatState
    state_name: str
    reason: str
    since: datetime
    call_id: str | None

    @classmethod
    def of(cls, operator: Operator) -> Self:
        return cls.model_validate(
            {
                "name": operator.user.name,
                "state_name": STATE_NAMES[operator.state],
                **{name: getattr(operator, name) for name in cls.model_fields if hasattr(operator, name)},
            }
        )


class OwnSeatOut(OperatorOut):
    """One's own seat: with what may be done now and the password the phone registers with."""

    sip_password: str
    held_by: str
    """Page whose phone answers; another page keeps its own quiet."""
    sip_domain: str = ""
    sip_url: str = ""
    """Where the page's own phone registers."""
    allowed_actions: list[SeatAction] = []

    @classmethod
    def of(cls, operator: Operator) -> Self:
        seat = super().of(operator)
        settings = get_settings()
        where = {"sip_domain": settings.sip_host, "sip_url": settings.browser_sip_url}
        return seat.model_copy(update={"allowed_actions": allowed_actions(operator.state), **where})


class PeriodOut(BaseModel, from_attributes=True):
    """A stretch of time in one state; the last one has no end."""

    state: SeatState
    state_name: str = ""
    reason: str
    from_at: datetime
    to_at: datetime | None

    @classmethod
    def of(cls, period: SeatPeriod) -> "PeriodOut":
        return cls.model_validate(period).model_copy(update={"state_name": STATE_NAMES[period.state]})
