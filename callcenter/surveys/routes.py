"""HTTP: surveys as they were answered, and the rates made of them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy import select

from callcenter.accounts.web import permitted
from callcenter.core.errors import Invalid
from callcenter.core.security import Permission
from callcenter.core.web import ReadingDep
from callcenter.surveys import figures, service
from callcenter.surveys.models import Survey
from callcenter.surveys.questions import Question
from callcenter.surveys.schemas import RateOut, SurveyOut

router = APIRouter(prefix="/api", tags=["surveys"], dependencies=[Depends(permitted(Permission.CALL_READ))])


@router.get("/calls/{call_id}/survey")
def read_survey(call_id: str, session: ReadingDep) -> SurveyOut:
    return SurveyOut.of(service.get(session, call_id=call_id))


@router.get("/surveys")
def list_surveys(
    session: ReadingDep,
    before: Annotated[AwareDatetime | None, Query(description="只列此前开始的，用于翻页")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[SurveyOut]:
    """Latest first."""
    chosen = select(Survey).order_by(Survey.started_at.desc(), Survey.id.desc()).limit(limit)
    if before:
        chosen = chosen.where(Survey.started_at < before)
    return [SurveyOut.of(survey) for survey in session.scalars(chosen)]


@router.get("/surveys/rates")
def read_rates(
    session: ReadingDep,
    since: Annotated[AwareDatetime, Query()],
    until: Annotated[AwareDatetime, Query()],
) -> list[RateOut]:
    """Satisfaction and solution rate of the surveys started in [since, until)."""
    _require_order(since, until)
    return [RateOut.of(figures.rate(session, question=question, since=since, until=until)) for question in Question]


def _require_order(since: datetime, until: datetime) -> None:
    if since >= until:
        raise Invalid("统计的结束时间必须晚于开始时间，请检查后重试。")
