"""Disputes as a table for people outside the program: numbers stay masked, every export is on record."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from callcenter.core import audit
from callcenter.core.clock import local
from callcenter.core.errors import Invalid
from callcenter.core.masking import mask_text
from callcenter.core.security import Actor, Permission, require
from callcenter.core.sheets import MOST_ROWS, Row
from callcenter.directory import service as directory
from callcenter.tickets import disputes
from callcenter.tickets.dispute_models import DISPUTE_STATE_NAMES, Dispute

HEADS = (
    "争议编号",
    "工单编号",
    "标题",
    "诉求类别",
    "镇街道",
    "异议单位",
    "认为应办单位",
    "异议理由",
    "提出时间",
    "裁定结果",
    "裁定单位",
    "裁定依据",
    "裁定时间",
    "裁定人",
    "先例撤销时间",
    "撤销理由",
)


def export(session: Session, *, where: disputes.Filter, reason: str, by: Actor) -> Iterator[Row]:
    """The rows under `HEADS`, newest first; refused when there are too many."""
    require(by, Permission.TICKET_EXPORT)
    if not reason:
        raise Invalid("导出请写明用途，导出会留下记录。")
    found = disputes.page(session, by=by, where=where, limit=MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise Invalid(f"符合条件的超过{MOST_ROWS}件，请缩小范围。")
    audit.record(session, by, "dispute.export", "disputes", reason=reason, details={"count": len(found)})
    units = directory.names(session)
    return (_row(case, units) for case in found)


def _row(case: Dispute, units: dict[str, str]) -> Row:
    return (
        case.id,
        case.ticket.number,
        mask_text(case.ticket.title),
        case.topic,
        case.town,
        units.get(case.objector_id, case.objector_id),
        units.get(case.proposed_unit_id or "", ""),
        mask_text(case.grounds),
        local(case.opened_at),
        DISPUTE_STATE_NAMES[case.state],
        units.get(case.ruled_unit_id or "", ""),
        mask_text(case.basis),
        case.ruled_at and local(case.ruled_at),
        case.ruled_by_name,
        case.withdrawn_at and local(case.withdrawn_at),
        mask_text(case.withdrawn_because),
    )
