"""The notices of supervision on paper: 催办通知书 and 督办通知书, one for each step of the ladder."""

from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import local
from callcenter.core.errors import NotFound
from callcenter.core.prints import Form
from callcenter.core.security import Actor
from callcenter.directory import service as directory
from callcenter.settings import get_settings
from callcenter.supervision.models import SupervisionStep
from callcenter.tickets import queries
from callcenter.tickets.deadlines import CLOCK_LABELS

CHASING = ("yellow", "red", "chase", "chase_notice")
"""Levels that chase; those above them supervise."""


def notice(session: Session, *, step_id: int, by: Actor) -> Form:
    """The notice of one step, to the unit that led the ticket then; nothing in it says who asked."""
    step = session.get(SupervisionStep, step_id)
    if step is None:
        raise NotFound("没有这条督办记录，请刷新列表。", code="step_not_found")
    ticket = queries.ticket(session, ticket_id=step.ticket_id, by=by)
    is_chase = step.level in CHASING
    unit = directory.names(session).get(step.unit_id or "", "承办单位")
    what = CLOCK_LABELS[step.clock] if step.clock else "办理"
    due = f"{local(step.due_at):%Y年%m月%d日 %H:%M}"
    asked = (
        "请立即办理，并于收到本通知之日起一个工作日内反馈进展。"
        if is_chase
        else "请说明逾期原因，限期办结，并书面报告结果。"
    )
    audit.record(session, by, "ticket.print", f"ticket:{ticket.id}", details={"form": step.level})
    return Form(
        title="催办通知书" if is_chase else "督办通知书",
        number=f"{ticket.number}-{step.id}",
        issuer=get_settings().city_name,
        fields=[
            ("致", unit),
            ("工单编号", ticket.number),
            ("事项", ticket.title),
            ("时限", f"{what}：{due}"),
            ("依据", step.basis),
        ],
        text=[step.note or f"你单位承办的上述工单，{what}时限为{due}。{asked}"],
        signed_by=("签收人", "签收时间"),
        issued_at=step.at,
    )
