"""HTTP: the advice of a call, typed notes, what was done with suggestions, and the report of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from callcenter.accounts.web import permitted
from callcenter.assist import report, returns, service
from callcenter.assist.models import SuggestionKind
from callcenter.assist.schemas import (
    AdviceOut,
    AssistOut,
    JudgedIn,
    JudgedOut,
    LineOut,
    NotesIn,
    ReturnsOut,
    RuleReturnsOut,
    SuggestionReportOut,
)
from callcenter.calls.queries import call as find_call
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.routing.schemas import TryIn
from callcenter.transcripts.service import matter_so_far

router = APIRouter(prefix="/api", tags=["assist"])

CallReader = Annotated[Actor, Depends(permitted(Permission.CALL_READ))]
Registrar = Annotated[Actor, Depends(permitted(Permission.TICKET_CREATE))]
RulesReader = Annotated[Actor, Depends(permitted(Permission.RULES_READ))]
Supervisor = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
When = Annotated[AwareDatetime, Query()]


@router.get("/calls/{call_id}/assist")
def advice(_user: CallReader, session: ReadingDep, call_id: str) -> AssistOut:
    """As it stands; `advice` is null while nothing was said or typed."""
    find_call(session, call_id)
    row = service.latest(session, call_id=call_id)
    return AssistOut.of(call_id, row, service.verdicts(session, call_id=call_id))


@router.put("/calls/{call_id}/assist/notes")
def notes(user: Registrar, session: SessionDep, call_id: str, body: NotesIn) -> AssistOut:
    """Typed notes feed the same rules, with or without a transcript."""
    words = matter_so_far(session, call_id=call_id)
    row = service.write_notes(session, call_id=call_id, notes=body.text, words=words, by=user)
    return AssistOut.of(call_id, row, service.verdicts(session, call_id=call_id))


@router.post("/calls/{call_id}/assist/verdicts")
def judge(user: Registrar, session: SessionDep, call_id: str, body: JudgedIn) -> JudgedOut:
    """Accepted, edited or rejected; the same again changes nothing."""
    row = service.judge(
        session,
        call_id=call_id,
        kind=body.kind,
        subject=body.subject,
        verdict=body.verdict,
        final=body.final,
        by=user,
    )
    return JudgedOut.of(row)


@router.post("/assist/try")
def try_out(_user: RulesReader, session: ReadingDep, body: TryIn) -> AdviceOut:
    """Advice on notes of no call; nothing is kept."""
    return AdviceOut.model_validate(service.try_out(session, facts=body.facts()))


@router.get("/assist/returns")
def returned(user: RulesReader, session: ReadingDep, since: When, until: When) -> ReturnsOut:
    """Rules by how often the tickets they had a say in came back; those to be looked at are flagged."""
    found = returns.by_rule(session, since=since, until=until, by=user)
    return ReturnsOut(rules=[RuleReturnsOut.of(entry) for entry in found])


@router.get("/assist/report")
def by_kind(user: Supervisor, session: ReadingDep, since: When, until: When) -> SuggestionReportOut:
    """What became of the suggestions of a period, by kind."""
    return SuggestionReportOut(
        lines=[LineOut.of(line) for line in report.by_kind(session, since=since, until=until, by=user)]
    )


@router.get("/assist/report/{kind}")
def subjects(
    user: Supervisor,
    session: ReadingDep,
    kind: SuggestionKind,
    since: When,
    until: When,
    before: int | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[JudgedOut]:
    """The judgements behind a line, newest first."""
    found = report.subjects(session, kind=kind, since=since, until=until, by=user, before=before, limit=limit)
    return [JudgedOut.of(row) for row in found]
