"""Suggestions follow the talk, are judged once, and keep what was suggested beside what was made of it."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.core.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.core.security import Actor, Role
from callcenter.routing import service
from callcenter.routing.models import CallDecision, Verdict
from tests.routing import deciding

pytestmark = pytest.mark.db

OPERATOR = Actor(user_id=None, name="沈晓燕", roles=frozenset({Role.OPERATOR}))
DEPARTMENT = Actor(user_id=None, name="供水值班", roles=frozenset({Role.DEPARTMENT}))


@pytest.fixture
def decide(session: Session) -> Callable[[str], CallDecision]:
    session.add(Call(id="c1", started_at=now(), state_at=now()))
    session.flush()
    return lambda text: deciding.decide(session, call_id="c1", text=text)


def test_the_suggestion_follows_the_talk(session: Session, decide: Callable[[str], CallDecision]) -> None:
    first = decide("你好")
    second = decide("你好。我们乍浦停水了")
    assert first.id == second.id
    assert second.decision["lead_unit"] == "water"
    assert second.facts["text"] == "你好。我们乍浦停水了"
    assert second.rules_version
    assert any("公共服务-供水" in reason["says"] for reason in second.reasons)


def test_a_judged_suggestion_stays(session: Session, decide: Callable[[str], CallDecision]) -> None:
    row = decide("我们乍浦停水了")
    service.record_verdict(session, decision_id=row.id, verdict=Verdict.ACCEPT, by=OPERATOR)
    assert row.final["lead_unit"] == "water"
    assert decide("我们乍浦停水了").id == row.id
    later = decide("我们乍浦停水了。还有人晕倒了")
    assert later.id != row.id
    latest = service.latest(session, call_id="c1")
    assert latest is not None
    assert latest.id == later.id


def test_an_edit_keeps_both_and_leaves_a_trace(session: Session, decide: Callable[[str], CallDecision]) -> None:
    row = decide("我们乍浦停水了")
    service.record_verdict(
        session, decision_id=row.id, verdict=Verdict.EDIT, final={"lead_unit": "zhapu", "urgency": "一般"}, by=OPERATOR
    )
    assert (row.decision["lead_unit"], row.final["lead_unit"]) == ("water", "zhapu")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "decision.edit")).one()
    assert entry.details == {"changed": ["lead_unit", "urgency"]}


def test_a_rejection_leaves_no_final_values(session: Session, decide: Callable[[str], CallDecision]) -> None:
    row = service.record_verdict(session, decision_id=decide("我们乍浦停水了").id, verdict=Verdict.REJECT, by=OPERATOR)
    assert row.final == {}
    assert row.verdict_at is not None


def test_what_is_not_allowed(session: Session, decide: Callable[[str], CallDecision]) -> None:
    row = decide("我们乍浦停水了")
    with pytest.raises(Forbidden):
        service.record_verdict(session, decision_id=row.id, verdict=Verdict.ACCEPT, by=DEPARTMENT)
    for wrong in ({"lead_unit": "nobody"}, {"kind": "胡说"}, {"co_units": ["nobody"]}, {"colour": "red"}):
        with pytest.raises(Invalid):
            service.record_verdict(session, decision_id=row.id, verdict=Verdict.EDIT, final=wrong, by=OPERATOR)
    with pytest.raises(NotFound):
        service.record_verdict(session, decision_id=999999, verdict=Verdict.ACCEPT, by=OPERATOR)
    service.record_verdict(session, decision_id=row.id, verdict=Verdict.ACCEPT, by=OPERATOR)
    with pytest.raises(Conflict):
        service.record_verdict(session, decision_id=row.id, verdict=Verdict.REJECT, by=OPERATOR)
