"""`route_call`: where this call goes, how urgently, and what the caller hears first."""

from sqlalchemy.orm import Session

from agi_scripts.channel import Channel
from callcenter.calls.arrival import arrive
from callcenter.core.clock import now
from callcenter.pbx.names import Variable


def run(channel: Channel, session: Session) -> None:
    """The dialplan has set safe defaults; DONE comes last and says that all the others are set."""
    route = arrive(
        session,
        call_id=channel.get(Variable.CALL_ID),
        did=channel.get(Variable.DID),
        caller_number=channel.get(Variable.CALLER) or None,
        at=now(),
    )
    channel.set(Variable.QUEUE, route.queue)
    channel.set(Variable.PRIORITY, route.priority)
    channel.set(Variable.GREETING, route.greeting)
    channel.set(Variable.BLOCKED, int(route.blocked))
    channel.set(Variable.DONE, 1)
