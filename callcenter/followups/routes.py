"""HTTP: a surveyor's work, explanations and exclusions, sampling plans and draws."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from callcenter.accounts.web import CurrentUser, permitted
from callcenter.calls.recordings import play
from callcenter.calls.routes import TelephonyDep
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Permission
from callcenter.core.web import ReadingDep, SessionDep
from callcenter.followups import dialling, ending, plans, results, spoken, tasks
from callcenter.followups.lifecycle import (
    EXCLUSION_NAMES,
    OUTCOME_NAMES,
    SAID_BY_PEOPLE,
    SATISFACTION_NAMES,
    SOLVED_NAMES,
    FollowUpStatus,
    Outcome,
)
from callcenter.followups.models import FollowUp
from callcenter.followups.plan_schemas import (
    DrawAuditOut,
    DrawIn,
    DrawOut,
    DrawsOut,
    MediaIn,
    PreviewOut,
    SamplingPlanIn,
    SamplingPlanOut,
)
from callcenter.followups.rules import UNSTATED
from callcenter.followups.schemas import (
    AttemptOut,
    ChoiceOut,
    ExclusionDecisionIn,
    ExplanationIn,
    FollowUpOut,
    FollowUpsOut,
    FormOut,
    OutcomeIn,
    ReasonOut,
    ResultIn,
    TeamIn,
    WorkOut,
    work_of,
)
from callcenter.tickets.schemas import Key

router = APIRouter(prefix="/api/followups", tags=["followups"])
of_tickets = APIRouter(prefix="/api/tickets", tags=["followups"])

Worker = Annotated[Actor, Depends(permitted(Permission.FOLLOWUP_WORK))]
Reader = Annotated[Actor, Depends(permitted(Permission.TICKET_READ))]
Reviewer = Annotated[Actor, Depends(permitted(Permission.TICKET_REVIEW))]
Supervisor = Annotated[Actor, Depends(permitted(Permission.TICKET_SUPERVISE))]
KeyPath = Annotated[Key, Path()]
IdempotencyKey = Annotated[str, Header(min_length=8, max_length=100)]
Before = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
PageSize = Annotated[int, Query(ge=1, le=200)]


@router.get("")
def followups(
    user: Worker,
    session: ReadingDep,
    status: FollowUpStatus | None = None,
    mine: bool = False,
    before: Before = None,
    limit: PageSize = 50,
) -> FollowUpsOut:
    """Newest first."""
    found = tasks.page(session, by=user, status=status, mine=mine, before=before, limit=limit)
    following = found[-1].id if len(found) == limit else None
    return FollowUpsOut(items=[FollowUpOut.of(one) for one in found], next=following)


@router.get("/form")
def form(_user: Worker) -> FormOut:
    """What the form offers: levels, reasons, outcomes of a call, and the hours."""
    reasons = ending.tables().reasons.values()
    return FormOut(
        satisfaction=[ChoiceOut(code=code, name=name) for code, name in SATISFACTION_NAMES.items()],
        solved=[ChoiceOut(code=code, name=name) for code, name in SOLVED_NAMES.items()],
        reasons=[ReasonOut.of(reason) for reason in reasons if reason.code != UNSTATED],
        exclusions=[ChoiceOut(code=code, name=name) for code, name in EXCLUSION_NAMES.items()],
        outcomes=[
            ChoiceOut(code=code, name=OUTCOME_NAMES[code]) for code in SAID_BY_PEOPLE if code is not Outcome.ANSWERED
        ],
        hours=str(tasks.current_policy().hours),
    )


@router.post("/next")
def next_one(user: Worker, session: SessionDep) -> WorkOut | None:
    """The one at hand, or the next this person may do; null: nothing to do now."""
    found = tasks.claim_next(session, by=user)
    return _work(session, found, user) if found else None


@router.get("/exclusions")
def exclusions(user: Supervisor, session: ReadingDep) -> list[FollowUpOut]:
    """What waits for a decision, oldest first."""
    return [FollowUpOut.of(found) for found in results.exclusions(session, by=user)]


@router.get("/team")
def read_team(_user: Supervisor, session: ReadingDep) -> list[int]:
    """Users who call back what leaders took."""
    return tasks.team(session)


@router.put("/team")
def set_team(user: Supervisor, session: SessionDep, body: TeamIn) -> list[int]:
    return tasks.set_team(session, user_ids=body.user_ids, by=user)


@router.get("/plans")
def read_plans(user: Reviewer, session: ReadingDep) -> list[SamplingPlanOut]:
    return [SamplingPlanOut.of(plan) for plan in plans.plans(session, by=user)]


@router.post("/plans", status_code=201)
def make_plan(user: Reviewer, session: SessionDep, body: SamplingPlanIn) -> SamplingPlanOut:
    return SamplingPlanOut.of(plans.save_plan(session, order=body.order(), by=user))


@router.put("/plans/{plan_id}")
def change_plan(user: Reviewer, session: SessionDep, plan_id: KeyPath, body: SamplingPlanIn) -> SamplingPlanOut:
    """Draws made before keep the plan as it was."""
    return SamplingPlanOut.of(plans.save_plan(session, order=body.order(), by=user, plan_id=plan_id))


@router.post("/plans/preview")
def preview(user: Reviewer, session: ReadingDep, body: SamplingPlanIn) -> PreviewOut:
    """What a plan would draw from the tickets that wait now, and how exact a rate it gives; changes nothing."""
    return PreviewOut.of(plans.preview(session, order=body.order(), by=user))


@router.post("/plans/{plan_id}/draw", status_code=201)
def draw(
    user: Reviewer, session: SessionDep, plan_id: KeyPath, body: DrawIn, idempotency_key: IdempotencyKey
) -> DrawOut:
    """Draw among the tickets that wait; the same key returns the same draw."""
    return DrawOut.of(
        plans.draw_now(session, plan_id=plan_id, by=user, seed=body.seed, idempotency_key=idempotency_key)
    )


@router.get("/draws")
def draws(user: Reviewer, session: ReadingDep, before: Before = None, limit: PageSize = 50) -> DrawsOut:
    """Newest first."""
    found = plans.draws(session, by=user, before=before, limit=limit)
    return DrawsOut(items=[DrawOut.of(made) for made in found], next=found[-1].id if len(found) == limit else None)


@router.get("/draws/{draw_id}")
def audit_draw(user: Reviewer, session: ReadingDep, draw_id: KeyPath) -> DrawAuditOut:
    """The draw repeated from what was kept."""
    return DrawAuditOut.audited(plans.get_draw(session, draw_id=draw_id, by=user))


@router.put("/media/{ticket_id}", status_code=204)
def flag_media(user: Reviewer, session: SessionDep, ticket_id: KeyPath, body: MediaIn) -> None:
    """The press asks about this ticket: it is always called back."""
    plans.flag_media(session, ticket_id=ticket_id, reason=body.reason, by=user)


@router.get("/{followup_id}")
def followup(user: Worker, session: ReadingDep, followup_id: KeyPath) -> WorkOut:
    return _work(session, tasks.get(session, followup_id=followup_id), user)


@router.post("/{followup_id}/claim")
def claim(user: Worker, session: SessionDep, followup_id: KeyPath) -> WorkOut:
    return _work(session, tasks.claim(session, followup_id=followup_id, by=user), user)


@router.post("/{followup_id}/release")
def release(user: Worker, session: SessionDep, followup_id: KeyPath) -> FollowUpOut:
    return FollowUpOut.of(tasks.release(session, followup_id=followup_id, by=user))


@router.post("/{followup_id}/dial", status_code=202)
def dial(user: Worker, telephony: TelephonyDep, followup_id: KeyPath, idempotency_key: IdempotencyKey) -> AttemptOut:
    """One's own phone rings, then the citizen's. The same key again dials nothing."""
    return AttemptOut.of(dialling.dial(telephony, followup_id=followup_id, by=user, key=idempotency_key))


@router.post("/{followup_id}/result")
def record(user: Worker, session: SessionDep, followup_id: KeyPath, body: ResultIn) -> FollowUpOut:
    """The form of a talk; the same form again changes nothing."""
    found = results.record(
        session,
        followup_id=followup_id,
        result=body.result(),
        by=user,
        exclusion=body.exclusion,
        exclusion_note=body.exclusion_note,
    )
    return FollowUpOut.of(found)


@router.post("/{followup_id}/outcome")
def say_outcome(user: Worker, session: SessionDep, followup_id: KeyPath, body: OutcomeIn) -> FollowUpOut:
    """No evaluation: who or what answered."""
    return FollowUpOut.of(results.say_outcome(session, followup_id=followup_id, outcome=body.outcome, by=user))


@router.post("/{followup_id}/explanation")
def explain(user: CurrentUser, session: SessionDep, followup_id: KeyPath, body: ExplanationIn) -> FollowUpOut:
    """The unit explains; somebody else calls the citizen with it."""
    return FollowUpOut.of(results.explain(session, followup_id=followup_id, text=body.text, by=user))


@router.post("/{followup_id}/exclusion")
def decide_exclusion(
    user: Supervisor, session: SessionDep, followup_id: KeyPath, body: ExclusionDecisionIn
) -> FollowUpOut:
    """Whether the evaluation counts against the unit."""
    found = results.decide_exclusion(session, followup_id=followup_id, approve=body.approve, note=body.note, by=user)
    return FollowUpOut.of(found)


@router.get("/{followup_id}/attempts/{attempt_id}/recording")
def recording(user: Worker, session: SessionDep, followup_id: KeyPath, attempt_id: str) -> FileResponse:
    """The talk; every hearing is on record."""
    found = tasks.get(session, followup_id=followup_id)
    attempt = next((one for one in found.attempts if one.id == attempt_id), None)
    if attempt is None:
        raise NotFound("没有这次拨打的记录。", code="attempt_not_found")
    path = play(session, file=attempt.recording_file, subject=f"followup:{found.id}", by=user)
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})


@of_tickets.get("/{ticket_id}/followups")
def of_ticket(user: Reader, session: ReadingDep, ticket_id: KeyPath) -> list[FollowUpOut]:
    """Callbacks of a ticket in order: what the citizen said and what followed."""
    return [FollowUpOut.seen_by(one, user) for one in results.of_ticket(session, ticket_id=ticket_id, by=user)]


def _work(session: Session, found: FollowUp, by: Actor) -> WorkOut:
    talk = [words for attempt in found.attempts for words in spoken.words(session, attempt_id=attempt.id)]
    told = results.explanation_for(session, found)
    return work_of(found, told=told, earlier=results.earlier(session, found, by), talk=talk)
