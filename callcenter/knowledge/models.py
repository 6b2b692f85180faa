"""Tables of the knowledge base: entries with their versions, their use, what found no answer, tasks, notices."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.knowledge.content import Audience, Content
from callcenter.knowledge.lifecycle import EntryAction, EntryStatus, next_status


class Entry(Base):
    """A question with its answer through all its versions."""

    __tablename__ = "knowledge_entry"

    id: Mapped[str] = mapped_column(primary_key=True)
    """K001, K002, …: what people quote."""
    changed_at: Mapped[datetime] = mapped_column(index=True)
    """When what the search sees of it last changed."""
    check_due_on: Mapped[date | None] = mapped_column(index=True)
    """By then the owner unit confirms that the published answer still holds; None while nothing is published."""

    versions: Mapped[list["EntryVersion"]] = relationship(
        order_by="EntryVersion.number", back_populates="entry", lazy="selectin"
    )

    @property
    def latest(self) -> "EntryVersion":
        return self.versions[-1]

    @property
    def published(self) -> "EntryVersion | None":
        return next((v for v in reversed(self.versions) if v.status is EntryStatus.PUBLISHED), None)


class EntryVersion(Base):
    """What an entry said or is to say; a version once published is never changed."""

    __tablename__ = "knowledge_version"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("knowledge_entry.id"))
    number: Mapped[int]
    status: Mapped[EntryStatus] = mapped_column(index=True)
    question: Mapped[str]
    answer: Mapped[str]
    owner_unit: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    topic: Mapped[str]
    other_phrasings: Mapped[list[str]]
    keywords: Mapped[list[str]]
    basis: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    areas: Mapped[list[str]]
    audience: Mapped[list[str]]
    note: Mapped[str]
    author_id: Mapped[int | None]
    author_name: Mapped[str]
    written_at: Mapped[datetime]
    reviewer_name: Mapped[str] = mapped_column(default="")
    reviewed_at: Mapped[datetime | None]

    entry: Mapped[Entry] = relationship(back_populates="versions")

    def apply(self, action: EntryAction) -> None:
        """Move to the status after the action, if the life cycle allows it."""
        self.status = next_status(self.status, action)

    @property
    def content(self) -> Content:
        return Content(
            question=self.question,
            answer=self.answer,
            owner_unit=self.owner_unit,
            topic=self.topic,
            other_phrasings=tuple(self.other_phrasings),
            keywords=tuple(self.keywords),
            basis=self.basis,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            areas=tuple(self.areas),
            audience=tuple(Audience(name) for name in self.audience),
            note=self.note,
        )

    @content.setter
    def content(self, content: Content) -> None:
        for name, value in vars(content).items():
            setattr(self, name, list(value) if isinstance(value, tuple) else value)


class EntryUse(Base):
    """An operator gave the answer to a caller, or judged it."""

    __tablename__ = "knowledge_use"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[str] = mapped_column(ForeignKey("knowledge_entry.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None]
    call_id: Mapped[str | None] = mapped_column(index=True)
    useful: Mapped[bool | None]
    """None: used, not judged."""


class UnansweredQuestion(Base):
    """What operators searched for and found no answer to; the same words count up."""

    __tablename__ = "knowledge_unanswered"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    """Numbers of people are masked before it is kept."""
    times: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_task.id"))


class TaskKind(StrEnum):
    """Why a unit is asked to write."""

    UNANSWERED = "unanswered"
    UPKEEP = "upkeep"


class KnowledgeTask(Base):
    """A unit is asked to write an entry, or to check one that is due."""

    __tablename__ = "knowledge_task"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TaskKind]
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("knowledge_entry.id"), index=True)
    """The entry to check, or the one written for the question."""
    text: Mapped[str]
    due_on: Mapped[date]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class Notice(Base):
    """What holds today: an outage, a closed road, an event. Gone by itself after its end."""

    __tablename__ = "knowledge_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    areas: Mapped[list[str]]
    """Towns concerned; empty: the whole city."""
    audience: Mapped[list[str]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    author_name: Mapped[str]
