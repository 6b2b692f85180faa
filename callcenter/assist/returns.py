"""Rules whose tickets come back: a rule with a high return rate is a rule to be looked at."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.core.security import Actor, Permission, require
from callcenter.routing.models import CallDecision
from callcenter.tickets.models import Ticket

DEFINITION = (
    "退单率＝退回过的工单数÷按该规则建议派出的工单数；只计有建议、已派出的工单，不采纳建议的不计入；"
    "派出不足 5 件的不作提示，不低于 20% 且不低于全部的两倍的提示。"
)
FEWEST, HIGH, TIMES_ALL = 5, 0.2, 2.0
_REJECTED = ("reject", "none")


@dataclass
class RuleReturns:
    """What became of the tickets a rule had a say in."""

    rule: str
    says: str
    dispatched: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    """Ticket numbers, so that the figure can be followed down."""
    is_flagged: bool = False

    @property
    def rate(self) -> float:
        return len(self.returned) / len(self.dispatched)


def by_rule(session: Session, *, since: datetime, until: datetime, by: Actor) -> list[RuleReturns]:
    """Rules of the period, the worst first."""
    require(by, Permission.RULES_READ)
    rows = session.execute(
        select(Ticket.number, Ticket.return_count, CallDecision.reasons)
        .join(CallDecision, CallDecision.call_id == Ticket.call_id)
        .where(Ticket.dispatched_at >= since, Ticket.dispatched_at < until, Ticket.verdict.not_in(_REJECTED))
        .order_by(Ticket.id, CallDecision.id)
    )
    # Of several suggestions of a call the last one led to the ticket.
    tickets = {number: (returns, reasons) for number, returns, reasons in rows}
    found: dict[str, RuleReturns] = {}
    for number, (returns, reasons) in tickets.items():
        for rule, says in {reason["rule"]: reason["says"] for reason in reasons}.items():
            entry = found.setdefault(rule, RuleReturns(rule, says))
            entry.dispatched.append(number)
            if returns:
                entry.returned.append(number)
    overall = sum(bool(returns) for returns, _ in tickets.values()) / len(tickets) if tickets else 0.0
    for entry in found.values():
        entry.is_flagged = len(entry.dispatched) >= FEWEST and entry.rate >= max(HIGH, TIMES_ALL * overall)
    return sorted(found.values(), key=lambda entry: (-entry.rate, -len(entry.dispatched), entry.rule))
