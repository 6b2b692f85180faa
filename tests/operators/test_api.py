"""A seat over HTTP, the telephone system played by a fake that can fail."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from callcenter.core import db
from callcenter.core.audit import AuditEntry
from callcenter.core.clock import now
from callcenter.core.security import Role
from callcenter.operators import desk, service
from callcenter.operators.lifecycle import SeatAction
from callcenter.operators.models import SeatPeriod
from callcenter.operators.telephony import Membership
from tests.fakes import FakeTelephony

pytestmark = pytest.mark.api

Headers = dict[str, str]


@pytest.fixture
def telephony(client: TestClient) -> Iterator[FakeTelephony]:
    fake = FakeTelephony()
    client.app.state.telephony = fake  # type: ignore[attr-defined]
    yield fake


@pytest.fixture
def seat(client: TestClient, telephony: FakeTelephony, login: Callable[..., Headers]) -> Headers:
    """An operator with extension 8001."""
    headers = login(Role.OPERATOR)
    user_id = client.get("/api/me", headers=headers).json()["id"]
    made = client.post("/api/operators", headers=login(Role.ADMIN), json={"user_id": user_id, "extension": "8001"})
    assert made.status_code == 201
    assert telephony.phones == {"8001": made.json()["sip_password"]}
    return headers


def test_the_queues_follow_the_seat(client: TestClient, telephony: FakeTelephony, seat: Headers) -> None:
    def do(path: str, body: dict[str, str] | None = None) -> tuple[str, Membership | None]:
        answer = client.post(f"/api/operators/me/{path}", headers=seat, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["state"], telephony.members.get("8001")

    queues = frozenset({"q12345"})
    assert do("login", {"extension": "8001"}) == ("ready", Membership(queues))
    assert do("pause", {"reason": "用餐"}) == ("break", Membership(queues, True, "用餐"))
    assert do("login") == ("break", Membership(queues, True, "用餐")), "a page loaded again changes nothing"
    assert do("ready") == ("ready", Membership(queues))
    assert do("logout") == ("offline", None)
    assert do("logout") == ("offline", None)


def test_one_sees_what_may_be_done_now(client: TestClient, seat: Headers) -> None:
    assert client.get("/api/operators/me", headers=seat).json()["allowed_actions"] == ["log_in"]
    client.post("/api/operators/me/login", headers=seat)
    mine = client.get("/api/operators/me", headers=seat).json()
    assert mine["allowed_actions"] == ["log_out", "pause"]
    (shown,) = client.get("/api/operators", headers=seat).json()
    assert (shown["state_name"], shown["name"]) == ("空闲", "王小明")
    assert "sip_password" not in shown


@pytest.mark.parametrize("verb", ["set_membership", "all"])
def test_without_telephony_the_seat_stays_what_it_was(
    client: TestClient, telephony: FakeTelephony, seat: Headers, verb: str
) -> None:
    telephony.fail = {verb}
    answer = client.post("/api/operators/me/login", headers=seat)
    assert answer.status_code == 503
    assert answer.json()["error"] == "telephony_unavailable"
    assert "电话系统暂时没有响应" in answer.json()["message"]
    assert client.get("/api/operators/me", headers=seat).json()["state"] == "offline"
    telephony.fail = set()
    assert client.post("/api/operators/me/login", headers=seat).json()["state"] == "ready"


def test_an_application_without_telephony_says_so(client: TestClient, seat: Headers) -> None:
    client.app.state.telephony = None  # type: ignore[attr-defined]
    assert client.post("/api/operators/me/login", headers=seat).status_code == 503


def test_what_does_not_fit_is_refused_and_the_queues_are_left_alone(
    client: TestClient, telephony: FakeTelephony, seat: Headers
) -> None:
    answer = client.post("/api/operators/me/ready", headers=seat)
    assert (answer.status_code, answer.json()["error"]) == (409, "invalid_seat_action")
    assert "离席" in answer.json()["message"]
    answer = client.post("/api/operators/me/login", headers=seat, json={"extension": "8002"})
    assert (answer.status_code, answer.json()["error"]) == (409, "not_your_extension")
    assert "set_membership" not in telephony.verbs()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pause", {}),
        ("pause", {"reason": "  "}),
        ("pause", {"reason": "长" * 41}),
        ("login", {"extension": "PJSIP/1"}),
        ("login", {"other": 1}),
    ],
)
def test_bad_input(client: TestClient, seat: Headers, path: str, body: dict[str, object]) -> None:
    assert client.post(f"/api/operators/me/{path}", headers=seat, json=body).status_code == 422


def test_who_may(client: TestClient, telephony: FakeTelephony, login: Callable[..., Headers]) -> None:
    assert client.post("/api/operators/me/login").status_code == 401
    assert client.post("/api/operators/me/login", headers=login(Role.DEPARTMENT)).status_code == 403
    leader = login(Role.LEADER)
    assert client.post("/api/operators/me/login", headers=leader).json()["error"] == "no_seat"
    assert client.post("/api/operators", headers=leader, json={"user_id": 1, "extension": "8009"}).status_code == 403


def test_seats_are_given_once_and_taken_away_empty(
    client: TestClient, telephony: FakeTelephony, seat: Headers, login: Callable[..., Headers]
) -> None:
    admin = login(Role.ADMIN)
    user_id = client.get("/api/me", headers=seat).json()["id"]
    other = client.get("/api/me", headers=login(Role.SUPERVISOR)).json()["id"]

    def give(user: int, extension: str) -> tuple[int, str]:
        answer = client.post("/api/operators", headers=admin, json={"user_id": user, "extension": extension})
        return answer.status_code, answer.json().get("error", "")

    assert give(user_id, "8002") == (409, "operator_exists")
    assert give(other, "8001") == (409, "extension_taken")
    assert give(10**6, "8003") == (404, "user_not_found")
    client.post("/api/operators/me/login", headers=seat)
    assert client.delete(f"/api/operators/{user_id}", headers=admin).json()["error"] == "seat_in_use"
    client.post("/api/operators/me/logout", headers=seat)
    assert client.delete(f"/api/operators/{user_id}", headers=admin).status_code == 204
    assert telephony.phones == {}


def test_every_change_is_on_record(client: TestClient, seat: Headers) -> None:
    client.post("/api/operators/me/login", headers=seat)
    client.post("/api/operators/me/pause", headers=seat, json={"reason": "会议"})
    with db.reading() as session:
        written = select(AuditEntry.action).where(AuditEntry.action.startswith("seat.")).order_by(AuditEntry.id)
        acts = session.scalars(written).all()
        periods = session.scalars(select(SeatPeriod).order_by(SeatPeriod.id)).all()
        assert acts == ["seat.log_in", "seat.pause"]
        assert [(period.state.value, period.reason) for period in periods] == [
            ("offline", ""),
            ("ready", ""),
            ("break", "会议"),
        ]
        assert [period.to_at for period in periods[:2]] == [period.from_at for period in periods[1:]]


def test_the_line_reports_and_late_news_is_no_news(client: TestClient, seat: Headers) -> None:
    client.post("/api/operators/me/login", headers=seat)
    before = now()

    def report(action: SeatAction, **more: object) -> str:
        with db.unit_of_work() as session:
            found = service.report(session, extension="8001", action=action, at=now(), call_id="c1", **more)  # type: ignore[arg-type]
            assert found
            return found.state.value

    assert report(SeatAction.RING) == "ringing"
    assert report(SeatAction.ANSWER) == "on_call"
    assert report(SeatAction.RING) == "on_call"
    assert client.post("/api/operators/me/logout", headers=seat).status_code == 409
    with db.unit_of_work() as session:
        late = service.report(session, extension="8001", action=SeatAction.HANG_UP, at=before)
        assert late is not None
        assert late.state == "on_call"
        assert service.report(session, extension="0000", action=SeatAction.HANG_UP, at=now()) is None
    assert report(SeatAction.HANG_UP) == "wrap_up"
    assert client.get("/api/operators/me", headers=seat).json()["call_id"] == "c1"
    assert client.post("/api/operators/me/wrap-up/done", headers=seat).json()["call_id"] is None


def test_queues_are_aligned_with_the_seats(client: TestClient, telephony: FakeTelephony, seat: Headers) -> None:
    client.post("/api/operators/me/login", headers=seat)
    telephony.members = {"7777": Membership(frozenset({"q12345"}))}
    desk.align_all(telephony)
    assert telephony.members == {"8001": Membership(frozenset({"q12345"}))}
    telephony.asked.clear()
    desk.align_all(telephony)
    assert telephony.verbs() == ["memberships"], "what fits is left alone"


def test_a_seat_taken_while_the_queues_are_aligned_stays_taken(
    client: TestClient, telephony: FakeTelephony, seat: Headers
) -> None:
    """The listener reads the seat as empty, the operator logs in, the listener then acts on what it read."""
    original, busy = telephony.set_membership, []

    def log_in_meanwhile(extension: str, **wanted: object) -> None:
        if not busy:
            busy.append(1)
            client.post("/api/operators/me/login", headers=seat)
        original(extension, **wanted)  # type: ignore[arg-type]

    telephony.members = {"8001": Membership(frozenset({"q12345"}))}
    telephony.set_membership = log_in_meanwhile  # type: ignore[method-assign,assignment]
    desk.align_all(telephony)
    assert telephony.members["8001"].queues == {"q12345"}
