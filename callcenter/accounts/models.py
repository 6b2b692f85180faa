"""Users and their login sessions."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.core.security import Actor, Role


class User(Base):
    """A person who works with the hotline."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]]
    unit_id: Mapped[str | None]
    """Handling unit the user works for; None for the hotline's own staff."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    def as_actor(self) -> Actor:
        return Actor(self.id, self.name, frozenset(Role(role) for role in self.roles), self.unit_id)


class LoginSession(Base):
    """One login. Only the hash of its token is kept; deleting the row logs out at once."""

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship(lazy="joined")
