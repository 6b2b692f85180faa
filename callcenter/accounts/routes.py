"""HTTP: log in, log out, who am I."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BaseModel, Field

from callcenter.accounts import service
from callcenter.accounts.web import COOKIE, CurrentUser, request_token
from callcenter.core.errors import HotlineError
from callcenter.core.security import ROLE_NAMES, Actor
from callcenter.core.web import SessionDep
from callcenter.settings import get_settings

router = APIRouter(prefix="/api", tags=["accounts"])

LOGIN_RATE = parse("10/minute")
_limiter = MovingWindowRateLimiter(MemoryStorage())


class TooManyAttempts(HotlineError):
    """Guards passwords against guessing."""

    status, code = 429, "too_many_attempts"


class LoginIn(BaseModel):
    """Account and password as typed."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class UserOut(BaseModel):
    """What a page may know of its user."""

    id: int | None
    name: str
    roles: list[str]
    role_names: list[str]
    unit_id: str | None

    @classmethod
    def of(cls, user: Actor) -> "UserOut":
        roles = sorted(user.roles)
        names = [ROLE_NAMES[role] for role in roles]
        return cls(id=user.user_id, name=user.name, roles=list(roles), role_names=names, unit_id=user.unit_id)


class LoginOut(BaseModel):
    """The session's token, for programs; pages use the cookie."""

    token: str
    user: UserOut


def slow_down(request: Request, body: LoginIn) -> None:
    """Ten attempts a minute for one account from one address."""
    client = request.client.host if request.client else ""
    if not _limiter.hit(LOGIN_RATE, client, body.username):
        raise TooManyAttempts("登录尝试过于频繁，请一分钟后再试。")


@router.post("/login", dependencies=[Depends(slow_down)])
def log_in(body: LoginIn, response: Response, session: SessionDep) -> LoginOut:
    user, token = service.log_in(session, username=body.username, password=body.password)
    response.set_cookie(COOKIE, token, max_age=get_settings().session_hours * 3600, httponly=True, samesite="strict")
    return LoginOut(token=token, user=UserOut.of(user.as_actor()))


@router.post("/logout", status_code=204)
def log_out(response: Response, session: SessionDep, token: Annotated[str, Depends(request_token)]) -> None:
    service.log_out(session, token=token)
    response.delete_cookie(COOKIE)


@router.get("/me")
def me(user: CurrentUser) -> UserOut:
    return UserOut.of(user)
