"""Rules whose tickets come back are found by the tickets that were made of their suggestions."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from callcenter.assist.returns import RuleReturns, by_rule
from callcenter.calls.models import Call
from callcenter.core.clock import now
from callcenter.core.errors import Forbidden
from callcenter.core.security import Actor, Role
from callcenter.routing.models import CallDecision
from callcenter.tickets.models import Ticket
from tests.assist.conftest import SUPERVISOR

pytestmark = pytest.mark.db


@pytest.fixture
def dispatched(session: Session, ticket: Callable[..., Ticket]) -> Callable[..., Ticket]:
    def make(rule: str, *, returned: bool = False, verdict: str = "accept") -> Ticket:
        row = ticket(verdict=verdict)
        row.call_id, row.dispatched_at, row.return_count = f"call-{row.id}", now(), int(returned)
        session.add(Call(id=row.call_id, started_at=now(), state_at=now()))
        session.flush()
        for name in ("L-旧", rule):
            reasons = [{"rule": name, "says": "理由", "words": []}, {"rule": "S-共有", "says": "共有", "words": []}]
            session.add(
                CallDecision(
                    call_id=row.call_id, at=now(), rules_version="v", facts={}, decision={}, reasons=reasons, final={}
                )
            )
            session.flush()
        return row

    return make


def found(session: Session, by: Actor = SUPERVISOR) -> dict[str, RuleReturns]:
    period = {"since": now() - timedelta(days=1), "until": now() + timedelta(days=1)}
    return {entry.rule: entry for entry in by_rule(session, by=by, **period)}


def test_a_rule_that_sends_to_the_wrong_unit_is_flagged(session: Session, dispatched: Callable[..., Ticket]) -> None:
    bad = [dispatched("L-坏", returned=n < 3) for n in range(5)]
    for _ in range(20):
        dispatched("L-好")
    dispatched("L-坏", returned=True, verdict="reject")
    entries = found(session)
    assert entries["L-坏"].is_flagged and entries["L-坏"].rate == 0.6
    assert entries["L-坏"].returned == [row.number for row in bad[:3]]
    assert not entries["L-好"].is_flagged and not entries["S-共有"].is_flagged
    assert "L-旧" not in entries, "an earlier suggestion of the call did not lead to the ticket"


def test_few_tickets_say_nothing(session: Session, dispatched: Callable[..., Ticket]) -> None:
    dispatched("L-少", returned=True)
    assert not found(session)["L-少"].is_flagged
    with pytest.raises(Forbidden):
        found(session, by=Actor(1, "水", frozenset({Role.DEPARTMENT})))
