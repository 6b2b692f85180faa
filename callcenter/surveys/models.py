"""Tables of the survey: one row per call that reached it, one row per question put."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.core.db import Base
from callcenter.core.touched import Kind, touches
from callcenter.surveys.lifecycle import AnswerResult, SurveyStatus
from callcenter.surveys.questions import Question


@touches(Kind.SURVEY, "id")
class Survey(Base):
    """The survey of one call."""

    __tablename__ = "survey"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"), unique=True)
    status: Mapped[SurveyStatus] = mapped_column(default=SurveyStatus.ASKING)
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]

    answers: Mapped[list["SurveyAnswer"]] = relationship(order_by="SurveyAnswer.id", lazy="selectin")

    def answer_to(self, question: Question) -> "SurveyAnswer | None":
        return next((answer for answer in self.answers if answer.question == question), None)

    @property
    def satisfaction(self) -> int | None:
        """1 (very satisfied) to 5, None unless a valid key was pressed."""
        answer = self.answer_to(Question.SATISFACTION)
        return int(answer.key) if answer and answer.result == AnswerResult.ANSWERED else None

    @property
    def solved(self) -> bool | None:
        answer = self.answer_to(Question.SOLVED)
        return answer.key == "1" if answer and answer.result == AnswerResult.ANSWERED else None


@touches(Kind.SURVEY, "survey_id")
class SurveyAnswer(Base):
    """What the caller did when one question was put."""

    __tablename__ = "survey_answer"
    __table_args__ = (UniqueConstraint("survey_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("survey.id"))
    question: Mapped[Question]
    key: Mapped[str]
    """Keys exactly as pressed, empty when none was."""
    result: Mapped[AnswerResult]
    at: Mapped[datetime]
