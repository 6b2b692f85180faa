"""A decision on a call as live assist makes it: tried on the words, then kept."""

from sqlalchemy.orm import Session

from callcenter.core.clock import local, now
from callcenter.routing import service
from callcenter.routing.facts import Facts
from callcenter.routing.models import CallDecision


def decide(session: Session, *, call_id: str, text: str) -> CallDecision:
    """What the rules say of these words, kept with the call."""
    facts = Facts(text, at=local(now()))
    decision, version = service.try_out(facts)
    return service.keep(session, call_id=call_id, facts=facts, decision=decision, version=version)
