"""Guards of a dispatch that a law or a norm sets, over what the catalogue says."""

from sqlalchemy.orm import Session

from callcenter.core.errors import Conflict
from callcenter.directory import service as directory
from callcenter.routing.service import specialist_for
from callcenter.tickets.models import Ticket

TOWN = "town"


def check_units(session: Session, ticket: Ticket, *, reason: str) -> None:
    """Conflict when the units of the ticket must not be left as they are; a reason overrides the first guard only.

    - What is a department's duty is not pushed to a town (国办函〔2025〕66号): it takes a written reason.
    - A complaint about a unit does not go to that unit alone: interested staff step aside (北京、济南、潍坊条例).
    """
    assert ticket.lead_unit_id is not None  # its caller has checked
    lead = directory.unit(session, unit_id=ticket.lead_unit_id)
    specialist = specialist_for(ticket.topic)
    # The rules weigh more than the topic; a lead they named needs no further reason.
    is_suggested = ticket.suggestion.get("lead_unit") == lead.id
    is_shared = specialist in ticket.co_unit_ids
    if lead.kind == TOWN and specialist and not (reason or is_suggested or is_shared):
        department = directory.unit(session, unit_id=specialist).name
        raise Conflict(
            f"“{ticket.topic}”按派单目录由{department}负责，不得将部门职责推给镇街道。"
            f"请派给{department}，或把它列为协办，或写明由属地主办的理由。",
            code="department_duty",
        )
    if ticket.about_unit_id == lead.id and not ticket.co_unit_ids:
        raise Conflict(
            f"这件工单反映的就是{lead.name}，不能只交给它自己办理。请改派其他单位，或加上监督、主管单位协办。",
            code="unit_complained_of",
        )
