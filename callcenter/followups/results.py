"""What a surveyor, a unit or a supervisor says of a follow-up: the evaluation, the outcome, explanation, exclusion."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Permission, require
from callcenter.followups import attempts, ending, tasks
from callcenter.followups.ending import PENDING, Result
from callcenter.followups.lifecycle import (
    CITIZEN_NOT_DIALLED,
    EXCLUSION_NAMES,
    SAID_BY_PEOPLE,
    Exclusion,
    ExclusionState,
    FollowUpStatus,
    How,
    Outcome,
    Satisfaction,
    Solved,
    Source,
)
from callcenter.followups.models import Attempt, FollowUp
from callcenter.followups.rules import UNSTATED, Action
from callcenter.tickets import queries


def record(
    session: Session,
    *,
    followup_id: int,
    result: Result,
    by: Actor,
    exclusion: Exclusion | None = None,
    exclusion_note: str = "",
) -> FollowUp:
    """The form of a talk. The same form sent twice changes nothing."""
    require(by, Permission.FOLLOWUP_WORK)
    found = tasks.get(session, followup_id=followup_id, lock=True)
    _check(result)
    if exclusion is not None and not (result.is_unfavourable and exclusion_note.strip()):
        raise Invalid("申请剔除只用于不满意或未解决的评价，并请写明理由。")
    if found.status is FollowUpStatus.DONE and found.ended_by == by.user_id and _same(found, result):
        return found
    attempt = _talk(found, by)
    attempt.outcome, attempt.ended_at = Outcome.ANSWERED, attempt.ended_at or now()
    ending.finish(
        session,
        found,
        result,
        source=Source.PERSON,
        by=by,
        at=now(),
        exclusion=exclusion,
        exclusion_note=exclusion_note.strip(),
    )
    return found


def say_outcome(session: Session, *, followup_id: int, outcome: Outcome, by: Actor) -> FollowUp:
    """A surveyor says who or what answered: a machine, a stranger, somebody who will not say."""
    require(by, Permission.FOLLOWUP_WORK)
    if outcome not in SAID_BY_PEOPLE or outcome is Outcome.ANSWERED:
        raise Invalid("请从列出的结果中选择一项。")
    found = tasks.get(session, followup_id=followup_id, lock=True)
    has_no_number = not tasks.number_of(found.ticket)
    if has_no_number and outcome is Outcome.WRONG_NUMBER and found.claimed_by == by.user_id:
        ending.unreached(session, found, why="没有可拨打的号码", at=now())
        return found
    attempt = _talk(found, by)
    attempt.outcome, attempt.ended_at = outcome, attempt.ended_at or now()
    session.flush()
    if outcome is Outcome.REFUSED:
        ending.declined(session, found, by=by, at=now())
    else:
        attempts.after_outcome(session, found, outcome, now())
    audit.record(session, by, "followup.outcome", f"followup:{found.id}", details={"outcome": outcome})
    return found


def answer_by_link(session: Session, *, token: str, result: Result) -> FollowUp:
    """The citizen answers on the page of the link; once."""
    found = by_token(session, token=token, lock=True)
    if found.status is FollowUpStatus.DONE and found.source is Source.LINK:
        return found
    if found.status is not FollowUpStatus.SMS_SENT:
        raise Conflict("这次评价已经截止。如需继续反映，请拨打 12345。", code="link_over")
    if Satisfaction.UNRATED in (result.unit_satisfaction, result.hotline_satisfaction):
        raise Invalid("请对承办单位和热线都作出评价。")
    ending.finish(session, found, ending.stated(result), source=Source.LINK, by=_CITIZEN, at=now())
    return found


def by_token(session: Session, *, token: str, lock: bool = False) -> FollowUp:
    """The follow-up behind a link."""
    found = session.scalar(select(FollowUp.id).where(FollowUp.link_token == token))
    if found is None:
        raise NotFound("链接无效，请核对短信中的链接，或拨打 12345。", code="link_unknown")
    return tasks.get(session, followup_id=found, lock=lock)


def explain(session: Session, *, followup_id: int, text: str, by: Actor) -> FollowUp:
    """The unit's explanation; somebody else calls the citizen with it."""
    found = tasks.get(session, followup_id=followup_id, lock=True)
    ticket = queries.ticket(session, ticket_id=found.ticket_id, by=by)
    if not by.may(Permission.TICKET_REVIEW) and not (
        by.may(Permission.TICKET_HANDLE) and by.unit_id == ticket.lead_unit_id
    ):
        raise Forbidden("只有主办单位或审核人员可以填写解释。", code="not_lead_unit")
    if not text.strip():
        raise Invalid("请写明解释的内容和政策依据。")
    if found.consequence != Action.EXPLAIN or (found.explanation and found.explanation != text.strip()):
        raise Conflict("这次回访不需要解释，或已经有人解释过，请刷新后查看。", code="not_to_explain")
    if not found.explanation:
        found.explanation = text.strip()
        tasks.create(session, ticket=found.ticket, by_robot=False, draw_id=found.draw_id)
        audit.record(session, by, "followup.explain", f"followup:{found.id}", reason=found.explanation)
        tasks.tell(session, found)
    return found


def decide_exclusion(session: Session, *, followup_id: int, approve: bool, note: str, by: Actor) -> FollowUp:
    """Whether the evaluation counts against the unit; not for the one who asked."""
    require(by, Permission.TICKET_SUPERVISE)
    found = tasks.get(session, followup_id=followup_id, lock=True)
    if found.exclusion is None or found.exclusion_state is not ExclusionState.ASKED:
        raise Conflict("没有待审批的剔除申请，可能已经有人处理，请刷新列表。", code="not_asked")
    if by.user_id is not None and by.user_id == found.ended_by:
        raise Forbidden("剔除申请请由另一人审批。", code="own_request")
    if not note.strip():
        raise Invalid("请写明同意或不同意的理由。")
    found.exclusion_state = ExclusionState.APPROVED if approve else ExclusionState.REFUSED
    found.exclusion_note = f"{found.exclusion_note}；审批：{note.strip()}"
    found.exclusion_by, found.exclusion_at = by.user_id, now()
    if found.consequence == PENDING:
        if approve:
            ending.close_excluded(session, found, why=EXCLUSION_NAMES[found.exclusion], at=now())
        else:
            ending.consequence(session, found, at=now())
    session.flush()
    subject = f"followup:{found.id}"
    audit.record(session, by, f"followup.exclusion.{found.exclusion_state}", subject, reason=note.strip())
    tasks.tell(session, found)
    return found


def exclusions(session: Session, *, by: Actor) -> list[FollowUp]:
    """What waits for a decision, oldest first."""
    require(by, Permission.TICKET_SUPERVISE)
    chosen = select(FollowUp).where(FollowUp.exclusion_state == ExclusionState.ASKED)
    return list(session.scalars(chosen.order_by(FollowUp.ended_at, FollowUp.id)))


def earlier(session: Session, found: FollowUp, by: Actor) -> list[FollowUp]:
    """Callbacks of the ticket before this one; who makes the second does not see what the first brought."""
    if found.claimed_by == by.user_id and found.status is FollowUpStatus.CLAIMED:
        return []
    chosen = select(FollowUp).where(FollowUp.ticket_id == found.ticket_id, FollowUp.round < found.round)
    return list(session.scalars(chosen.order_by(FollowUp.round)))


def of_ticket(session: Session, *, ticket_id: int, by: Actor) -> list[FollowUp]:
    """Every callback of a ticket the user may see; to who is about to make another one, that one alone."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    chosen = select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.round)
    found = list(session.scalars(chosen))
    own = [one for one in found if one.status is FollowUpStatus.CLAIMED and one.claimed_by == by.user_id]
    return own or found


def explanation_for(session: Session, found: FollowUp) -> str:
    """What the unit wants the citizen to be told, from the callback before."""
    chosen = select(FollowUp.explanation).where(
        FollowUp.ticket_id == found.ticket_id, FollowUp.round == found.round - 1
    )
    return session.scalar(chosen) or ""


def _check(result: Result) -> None:
    known = ending.tables().reasons
    if result.reason and (result.reason not in known or result.reason == UNSTATED):
        raise Invalid("请从列出的原因中选择一项。")
    if result.is_unfavourable and not result.reason:
        raise Invalid("不满意或未解决的，请选择原因。")
    if result.is_unfavourable and not result.verbatim.strip():
        raise Invalid("不满意或未解决的，请记下来电人的原话。")
    if result.unit_satisfaction is Satisfaction.UNRATED and result.solved is Solved.UNRATED:
        raise Invalid("两项都没有评价的，请登记为“拒绝评价”或“中途挂机”。")


def _talk(found: FollowUp, by: Actor) -> Attempt:
    """The call this person made and has not written up."""
    if found.status is not FollowUpStatus.CLAIMED or found.claimed_by != by.user_id:
        raise Conflict("这个回访任务不在您手上，可能已被退回，请刷新列表。", code="not_claimed")
    own = [a for a in found.attempts if a.how is How.PERSON and a.user_id == by.user_id]
    last = own[-1] if own else None
    if last is None or last.outcome in CITIZEN_NOT_DIALLED or last.outcome not in (None, Outcome.ANSWERED):
        raise Conflict("还没有接通来电人，不能登记评价，请先拨号。", code="no_talk")
    return last


def _same(found: FollowUp, result: Result) -> bool:
    return all(getattr(found, name) == value for name, value in vars(result).items())


_CITIZEN = Actor(user_id=None, name="来电人", roles=frozenset())
