"""HTTP: accounts, for administrators."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from callcenter.accounts import administration, service
from callcenter.accounts.models import User
from callcenter.accounts.web import permitted
from callcenter.core.security import ROLE_NAMES, Actor, Permission, Role
from callcenter.core.web import ReadingDep, SessionDep

router = APIRouter(prefix="/api/users", tags=["accounts"])

Admin = Annotated[Actor, Depends(permitted(Permission.ADMIN))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Username = Annotated[str, StringConstraints(pattern=r"^[\w.-]{2,40}$")]


def _of_people(roles: list[Role]) -> list[Role]:
    if Role.SYSTEM in roles:
        raise ValueError("系统角色不能给账号")
    return roles


Roles = Annotated[list[Role], Field(min_length=1, max_length=6), AfterValidator(_of_people)]
UnitId = Annotated[str, StringConstraints(max_length=64)]


class AccountIn(BaseModel, extra="forbid"):
    """What an administrator sets of an account."""

    name: Name
    roles: Roles
    unit_id: UnitId | None = None


class NewAccountIn(AccountIn):
    """A new account; its password is made here and told once."""

    username: Username


class AccountOut(BaseModel):
    """An account in the list."""

    id: int
    username: str
    name: str
    roles: list[str]
    role_names: list[str]
    unit_id: str | None
    is_active: bool
    created_at: datetime
    sessions: int
    """Open log-ins."""

    @classmethod
    def of(cls, user: User, sessions: int = 0) -> "AccountOut":
        known = {name: getattr(user, name) for name in cls.model_fields if hasattr(user, name)}
        names = [ROLE_NAMES[Role(role)] for role in user.roles]
        return cls.model_validate({**known, "role_names": names, "sessions": sessions})


class PasswordOut(BaseModel):
    """The only time it is shown."""

    user: AccountOut
    password: str


class ActiveIn(BaseModel, extra="forbid"):
    """Open or closed."""

    active: bool


@router.get("")
def users(user: Admin, session: ReadingDep, text: str = "", active: bool | None = None) -> list[AccountOut]:
    """By login name."""
    logins = administration.open_logins(session)
    found = administration.users(session, by=user, text=text, active=active)
    return [AccountOut.of(account, logins.get(account.id, 0)) for account in found]


@router.post("", status_code=201)
def create(user: Admin, session: SessionDep, body: NewAccountIn) -> PasswordOut:
    """With a password of its own, told once."""
    password = administration.new_password()
    made = service.create_user(
        session,
        username=body.username,
        name=body.name,
        password=password,
        roles=body.roles,
        unit_id=body.unit_id,
        by=user,
    )
    return PasswordOut(user=AccountOut.of(made), password=password)


@router.put("/{user_id}")
def change(user: Admin, session: SessionDep, user_id: int, body: AccountIn) -> AccountOut:
    return AccountOut.of(administration.change_user(session, user_id=user_id, by=user, **body.model_dump()))


@router.put("/{user_id}/active")
def set_active(user: Admin, session: SessionDep, user_id: int, body: ActiveIn) -> AccountOut:
    """Close an account, which logs it out, or open it again."""
    return AccountOut.of(administration.set_active(session, user_id=user_id, active=body.active, by=user))


@router.post("/{user_id}/reset-password")
def reset_password(user: Admin, session: SessionDep, user_id: int) -> PasswordOut:
    """A new password, told once; every session ends."""
    account, password = administration.reset_password(session, user_id=user_id, by=user)
    return PasswordOut(user=AccountOut.of(account), password=password)


@router.post("/{user_id}/log-out", status_code=204)
def log_out_everywhere(user: Admin, session: SessionDep, user_id: int) -> None:
    administration.log_out_everywhere(session, user_id=user_id, by=user)
