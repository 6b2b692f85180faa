"""HTTP: one's own seat (log in, pause, be ready, wrap up, log out) and everybody's state."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime

from callcenter.accounts.web import permitted
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep
from callcenter.operators import desk, service
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.pages import Page
from callcenter.operators.schemas import LoginIn, OperatorIn, OperatorOut, OwnSeatOut, PauseIn, PeriodOut
from callcenter.operators.web import SeatTelephonyDep

router = APIRouter(prefix="/api/operators", tags=["operators"])

Seated = Annotated[Actor, Depends(permitted(Permission.SEAT_USE))]
Watcher = Annotated[Actor, Depends(permitted(Permission.STATE_READ))]
Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]


@router.get("")
def operators(_user: Watcher, session: ReadingDep) -> list[OperatorOut]:
    return [OperatorOut.of(operator) for operator in service.operators(session)]


@router.post("", status_code=201)
def create(user: Admin, telephony: SeatTelephonyDep, body: OperatorIn) -> OwnSeatOut:
    """A seat for a user; the phone may register at once, or as soon as the telephone system is back."""
    return OwnSeatOut.of(desk.create(telephony, by=user, **body.model_dump()))


@router.delete("/{user_id}", status_code=204)
def remove(user: Admin, telephony: SeatTelephonyDep, user_id: int) -> None:
    desk.remove(telephony, by=user, user_id=user_id)


@router.get("/me")
def my_seat(user: Seated, session: ReadingDep) -> OwnSeatOut:
    return OwnSeatOut.of(service.seat(session, user_id=user.user_id))


@router.get("/{user_id}/periods")
def periods(
    _user: Watcher, session: ReadingDep, user_id: int, since: AwareDatetime, until: AwareDatetime
) -> list[PeriodOut]:
    """What the seat did in [since, until), in order."""
    return [PeriodOut.of(period) for period in service.periods(session, user_id=user_id, since=since, until=until)]


@router.post("/me/login")
def log_in(user: Seated, telephony: SeatTelephonyDep, body: LoginIn | None = None) -> OwnSeatOut:
    """Take callers from now on, with the phone of this page; 409 `seat_held` while another page holds the seat."""
    said = body or LoginIn()
    page = Page(said.page, said.take_over) if said.page else None
    extension = said.extension or ""
    return OwnSeatOut.of(
        desk.act(telephony, by=user, action=SeatAction.LOG_IN, extension=extension, phone=said.phone, page=page)
    )


@router.post("/me/pause")
def pause(user: Seated, telephony: SeatTelephonyDep, body: PauseIn) -> OwnSeatOut:
    return OwnSeatOut.of(desk.act(telephony, by=user, action=SeatAction.PAUSE, reason=body.reason))


@router.post("/me/ready")
def ready(user: Seated, telephony: SeatTelephonyDep) -> OwnSeatOut:
    return OwnSeatOut.of(desk.act(telephony, by=user, action=SeatAction.READY))


@router.post("/me/wrap-up/done")
def finish_wrap_up(user: Seated, telephony: SeatTelephonyDep) -> OwnSeatOut:
    return OwnSeatOut.of(desk.act(telephony, by=user, action=SeatAction.FINISH_WRAP_UP))


@router.post("/me/logout")
def log_out(user: Seated, telephony: SeatTelephonyDep) -> OwnSeatOut:
    return OwnSeatOut.of(desk.act(telephony, by=user, action=SeatAction.LOG_OUT))
