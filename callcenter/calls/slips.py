"""Hand-over slips (交接单): what was said, where and by whom, written for whoever gets the caller next."""

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from callcenter.calls.models import Call, HandOver, Leg
from callcenter.calls.queries import call as find_call
from callcenter.calls.service.line import tell
from callcenter.core import audit
from callcenter.core.clock import now
from callcenter.core.errors import NotFound
from callcenter.core.security import Actor, Permission, require


@dataclass(frozen=True)
class Slip:
    """What the next one has to know."""

    said: str = ""
    place: str = ""
    person: str = ""


def write_slip(
    session: Session, call: Call, slip: Slip | None, *, by: Actor, leg: Leg | None = None, queue: str = ""
) -> HandOver | None:
    """Part of a transfer, which has checked who may; without a slip nothing is written."""
    if slip is None:
        return None
    made = HandOver(
        call=call, leg=leg, queue=queue, made_at=now(), made_by=by.user_id, made_by_name=by.name, **asdict(slip)
    )
    session.add(made)
    session.flush()
    return made


def change_slip(session: Session, *, call_id: str, slip_id: int, slip: Slip, by: Actor) -> HandOver:
    """The writer goes on writing while the other side is being called, or puts something right afterwards."""
    require(by, Permission.CALL_CONTROL)
    found = session.get(HandOver, slip_id)
    if found is None or found.call_id != call_id or found.made_by != by.user_id:
        raise NotFound("没有找到这张交接单，或不是您填写的。", code="slip_not_found")
    if asdict(slip) != {name: getattr(found, name) for name in asdict(slip)}:
        for name, value in asdict(slip).items():
            setattr(found, name, value)
        audit.record(session, by, "call.slip_changed", f"call:{call_id}", details={"slip_id": slip_id})
        tell(session, find_call(session, call_id))
    return found
