"""A version of the dispatch catalogue tried on tickets that have been: whose suggestion would it change?"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from callcenter.core.security import Actor, Permission, require
from callcenter.routing.engine import Engine
from callcenter.routing.facts import Facts
from callcenter.routing.loader import RuleSet
from callcenter.tickets.models import Ticket


@dataclass(frozen=True)
class Suggestion:
    """Who leads and who helps, as the rules would have it."""

    lead: str
    co: tuple[str, ...]


@dataclass(frozen=True)
class TicketChange:
    """A ticket for which the two versions say different things, and who leads it in fact."""

    ticket: Ticket
    before: Suggestion
    after: Suggestion

    @property
    def verdict(self) -> str:
        """Against who leads it in fact, where the lead is what changes."""
        if self.before.lead == self.after.lead:
            return "只变协办"
        actual = self.ticket.lead_unit_id
        return "变好" if self.after.lead == actual else "变差" if self.before.lead == actual else "都不同于实际"


@dataclass(frozen=True)
class Trial:
    """How many tickets were looked at, and which would have been suggested otherwise."""

    tickets: int
    changes: list[TicketChange]


def trial(session: Session, *, before: RuleSet, after: RuleSet, limit: int, by: Actor) -> Trial:
    """The newest dispatched tickets, each read again by both versions from what stands in it."""
    require(by, Permission.RULES_PUBLISH)
    chosen = select(Ticket).where(Ticket.dispatched_at.is_not(None)).options(selectinload(Ticket.co_units))
    tickets = session.scalars(chosen.order_by(Ticket.id.desc()).limit(limit)).all()
    changes = []
    for ticket in tickets:
        old, new = (_suggestion(rules.engine, ticket) for rules in (before, after))
        if (old.lead, set(old.co)) != (new.lead, set(new.co)):
            changes.append(TicketChange(ticket, old, new))
    return Trial(len(tickets), changes)


def _suggestion(engine: Engine, ticket: Ticket) -> Suggestion:
    facts = Facts(f"{ticket.title}。{ticket.content}", at=ticket.registered_at, town=ticket.town)
    decision = engine.decide(facts)
    return Suggestion(decision.lead_unit, tuple(decision.co_units))
