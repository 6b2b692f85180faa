"""What the knowledge interface takes and gives."""

from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.knowledge.content import Audience, Content
from callcenter.knowledge.lifecycle import STATUS_NAMES, EntryStatus
from callcenter.knowledge.models import Entry, EntryVersion, Notice, TaskKind
from callcenter.knowledge.service.editing import LONGEST_ANSWER, LONGEST_QUESTION
from callcenter.knowledge.service.notices import Announcement
from callcenter.knowledge.service.queries import Usage
from callcenter.knowledge.service.searching import Answer

Words = list[str]


def _with_tuples(body: BaseModel) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in body.model_dump().items()}


class ContentIn(BaseModel):
    """What an entry is to say."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    answer: str = Field(min_length=1, max_length=LONGEST_ANSWER)
    owner_unit: str = Field(min_length=1, max_length=64)
    topic: str = Field("", max_length=100)
    other_phrasings: Words = Field([], max_length=50)
    keywords: Words = Field([], max_length=50)
    basis: str = Field("", max_length=500)
    valid_from: date | None = None
    valid_to: date | None = None
    areas: Words = Field([], max_length=50)
    audience: list[Audience] = Field([Audience.OPERATOR], min_length=1)
    note: str = Field("", max_length=500)

    def content(self) -> Content:
        return Content(**_with_tuples(self))


class ContentOut(BaseModel):
    """What an entry says."""

    model_config = ConfigDict(from_attributes=True)

    question: str
    answer: str
    owner_unit: str
    topic: str
    other_phrasings: Words
    keywords: Words
    basis: str
    valid_from: date | None
    valid_to: date | None
    areas: Words
    audience: list[Audience]
    note: str


class VersionOut(BaseModel):
    """One version with who wrote and who reviewed it."""

    number: int
    status: EntryStatus
    status_name: str
    author_name: str
    written_at: datetime
    reviewer_name: str
    reviewed_at: datetime | None
    content: ContentOut

    @classmethod
    def of(cls, version: EntryVersion) -> "VersionOut":
        return cls(
            number=version.number,
            status=version.status,
            status_name=STATUS_NAMES[version.status],
            author_name=version.author_name,
            written_at=version.written_at,
            reviewer_name=version.reviewer_name,
            reviewed_at=version.reviewed_at,
            content=ContentOut.model_validate(version.content),
        )


class EntryOut(BaseModel):
    """An entry: what people are told now, and what is being written."""

    id: str
    published: VersionOut | None
    latest: VersionOut
    check_due_on: date | None
    used: int
    useful: int
    useless: int

    @classmethod
    def of(cls, entry: Entry, usage: Usage) -> "EntryOut":
        return cls(
            id=entry.id,
            published=VersionOut.of(entry.published) if entry.published else None,
            latest=VersionOut.of(entry.latest),
            check_due_on=entry.check_due_on,
            **vars(usage),
        )


class AnswerOut(BaseModel):
    """An answer found."""

    id: str
    question: str
    answer: str
    owner_unit: str
    topic: str
    basis: str
    score: float

    @classmethod
    def of(cls, found: Answer) -> "AnswerOut":
        content = found.content
        return cls(
            id=found.entry_id,
            question=content.question,
            answer=content.answer,
            owner_unit=content.owner_unit,
            topic=content.topic,
            basis=content.basis,
            score=found.score,
        )


class PublicAnswerOut(BaseModel):
    """An answer as citizens see it."""

    question: str
    answer: str

    @classmethod
    def of(cls, found: Answer) -> "PublicAnswerOut":
        return cls(question=found.content.question, answer=found.content.answer)


class NoticeOut(BaseModel):
    """A notice in force."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    text: str
    unit_id: str | None
    areas: Words
    audience: list[Audience]
    starts_at: datetime
    ends_at: datetime


class PublicNoticeOut(BaseModel):
    """A notice as citizens see it."""

    title: str
    text: str
    ends_at: datetime

    @classmethod
    def of(cls, notice: Notice) -> "PublicNoticeOut":
        return cls(title=notice.title, text=notice.text, ends_at=notice.ends_at)


class NoticeIn(BaseModel):
    """A notice to be shown."""

    title: str = Field(min_length=1, max_length=100)
    text: str = Field(min_length=1, max_length=2000)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    unit_id: str | None = None
    areas: Words = Field([], max_length=50)
    audience: list[Audience] = Field([Audience.OPERATOR], min_length=1)

    def announcement(self) -> Announcement:
        return Announcement(**_with_tuples(self))


class SearchOut(BaseModel):
    """Notices first, then answers; both empty when nothing is good enough."""

    notices: list[NoticeOut]
    answers: list[AnswerOut]


class PublicSearchOut(BaseModel):
    """What citizens find."""

    notices: list[PublicNoticeOut]
    answers: list[PublicAnswerOut]


class ReasonIn(BaseModel):
    """Why."""

    reason: str = Field("", max_length=500)


class FeedbackIn(BaseModel):
    """The answer was given (`useful` left out), or helped or not."""

    useful: bool | None = None
    call_id: str | None = Field(None, max_length=100)


class UnansweredIn(BaseModel):
    """A question in words, when the operator found nothing among what was shown."""

    text: str = Field(min_length=2, max_length=200)


class UnansweredOut(BaseModel):
    """A question without an answer."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    text: str
    times: int
    first_at: datetime
    last_at: datetime


class AssignIn(BaseModel):
    """The unit that is to write the answer."""

    unit_id: str


class CompleteIn(BaseModel):
    """The entry that was written."""

    entry_id: str


class TaskOut(BaseModel):
    """What a unit is asked to write or check."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: TaskKind
    unit_id: str
    entry_id: str | None
    text: str
    due_on: date
    done_at: datetime | None
