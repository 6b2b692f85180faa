"""The forms a ticket travels on paper with: the dispatch slip and the slip of a hand-over."""

from enum import StrEnum

from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import local, now
from callcenter.core.errors import Conflict
from callcenter.core.masking import mask_name, mask_number, mask_text
from callcenter.core.prints import Form
from callcenter.core.security import Actor, Permission
from callcenter.directory import service as directory
from callcenter.settings import get_settings
from callcenter.tickets import queries
from callcenter.tickets.deadlines import CLOCK_LABELS
from callcenter.tickets.lifecycle import TicketStatus
from callcenter.tickets.models import Ticket


class FormKind(StrEnum):
    """Forms of a ticket."""

    DISPATCH = "dispatch"
    TRANSFER = "transfer"


def dispatch_slip(session: Session, *, ticket_id: int, by: Actor) -> Form:
    """交办单: for the lead unit, with the limits; who asked is masked, and hidden when secret."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    if ticket.dispatched_at is None or ticket.lead_unit_id is None:
        raise Conflict("这件工单还没有派单，派单后才能打印交办单。", code="not_dispatched")
    names = directory.names(session)
    limits = [
        f"{CLOCK_LABELS[clock.name]}：{local(clock.due_at):%Y年%m月%d日 %H:%M}{'（暂定）' if clock.provisional else ''}"
        for clock in ticket.clocks
    ]
    audit.record(session, by, "ticket.print", f"ticket:{ticket.id}", details={"form": FormKind.DISPATCH})
    return Form(
        title="12345热线工单交办单",
        number=ticket.number,
        issuer=get_settings().city_name,
        fields=[
            *_matter(ticket, by),
            ("主办单位", names.get(ticket.lead_unit_id, "")),
            ("协办单位", "、".join(names.get(unit, unit) for unit in ticket.co_unit_ids) or "无"),
            ("办理时限", "\n".join(limits)),
        ],
        text=[
            "请按照首接负责的要求办理，及时与诉求人联系，在时限内答复并填报办理结果。协办单位将情况报主办单位，由主办单位统一答复。"
        ],
        signed_by=("签收人", "签收时间", "单位负责人意见"),
        issued_at=ticket.dispatched_at,
    )


def transfer_slip(session: Session, *, ticket_id: int, by: Actor) -> Form:
    """移交单: for the authority outside that the matter was handed to, with the reason."""
    ticket = queries.ticket(session, ticket_id=ticket_id, by=by)
    if ticket.status is not TicketStatus.TRANSFERRED:
        raise Conflict("这件工单没有移交，移交后才能打印移交单。", code="not_transferred")
    reason = ticket.events[-1].reason
    audit.record(session, by, "ticket.print", f"ticket:{ticket.id}", details={"form": FormKind.TRANSFER})
    return Form(
        title="12345热线事项移交单",
        number=ticket.number,
        issuer=get_settings().city_name,
        fields=[*_matter(ticket, by), ("移交理由", reason)],
        text=["上述事项不属于本级热线承办单位职责，现移交贵单位依法处理，请将受理情况告知诉求人。"],
        signed_by=("接收单位", "接收人", "接收时间"),
        issued_at=ticket.closed_at or now(),
    )


FORMS = {FormKind.DISPATCH: dispatch_slip, FormKind.TRANSFER: transfer_slip}


def _matter(ticket: Ticket, by: Actor) -> list[tuple[str, str]]:
    hidden = ticket.is_secret and not by.may(Permission.PERSON_REVEAL)
    caller = "保密" if hidden else f"{mask_name(ticket.caller.name)} {mask_number(ticket.caller.number)}"
    return [
        ("受理时间", f"{local(ticket.registered_at):%Y年%m月%d日 %H:%M}"),
        ("诉求人", caller),
        ("类型", f"{ticket.kind}　{ticket.topic}　{ticket.urgency}"),
        ("标题", ticket.title),
        ("诉求内容", mask_text(ticket.content)),
        ("地点", f"{ticket.town} {ticket.place}".strip() or "未提供"),
    ]
