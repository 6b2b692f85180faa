"""Log in, log out, and who is behind a token."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from callcenter.accounts.models import LoginSession, User
from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Invalid, Unauthenticated
from callcenter.core.security import (
    SYSTEM,
    Actor,
    Permission,
    Role,
    hash_password,
    new_token,
    require,
    token_hash,
    verify_password,
)
from callcenter.settings import get_settings

MIN_PASSWORD = 8
# Verified against when the user is unknown, so that the answer takes as long as for a wrong password.
_NOBODY = hash_password(new_token())


def find_user(session: Session, *, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username))


def create_user(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    roles: list[Role],
    unit_id: str | None = None,
    by: Actor = SYSTEM,
) -> User:
    """Add an account."""
    require(by, Permission.ADMIN)
    if len(password) < MIN_PASSWORD:
        raise Invalid(f"密码至少 {MIN_PASSWORD} 位，请换一个更长的密码。", code="password_too_short")
    if find_user(session, username=username):
        raise Conflict(f"账号“{username}”已存在，请换一个账号名。", code="username_taken")
    user = User(
        username=username,
        name=name,
        password_hash=hash_password(password),
        roles=[role.value for role in roles],
        unit_id=unit_id,
        created_at=now(),
    )
    session.add(user)
    session.flush()
    audit.record(session, by, "user.create", f"user:{user.id}", details={"roles": user.roles})
    return user


def log_in(session: Session, *, username: str, password: str) -> tuple[User, str]:
    """Check the password and open a session; returns the user and the token."""
    user = find_user(session, username=username)
    valid = verify_password(user.password_hash if user else _NOBODY, password)
    if user is None or not valid or not user.is_active:
        raise Unauthenticated("账号或密码不正确，请核对后重新输入。", code="wrong_credentials")
    token = open_session(session, user=user)
    audit.record(session, user.as_actor(), "session.open", f"user:{user.id}")
    return user, token


def open_session(session: Session, *, user: User) -> str:
    """A new session for the user; returns its token, which is kept nowhere."""
    token = new_token()
    opened = now()
    session.execute(delete(LoginSession).where(LoginSession.expires_at < opened))
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=opened,
            expires_at=opened + timedelta(hours=get_settings().session_hours),
        )
    )
    session.flush()
    return token


def authenticate(session: Session, *, token: str) -> User:
    """The user behind a valid token."""
    found = session.get(LoginSession, token_hash(token)) if token else None
    if found is None or found.expires_at < now() or not found.user.is_active:
        raise Unauthenticated("登录已失效，请重新登录。")
    return found.user


def log_out(session: Session, *, token: str) -> None:
    """End the session; ending it twice is fine."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == token_hash(token)))
