"""HTTP: seats forced and moved, messages to the shift, silent help, incident banners."""

from typing import Annotated

from fastapi import APIRouter, Depends

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.directory.queues import known_queues
from callcenter.messages.schemas import MessageOut
from callcenter.operators.schemas import OperatorOut
from callcenter.operators.web import SeatTelephonyDep
from callcenter.steering import banners, helping, seats, talking
from callcenter.steering.schemas import (
    AskIn,
    AssignIn,
    BannerIn,
    BannerOut,
    ForceIn,
    HelpOut,
    QueueOut,
    TakeDownIn,
    WriteIn,
)

router = APIRouter(prefix="/api/steering", tags=["steering"])

Steerer = Annotated[Actor, Depends(permitted(Permission.SEAT_STEER))]
Seated = Annotated[Actor, Depends(permitted(Permission.SEAT_USE))]
Watcher = Annotated[Actor, Depends(permitted(Permission.STATE_READ))]


@router.get("/queues")
def queues(_user: Watcher) -> list[QueueOut]:
    """Every queue of the hotline, as the city's table names it."""
    return [QueueOut.model_validate(queue) for queue in known_queues().values()]


@router.post("/seats/{user_id}/state")
def force(user: Steerer, telephony: SeatTelephonyDep, user_id: int, body: ForceIn) -> OperatorOut:
    """Ready, break or offline, whatever the operator chose."""
    return OperatorOut.of(seats.force(telephony, user_id=user_id, state=body.state, reason=body.reason, by=user))


@router.put("/seats/{user_id}/queues")
def assign(user: Steerer, telephony: SeatTelephonyDep, user_id: int, body: AssignIn) -> OperatorOut:
    """Which queues the seat serves, and how early it is offered callers in each."""
    return OperatorOut.of(seats.assign(telephony, user_id=user_id, ranks=body.ranks, reason=body.reason, by=user))


@router.post("/messages", status_code=201)
def write(user: Steerer, session: SessionDep, body: WriteIn) -> list[MessageOut]:
    """To one operator, or to everybody on shift."""
    said = talking.write(session, key=body.key, user_id=body.user_id, text=body.text, by=user)
    return [MessageOut.of(message) for message in said]


@router.get("/help")
def living_help(user: Seated, session: ReadingDep) -> list[HelpOut]:
    """Open requests: all for a supervisor, one's own for an operator."""
    return [HelpOut.of(request) for request in helping.living(session, by=user)]


@router.post("/help", status_code=201)
def ask(user: Seated, session: SessionDep, body: AskIn) -> HelpOut:
    """Ask a supervisor for help without a word heard on the line; again to say more."""
    return HelpOut.of(helping.ask(session, text=body.text, by=user))


@router.post("/help/{request_id}/answer")
def answer(user: Steerer, session: SessionDep, request_id: int, body: AskIn) -> HelpOut:
    return HelpOut.of(helping.answer(session, request_id=request_id, text=body.text, by=user))


@router.post("/help/{request_id}/close")
def close(user: Seated, session: SessionDep, request_id: int) -> HelpOut:
    return HelpOut.of(helping.close(session, request_id=request_id, by=user))


@router.get("/banners")
def current(_user: Watcher, session: ReadingDep) -> list[BannerOut]:
    """Incidents of this moment, newest first."""
    return [BannerOut.of(banner) for banner in banners.current(session)]


@router.post("/banners", status_code=201)
def raise_banner(user: Steerer, session: SessionDep, body: BannerIn) -> BannerOut:
    """Tell all operators, and those who wait in the queues chosen."""
    return BannerOut.of(banners.raise_banner(session, by=user, **body.model_dump()))


@router.post("/banners/{banner_id}/end")
def take_down(user: Steerer, session: SessionDep, banner_id: int, body: TakeDownIn) -> BannerOut:
    return BannerOut.of(banners.take_down(session, banner_id=banner_id, reason=body.reason, by=user))
