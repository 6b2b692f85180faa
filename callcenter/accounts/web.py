"""Who is asking: the token of a request (cookie for pages, bearer for programs) and its user."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from callcenter.accounts import service
from callcenter.core import db
from callcenter.core.security import Actor, Permission, require

COOKIE = "hotline_session"


def request_token(request: Request) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else request.cookies.get(COOKIE, "")


def current_user(request: Request) -> Actor:
    """Read in a transaction of its own, so that asking who somebody is waits for no writer."""
    with db.reading() as session:
        return service.authenticate(session, token=request_token(request)).as_actor()


CurrentUser = Annotated[Actor, Depends(current_user)]


@dataclass(frozen=True)
class permitted:  # noqa: N801  (used as the function it is)
    """Dependency: the current user, refused before anything is read unless permitted.

    Used as `user: Annotated[Actor, Depends(permitted(Permission.CALL_READ))]`.
    """

    permission: Permission

    def __call__(self, user: CurrentUser) -> Actor:
        require(user, self.permission)
        return user
