"""Accounts as an administrator keeps them: list, change, close, open again, new password, log out everywhere."""

import secrets

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import LoginSession, User
from callcenter.core import audit, bus
from callcenter.core.errors import Conflict, NotFound
from callcenter.core.security import Actor, Permission, Role, hash_password, require


def users(session: Session, *, by: Actor, text: str = "", active: bool | None = None) -> list[User]:
    """Accounts whose name or login contains the text."""
    require(by, Permission.ADMIN)
    query = select(User).order_by(User.username)
    if text:
        query = query.where(or_(*(column.contains(text, autoescape=True) for column in (User.username, User.name))))
    if active is not None:
        query = query.where(User.is_active == active)
    return list(session.scalars(query))


def open_logins(session: Session) -> dict[int, int]:
    """How many sessions each user has open."""
    counted = select(LoginSession.user_id, func.count()).group_by(LoginSession.user_id)
    return dict(session.execute(counted).all())


def change_user(
    session: Session, *, user_id: int, name: str, roles: list[Role], unit_id: str | None, by: Actor
) -> User:
    """Name, roles and unit. What somebody may do changes at their next request."""
    require(by, Permission.ADMIN)
    user = _user(session, user_id)
    if Role.ADMIN not in roles:
        _keep_an_admin(session, user)
    before = {"name": user.name, "roles": user.roles, "unit_id": user.unit_id}
    after = {"name": name, "roles": [role.value for role in roles], "unit_id": unit_id}
    if before == after:
        return user
    user.name, user.roles, user.unit_id = name, [role.value for role in roles], unit_id
    _done(session, user, "user.change", by, {"before": before, "after": after})
    return user


def set_active(session: Session, *, user_id: int, active: bool, by: Actor) -> User:
    """Close an account, which logs it out everywhere, or open it again. History keeps its name."""
    require(by, Permission.ADMIN)
    user = _user(session, user_id)
    if user.is_active is active:
        return user
    if not active:
        if user.id == by.user_id:
            raise Conflict("不能停用自己的账号，请由另一位管理员操作。", code="own_account")
        _keep_an_admin(session, user)
        _end_sessions(session, user)
    user.is_active = active
    _done(session, user, "user.open" if active else "user.close", by)
    return user


def new_password() -> str:
    """To be told once and changed by its owner."""
    return secrets.token_urlsafe(9)


def reset_password(session: Session, *, user_id: int, by: Actor) -> tuple[User, str]:
    """A new password, told once; every session ends."""
    require(by, Permission.ADMIN)
    user = _user(session, user_id)
    password = new_password()
    user.password_hash = hash_password(password)
    _end_sessions(session, user)
    _done(session, user, "user.reset_password", by)
    return user, password


def log_out_everywhere(session: Session, *, user_id: int, by: Actor) -> int:
    """End every session of the user; returns how many."""
    require(by, Permission.ADMIN)
    user = _user(session, user_id)
    ended = _end_sessions(session, user)
    _done(session, user, "user.log_out", by, {"sessions": ended})
    return ended


def _user(session: Session, user_id: int) -> User:
    found = session.get(User, user_id, with_for_update=True)
    if found is None:
        raise NotFound("没有这个账号，请刷新列表。", code="user_not_found")
    return found


def _keep_an_admin(session: Session, user: User) -> None:
    others = session.scalars(select(User).where(User.is_active, User.id != user.id))
    if Role.ADMIN in user.roles and not any(Role.ADMIN in other.roles for other in others):
        raise Conflict("这是最后一个可用的管理员账号，请先设另一位管理员。", code="last_admin")


def _end_sessions(session: Session, user: User) -> int:
    tokens = session.scalars(select(LoginSession.token_hash).where(LoginSession.user_id == user.id)).all()
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    return len(tokens)


def _done(session: Session, user: User, action: str, by: Actor, details: dict[str, object] | None = None) -> None:
    session.flush()
    audit.record(session, by, action, f"user:{user.id}", details=details or {})
    bus.publish(session, "users", "user.changed", {"user_id": user.id})
