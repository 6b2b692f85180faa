"""Registration from a decision, and finding tickets, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callcenter.calls.models import Call
from callcenter.core.errors import Conflict, Forbidden, HotlineError
from callcenter.core.security import Actor, Role
from callcenter.routing.models import CallDecision, Verdict
from callcenter.tickets import queries, service
from callcenter.tickets.lifecycle import TicketAction, TicketStatus
from callcenter.tickets.limits import recompute
from callcenter.tickets.models import Ticket
from callcenter.tickets.orders import Order
from callcenter.tickets.service import Matter, act, register_from_decision
from tests.routing import deciding
from tests.tickets.conftest import AT, NOISE, Person, dues

pytestmark = pytest.mark.db

SUGGESTION = {
    "kind": "投诉",
    "topic": "生态环境-社会生活噪声",
    "urgency": "一般",
    "outcome": "DISPATCH",
    "town": "当湖街道",
    "lead_unit": "urban_mgmt",
    "co_units": ["danghu", "water"],
    "reasons": ["店外经营"],
}


def test_registered_ticket_holds_everything_the_operator_confirmed(city: Session, operator: Actor) -> None:
    ticket = register_from_decision(city, matter=replace(NOISE, suggestion=SUGGESTION), by=operator, at=AT)
    city.expire_all()
    assert ticket.number == "20260930-000001"
    assert (ticket.status, ticket.version, ticket.verdict) == (TicketStatus.REGISTERED, 1, "accept")
    assert (ticket.lead_unit_id, ticket.co_unit_ids) == ("urban_mgmt", ["danghu", "water"])
    assert (ticket.caller.name, ticket.caller.number) == ("张三丰", "13800001234")
    assert dues(ticket) == {
        "dispatch": "09-30 16:15",
        "sign": "10-08 17:30",
        "first_contact": "10-08 17:30",
        "close": "10-27 17:30",
    }
    assert [event.action for event in ticket.events] == ["register"]
    for clock in ticket.clocks:
        assert recompute(clock.inputs).at == clock.due_at
        assert ("受理即刻起算" if clock.name == "dispatch" else "派单次日起算") in clock.basis


@pytest.mark.parametrize(
    ("change", "verdict"),
    [({}, "accept"), ({"kind": "求助"}, "edit"), ({"co_unit_ids": ()}, "edit"), ({"is_rejected": True}, "reject")],
)
def test_verdict_on_the_suggestion(city: Session, operator: Actor, change: dict[str, object], verdict: str) -> None:
    matter = replace(NOISE, suggestion=SUGGESTION, **change)  # type: ignore[arg-type]
    assert register_from_decision(city, matter=matter, by=operator).verdict == verdict
    assert register_from_decision(city, matter=replace(matter, suggestion={}), by=operator).verdict == "none"


def test_numbers_run_by_the_day_in_china(city: Session, operator: Actor) -> None:
    late = datetime(2026, 9, 30, 15, 59, tzinfo=UTC)
    numbers = [
        register_from_decision(city, matter=NOISE, by=operator, at=at).number
        for at in (AT, late, late + timedelta(minutes=1))
    ]
    assert numbers == ["20260930-000001", "20260930-000002", "20261001-000001"]


def test_same_key_returns_the_same_ticket(city: Session, operator: Actor) -> None:
    first = register_from_decision(city, matter=NOISE, by=operator, idempotency_key="key-0001")
    again = register_from_decision(city, matter=NOISE, by=operator, idempotency_key="key-0001")
    assert first is again
    assert city.scalar(select(func.count()).select_from(Ticket)) == 1
    with pytest.raises(Conflict, match="另一件"):
        register_from_decision(city, matter=replace(NOISE, content="别的事"), by=operator, idempotency_key="key-0001")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"kind": "抱怨"}, "抱怨"),
        ({"urgency": "很急"}, "很急"),
        ({"outcome": "SEND"}, "SEND"),
        ({"profile_code": "WD99"}, "WD99"),
        ({"lead_unit_id": "nobody"}, "nobody"),
        ({"co_unit_ids": ("urban_mgmt",)}, "重复"),
    ],
)
def test_bad_matter_leaves_nothing_behind(
    city: Session, operator: Actor, change: dict[str, object], fault: str
) -> None:
    with pytest.raises(HotlineError, match=fault):
        register_from_decision(city, matter=replace(NOISE, **change), by=operator)  # type: ignore[arg-type]
    assert city.scalar(select(func.count()).select_from(Ticket)) == 0


def test_list_is_newest_first_within_the_scope(city: Session, operator: Actor, person: Person) -> None:
    tickets = [register_from_decision(city, matter=NOISE, by=operator, at=AT) for _ in range(3)]
    other = register_from_decision(city, matter=replace(NOISE, lead_unit_id="hotline", title="100%漏水"), by=operator)
    act(city, ticket_id=tickets[0].id, action=TicketAction.DISPATCH, order=Order(version=1), by=operator)

    def ids(by: Actor, before: int | None = None, limit: int = 50, **where: object) -> list[int]:
        found = queries.page(city, by=by, where=queries.Filter(**where), before=before, limit=limit)  # type: ignore[arg-type]
        return [ticket.id for ticket in found]

    assert ids(operator) == [other.id, *(ticket.id for ticket in reversed(tickets))]
    assert ids(operator, limit=2) == [other.id, tickets[2].id]
    assert ids(operator, before=tickets[2].id, limit=2) == [tickets[1].id, tickets[0].id]
    assert ids(operator, text="100%漏") == [other.id]
    assert ids(operator, unit_id="hotline") == [other.id]
    assert ids(operator, status=TicketStatus.DISPATCHED) == [tickets[0].id]
    assert ids(person(Role.DEPARTMENT, "water")) == [tickets[0].id]
    assert ids(person(Role.DEPARTMENT)) == []


def test_service_keeps_no_ticket_without_permission(city: Session, clerk: Actor) -> None:
    with pytest.raises(Forbidden):
        service.register_from_decision(city, matter=NOISE, by=clerk)


def test_the_callers_number_comes_from_the_call(city: Session, operator: Actor) -> None:
    city.add(Call(id="c-9", started_at=AT, state_at=AT, caller_number="13867301234"))
    city.flush()
    made = register_from_decision(city, matter=replace(NOISE, call_id="c-9", caller_number=None), by=operator, at=AT)
    assert made.caller.number == "13867301234"
    typed = replace(NOISE, call_id="c-9", caller_number="057385001234")
    assert register_from_decision(city, matter=typed, by=operator, at=AT).caller.number == "057385001234"


def said(session: Session, call_id: str = "5f0c") -> CallDecision:
    """A call whose caller has said something the rules could read."""
    session.add(Call(id=call_id, started_at=AT, state_at=AT))
    session.flush()
    return deciding.decide(session, call_id=call_id, text="楼下烧烤店天天弄到半夜，在当湖街道锦绣苑，吵得没法睡")


def of_decision(decision: CallDecision, **changed: object) -> Matter:
    suggested = decision.decision
    taken = {name: suggested[name] for name in ("kind", "topic", "urgency", "outcome", "town")}
    units = {
        "lead_unit_id": suggested["lead_unit"],
        "co_unit_ids": tuple(unit for unit in suggested["co_units"] if unit in ("danghu", "water")),
    }
    suggestion = {**suggested, "co_units": list(units["co_unit_ids"])}
    return replace(NOISE, **{**taken, **units, "suggestion": suggestion, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [({}, Verdict.ACCEPT), ({"town": "曹桥街道"}, Verdict.EDIT), ({"is_rejected": True}, Verdict.REJECT)],
)
def test_the_ticket_says_what_became_of_the_calls_suggestion(
    city: Session, person: Person, changed: dict[str, object], verdict: Verdict
) -> None:
    decision = said(city)
    operator = person(Role.OPERATOR)
    register_from_decision(city, matter=of_decision(decision, **changed), by=operator, at=AT)
    judged = city.get_one(CallDecision, decision.id)
    assert judged.verdict is verdict
    assert judged.final.get("town", "") == ("" if verdict is Verdict.REJECT else changed.get("town", "当湖街道"))
    register_from_decision(city, matter=of_decision(decision, title="第二件"), by=operator, at=AT)
    assert city.get_one(CallDecision, decision.id).verdict is verdict
