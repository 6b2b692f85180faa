"""`route_call`: where this call goes, how urgently, and what the caller hears first."""

from sqlalchemy.orm import Session

from agi_scripts.channel import Channel
from callcenter.calls.arrival import arrive
from callcenter.core.clock import now
from callcenter.pbx.names import Variable


def run(channel: Channel, session: Session) -> None:
    """The dialplan has set safe defaults; DONE says that they have been replaced."""
    call_id, did, caller_number = channel.arguments(3)
    route = arrive(session, call_id=call_id, did=did, caller_number=caller_number or None, at=now())
    channel.set(
        {
            Variable.QUEUE: route.queue,
            Variable.PRIORITY: route.priority,
            Variable.GREETING: route.greeting,
            Variable.BLOCKED: int(route.blocked),
            Variable.POSITION: route.position or "",
            Variable.OPERATOR: route.operator,
            Variable.OPERATOR_SECONDS: route.operator_seconds,
            Variable.OVERLOADED: int(route.is_overloaded),
            Variable.ON_CALL: "&".join(route.on_call),
            Variable.DONE: 1,
        }
    )
