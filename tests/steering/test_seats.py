"""A supervisor forces states and moves operators between queues: rights, refusals, repeats, what stands in the log."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.operators import service as operators
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.telephony import Membership
from tests.steering.conftest import Person, Shift

pytestmark = pytest.mark.api


def acts(action: str) -> Sequence[AuditEntry]:
    with db.unit_of_work() as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)).all()


def force(supervisor: Person, operator: Person, state: str, status: int = 200, reason: str = "话务高峰") -> Any:
    return supervisor.post(f"/api/steering/seats/{operator.user_id}/state", status, state=state, reason=reason)


def test_a_break_is_forced_and_the_operator_is_told_why(shift: Shift, operator: Person, supervisor: Person) -> None:
    seat = force(supervisor, operator, "break", reason="参加紧急培训")
    assert (seat["state"], seat["reason"]) == ("break", "参加紧急培训")
    assert shift.telephony.members["9001"].paused
    assert shift.telephony.members["9001"].reason == "参加紧急培训"
    [message] = operator.get("/api/messages?unread=true")["items"]
    assert message["text"] == "您的席位已由王小1改为“小休”。原因：参加紧急培训"
    assert supervisor.get("/api/messages?unread=true")["items"] == []
    [entry] = acts("seat.force")
    assert (entry.actor_id, entry.reason, entry.subject) == (
        supervisor.user_id,
        "参加紧急培训",
        f"user:{operator.user_id}",
    )
    assert entry.details == {"from": "ready", "to": "break"}


def test_forcing_twice_is_one_act(operator: Person, supervisor: Person) -> None:
    for _ in range(2):
        force(supervisor, operator, "break")
    for _ in range(2):
        force(supervisor, operator, "ready")
    for _ in range(2):
        force(supervisor, operator, "offline")
    assert [entry.details["to"] for entry in acts("seat.force")] == ["break", "ready", "offline"]
    assert len(operator.get("/api/messages")["items"]) == 3


def test_whoever_talks_is_not_cut_off(operator: Person, supervisor: Person) -> None:
    with db.unit_of_work() as session:
        operators.report(session, extension="9001", action=SeatAction.ANSWER, at=now())
    for state in ("ready", "break", "offline"):
        refused = force(supervisor, operator, state, 409)
        assert refused["error"] == "seat_busy"
        assert "接管" in refused["message"]


def test_an_empty_seat_is_not_made_ready(operator: Person, supervisor: Person) -> None:
    operator.post("/api/operators/me/logout")
    assert force(supervisor, operator, "ready", 409)["error"] == "seat_empty"


def test_who_may_not_and_what_is_missing(operator: Person, supervisor: Person) -> None:
    assert force(operator, supervisor, "break", 403)["error"] == "forbidden"
    force(supervisor, operator, "break", 422, reason=" ")
    force(supervisor, operator, "ringing", 422)
    assert (
        supervisor.post("/api/steering/seats/999/state", 404, state="break", reason="培训")["error"] == "no_such_seat"
    )


def test_without_the_telephone_system_nothing_is_changed(shift: Shift, operator: Person, supervisor: Person) -> None:
    shift.telephony.fail = {"memberships"}
    assert force(supervisor, operator, "break", 503)["error"] == "telephony_unavailable"
    shift.telephony.fail = set()
    assert operator.get("/api/operators/me")["state"] == "ready"
    assert acts("seat.force") == []


def test_queues_and_ranks_are_changed_live(shift: Shift, operator: Person, supervisor: Person) -> None:
    path = f"/api/steering/seats/{operator.user_id}/queues"
    for _ in range(2):
        seat = supervisor.send("PUT", path, ranks={"qparty": 0, "q12345": 3}, reason="党员示范岗上岗")
    assert (seat["queues"], seat["ranks"]) == (["q12345", "qparty"], {"q12345": 3})
    assert shift.telephony.members["9001"] == Membership(frozenset({"q12345", "qparty"}), False, "", {"q12345": 3})
    [message] = operator.get("/api/messages?unread=true")["items"]
    assert "综合受理（4级）、党员接待岗（1级）" in message["text"]
    [entry] = acts("seat.assign")
    assert entry.details == {"from": {"q12345": 0}, "to": {"qparty": 0, "q12345": 3}}
    assert supervisor.send("PUT", path, 422, ranks={"qnone": 0}, reason="调整")["error"] == "queue_unknown"
    assert supervisor.send("PUT", path, 422, ranks={}, reason="调整")["error"] == "queues_missing"
    supervisor.send("PUT", path, 422, ranks={"q12345": 10}, reason="调整")
    operator.send("PUT", path, 403, ranks={"q12345": 0}, reason="调整")


def test_a_message_to_everybody_on_shift_has_a_receipt_for_each(shift: Shift, operator: Person) -> None:
    from callcenter.core.security import Role

    supervisor, other = shift.person(Role.SUPERVISOR, "9009"), shift.person(Role.OPERATOR, "9002")
    away = shift.person(Role.OPERATOR, "9003")
    away.post("/api/operators/me/logout")
    for _ in range(2):
        said = supervisor.post("/api/steering/messages", 201, key="m-00000001", text="停水来电请先查知识库")
    assert {message["user_id"] for message in said} == {operator.user_id, other.user_id}
    [mine] = operator.get("/api/messages?unread=true")["items"]
    operator.post(f"/api/messages/{mine['id']}/read")
    assert operator.get("/api/messages?unread=true")["items"] == []
    assert len(other.get("/api/messages?unread=true")["items"]) == 1
    assert other.post(f"/api/messages/{mine['id']}/read", 404)["error"] == "message_not_found"
    assert away.get("/api/messages")["items"] == []
    assert len(acts("shift.message")) == 1


def test_a_message_to_nobody_is_refused(operator: Person, supervisor: Person) -> None:
    operator.post("/api/operators/me/logout")
    refused = supervisor.post("/api/steering/messages", 409, key="m-00000002", text="有人在吗")
    assert refused["error"] == "nobody_on_shift"
    one = supervisor.post("/api/steering/messages", 201, key="m-00000003", user_id=operator.user_id, text="回来联系我")
    assert [message["user_id"] for message in one] == [operator.user_id]
