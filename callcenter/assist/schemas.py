"""What the API takes and says of advice."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from callcenter.assist.models import AdviceVerdict, CallAdvice, SuggestionKind
from callcenter.assist.report import DEFINITION, Line
from callcenter.assist.returns import DEFINITION as RETURNS_DEFINITION
from callcenter.assist.returns import RuleReturns
from callcenter.routing.models import Verdict

LONGEST_NOTES = 10_000


class AnswerOut(BaseModel):
    """A knowledge entry that answers what the caller says."""

    id: str
    question: str
    answer: str
    topic: str
    score: float


class NoticeOut(BaseModel):
    """A notice in force that answers it."""

    id: int
    title: str
    text: str


class DuplicateOut(BaseModel):
    """A ticket that may be about the same, and why."""

    ticket_id: int
    number: str
    title: str
    status: str
    registered_at: datetime
    why: str


class RiskOut(BaseModel):
    """What a supervisor was told of, with the caller's words."""

    rule: str
    says: str
    words: list[str]


class ElementOut(BaseModel):
    """One thing a ticket must say; an empty value was not clear enough."""

    name: str
    label: str
    value: str
    words: str
    confidence: float


class DraftOut(BaseModel):
    """A draft of the ticket in the caller's own words."""

    title: str
    summary: str
    elements: list[ElementOut]


class AdviceOut(BaseModel):
    """Everything advised on what was said so far. `interim`: of words that may still change."""

    decision: dict[str, Any]
    reasons: list[dict[str, Any]]
    notices: list[NoticeOut]
    answers: list[AnswerOut]
    duplicates: list[DuplicateOut]
    risks: list[RiskOut]
    draft: DraftOut
    rules_version: str
    interim: bool = False


class NotesIn(BaseModel, extra="forbid"):
    """What the operator typed while the caller spoke."""

    text: str = Field(max_length=LONGEST_NOTES)


class JudgedIn(BaseModel, extra="forbid"):
    """What a person did with one suggestion."""

    kind: SuggestionKind
    subject: str = Field(min_length=1, max_length=200)
    verdict: Verdict
    final: str = Field(default="", max_length=2000)


class JudgedOut(BaseModel):
    """A judgement as it is kept."""

    id: int
    call_id: str
    kind: SuggestionKind
    subject: str
    verdict: Verdict
    final: str
    at: datetime

    @classmethod
    def of(cls, row: AdviceVerdict) -> Self:
        return cls.model_validate(row, from_attributes=True)


class AssistOut(BaseModel):
    """The advice of a call with the notes and the judgements."""

    call_id: str
    at: datetime | None
    notes: str
    advice: AdviceOut | None
    verdicts: list[JudgedOut]

    @classmethod
    def of(cls, call_id: str, row: CallAdvice | None, verdicts: list[AdviceVerdict]) -> Self:
        advice = AdviceOut.model_validate(row.advice) if row and row.advice else None
        return cls(
            call_id=call_id,
            at=row.at if row else None,
            notes=row.notes if row else "",
            advice=advice,
            verdicts=[JudgedOut.of(verdict) for verdict in verdicts],
        )


class LineOut(BaseModel):
    """One kind of suggestion over a period."""

    kind: SuggestionKind
    name: str
    calls: int
    accepted: int
    edited: int
    rejected: int
    judged: int
    rate: float | None

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls.model_validate(line, from_attributes=True)


class SuggestionReportOut(BaseModel):
    """How often each kind was taken."""

    definition: str = DEFINITION
    lines: list[LineOut]


class RuleReturnsOut(BaseModel):
    """What became of the tickets a rule had a say in; the numbers are tickets."""

    rule: str
    says: str
    dispatched: list[str]
    returned: list[str]
    rate: float
    is_flagged: bool

    @classmethod
    def of(cls, entry: RuleReturns) -> Self:
        return cls.model_validate(entry, from_attributes=True)


class ReturnsOut(BaseModel):
    """Rules by how often their tickets came back, the worst first."""

    definition: str = RETURNS_DEFINITION
    rules: list[RuleReturnsOut]
