"""Help asked for and given in writing during a call; incidents told to all operators and to those who wait."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.accounts.models import User
from callcenter.core.db import Base


class HelpState(StrEnum):
    """Open: nobody has answered yet."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


HELP_STATE_NAMES = {HelpState.OPEN: "待回应", HelpState.ANSWERED: "已回应", HelpState.CLOSED: "已结束"}


class HelpRequest(Base):
    """An operator asks for help; the caller hears nothing of it."""

    __tablename__ = "help_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    state: Mapped[HelpState] = mapped_column(default=HelpState.OPEN, index=True)
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    notes: Mapped[list["HelpNote"]] = relationship(order_by="HelpNote.id", lazy="selectin")


class HelpNote(Base):
    """One line of the written talk."""

    __tablename__ = "help_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("help_request.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    text: Mapped[str]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class BannerSound(StrEnum):
    """What the queues play of it: nothing yet, the general sentence, or the banner's own words."""

    WAITING = "waiting"
    PLAIN = "plain"
    SPOKEN = "spoken"


BANNER_SOUND_NAMES = {
    BannerSound.WAITING: "队列尚未播放",
    BannerSound.PLAIN: "队列播放通用提示",
    BannerSound.SPOKEN: "队列播放本通知",
}


class Banner(Base):
    """An incident: shown to everybody on shift, and played to those who wait in its queues."""

    __tablename__ = "banner"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Of the request that made it: the same request again makes no second one."""
    text: Mapped[str]
    queues: Mapped[list[str]]
    """Empty: shown only."""
    reason: Mapped[str]
    started_at: Mapped[datetime]
    started_by: Mapped[int | None]
    ends_at: Mapped[datetime]
    """When it goes by itself: a banner nobody took down must not be heard the next day."""
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_by: Mapped[int | None]
    sound: Mapped[BannerSound] = mapped_column(default=BannerSound.WAITING)
    """As the telephone system last reported it."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often it was tried to speak the text."""
